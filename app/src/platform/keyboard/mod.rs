//! Keys that are pressed anywhere on the page.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{KeyListener, palette_keys};

/// A key that was pressed.
#[derive(Clone, Debug)]
pub struct KeyPress {
    /// The browser's name of the key, such as `k` or `ArrowUp`.
    pub key: String,
    /// The time on the page's clock, in milliseconds.
    pub at: f64,
    /// Whether Ctrl or ⌘ was held, and no other modifier.
    pub has_command: bool,
    /// Whether Ctrl, ⌘ or Alt was held.
    pub has_modifier: bool,
    /// Whether the key belongs to a text field or a dialog instead of the page.
    pub is_elsewhere: bool,
}

impl KeyPress {
    /// Whether the key opens the palette. It does so from within a text field as well, because it
    /// types no letter.
    pub fn is_palette(&self) -> bool {
        self.has_command && self.key.eq_ignore_ascii_case("k")
    }
}
