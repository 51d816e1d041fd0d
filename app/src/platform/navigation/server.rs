//! The server has no history. The address is that of the request.

use leptos::prelude::use_context;

use super::Link;
use crate::context::RequestTarget;

/// Handles links and the history; never on the server.
pub struct HistoryWatcher;

impl HistoryWatcher {
    /// Calls nothing.
    pub fn new(
        _follow: impl Fn(&Link) -> bool + 'static,
        _traverse: impl Fn(f64) + 'static,
        _leave: impl Fn() + 'static,
    ) -> Self {
        Self
    }
}

/// The address of the document, without its origin.
pub fn address() -> String {
    use_context::<RequestTarget>().map_or_else(|| "/".to_owned(), |target| target.0)
}

/// The number of the history's current entry.
pub fn entry() -> Option<u32> {
    None
}

/// Adds an entry to the history.
pub fn push(_href: &str, _entry: u32) {}

/// Replaces the current entry of the history.
pub fn replace(_href: &str, _entry: u32) {}

/// Loads another document.
pub fn load(_href: &str) {}

/// The text that the last document of this tab kept.
pub fn recall_positions() -> Option<String> {
    None
}

/// Keeps a text for the next document of this tab.
pub fn keep_positions(_text: &str) {}

/// How far the document is scrolled, in pixels.
pub fn scroll_y() -> f64 {
    0.0
}

/// Scrolls to a position, as soon as the document is long enough.
pub fn scroll_when_possible(_position: f64) {}

/// Scrolls to the element that the hash names, or else to the top.
pub fn scroll_to_hash_or_top(_hash: &str) {}

/// Focuses the heading of the page.
pub fn focus_heading() {}
