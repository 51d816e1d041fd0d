//! Navigation in the browser: the address, the history, clicks on links, the scroll position and the
//! focus.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{
    HistoryWatcher, address, entry, focus_heading, keep_positions, load, push, recall_positions,
    replace, scroll_to_hash_or_top, scroll_when_possible, scroll_y,
};

/// A link of this site that was clicked, where nothing asks the browser to follow it by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads: path, query and hash.
    pub href: String,
    /// Whether the page stays scrolled as it is: `data-noscroll`.
    pub keeps_scroll: bool,
}
