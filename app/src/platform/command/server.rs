//! Nobody presses a key on the server.

use leptos::{ev::MouseEvent, html, prelude::*};

use super::KeyPress;
use crate::platform::RequestError;

/// Hears every key of the page while it is kept; never on the server.
pub struct KeyListener;

impl KeyListener {
    /// Nothing is heard.
    pub fn new(_press: impl FnMut(KeyPress) -> bool + 'static) -> Self {
        Self
    }
}

/// Shows a dialog above the page.
pub fn show_modal(_dialog: NodeRef<html::Dialog>) {}

/// Whether a click was beside the dialog it went to.
pub fn is_on_backdrop(_click: &MouseEvent) -> bool {
    false
}

/// Scrolls a list so far that the element of this id can be seen.
pub fn bring_into_view(_id: &str) {}

/// Puts the cursor into the page's own search, if it has one.
pub fn focus_search() -> bool {
    false
}

/// The address of the page as it is now.
pub fn address() -> String {
    String::new()
}

/// How the palette is opened, in the names of the reader's keys; they are not known here.
pub fn palette_keys() -> &'static str {
    "Ctrl K"
}

/// Keeps a value for the next visit.
pub fn remember(_name: &str, _value: &str) {}

/// What was kept.
pub fn recall(_name: &str) -> Option<String> {
    None
}

/// The topics of the log whose names begin so.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn fetch_topics(_prefix: &str) -> Result<Vec<String>, RequestError> {
    Err(RequestError::Unreachable)
}
