//! The history of the tab, clicks on links, and where a page begins: its scroll position and its
//! focus.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{
    HistoryWatcher, address, entry, focus_heading, keep_positions, load, push, recall_positions,
    replace, scroll_to_hash_or_top, scroll_when_possible, scroll_y,
};

/// A link within the site that was clicked, unless something (a modifier key, `target`, `download`,
/// `rel=external`) leaves it to the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads: path, query and hash.
    pub href: String,
    /// Whether the page stays scrolled as it is: `data-noscroll`.
    pub keeps_scroll: bool,
}
