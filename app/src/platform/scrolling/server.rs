//! The server scrolls nothing.

/// Scrolls to the element of this id after the next frame.
pub fn scroll_to(_id: String) {}

/// How far the page is scrolled, in pixels.
pub fn scroll_position() -> f64 {
    0.0
}

/// Scrolls the page to a position after the next frame.
pub fn scroll_to_position(_pixels: f64) {}

/// Scrolls a list just far enough to show the element of this id.
pub fn bring_into_view(_id: &str) {}

/// Scrolls a row of links sideways to show the link of this id.
pub fn bring_into_row(_id: &str) {}

/// Keeps the row in the middle of the window where it is while its list changes.
pub fn hold_still() {}

/// Calls back whenever the reader scrolls near the end of the page; never on the server.
pub struct NearEnd;

impl NearEnd {
    /// Starts nothing.
    pub fn new(_near: impl Fn() + 'static) -> Self {
        Self
    }
}

/// Reports which of several elements is being read; never on the server.
pub struct Reading;

impl Reading {
    /// Reports nothing.
    pub fn new(_ids: Vec<&'static str>, _reads: impl Fn(Option<usize>) + 'static) -> Self {
        Self
    }
}
