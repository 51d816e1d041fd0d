//! The keyboard, dialogs, and what a browser remembers of how it is used.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod side;

pub use side::{
    KeyListener, address, bring_into_view, fetch_topics, focus_search, is_on_backdrop,
    palette_keys, recall, remember, show_modal,
};

/// A key that was pressed.
#[derive(Clone, Debug)]
pub struct KeyPress {
    /// Its name, as the browser has it.
    pub key: String,
    /// When, in milliseconds of the page's clock.
    pub at: f64,
    /// Whether Ctrl or ⌘ was held, and nothing else.
    pub has_command: bool,
    /// Whether Ctrl, ⌘ or Alt was held.
    pub has_modifier: bool,
    /// Whether it is for something else than the page: a field one writes in, or a dialog.
    pub is_elsewhere: bool,
}

impl KeyPress {
    /// Whether it opens the palette; also from within a field, as it is no letter.
    pub fn is_palette(&self) -> bool {
        self.has_command && self.key.eq_ignore_ascii_case("k")
    }
}
