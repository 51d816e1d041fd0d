//! The server hears no keys.

use super::KeyPress;

/// Hears every key of the page; never on the server.
pub struct KeyListener;

impl KeyListener {
    /// Starts nothing.
    pub fn new(_press: impl FnMut(KeyPress) -> bool + 'static) -> Self {
        Self
    }
}

/// The keys that open the palette. The server does not know the reader's machine.
pub fn palette_keys() -> &'static str {
    "Ctrl K"
}
