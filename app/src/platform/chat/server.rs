//! On the server the page is only rendered: nothing here is reached, because it all hangs on events
//! and effects.

use leptos::{ev, html, prelude::*};
use pulseboard_contract::EventId;

use super::ScrollPlace;
use crate::outbox;

/// Reads what was kept under a name; nothing is kept here.
pub fn load(_name: &str) -> Option<String> {
    None
}

/// Everything that was kept under names that begin so; nothing is kept here.
pub fn load_all(_prefix: &str) -> Vec<(String, String)> {
    Vec::new()
}

/// Keeps a text under a name.
pub fn save(_name: &str, _text: Option<&str>) -> bool {
    false
}

/// Calls back when another window of this browser has kept something, while it is kept; never on
/// the server.
pub struct StorageWatch;

impl StorageWatch {
    /// There are no other windows.
    pub fn new(_changed: impl Fn() + 'static) -> Self {
        Self
    }
}

/// Tells whether the reader looks at the page, whenever that changes, while it is kept; never on
/// the server.
pub struct Attention;

impl Attention {
    /// Nobody looks.
    pub fn new(_changed: impl Fn(bool) + Clone + 'static) -> Self {
        Self
    }
}

/// Tells where the reader is whenever they scroll or the window changes its size, while it is kept;
/// never on the server.
pub struct Scrolling;

impl Scrolling {
    /// Nobody scrolls here.
    pub fn new(_list: NodeRef<html::Div>, _moved: impl Fn() + Clone + 'static) -> Option<Self> {
        None
    }
}

/// Where the reader is now; nowhere.
pub fn place(_list: NodeRef<html::Div>) -> Option<ScrollPlace> {
    None
}

/// Goes to the end once what has just come is drawn.
pub fn scroll_to_end(_list: NodeRef<html::Div>) {}

/// Keeps what is being read where it is while the list is about to change.
pub fn hold_reading(_list: NodeRef<html::Div>) {}

/// Makes a field as high as its text, where the stylesheet cannot.
pub fn fit(_field: NodeRef<html::Textarea>) {}

/// Sends the form of a field as its button would.
pub fn submit(_field: NodeRef<html::Textarea>) {}

/// Whether a key belongs to the writing of a character and means nothing by itself.
pub fn is_composing(_key: &ev::KeyboardEvent) -> bool {
    false
}

/// Whether one writes on a keyboard of glass.
pub fn has_touch_keyboard() -> bool {
    false
}

/// Tells the stylesheet how much of the window a keyboard covers, while it is kept; never on the
/// server.
pub struct Keyboard;

impl Keyboard {
    /// Nothing is covered.
    pub fn new() -> Self {
        Self
    }
}

/// An id that nobody else draws; the server says nothing.
pub fn unique() -> String {
    String::new()
}

/// Says something under an id.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn say(_outgoing: &outbox::Outgoing) -> Result<Option<EventId>, outbox::Failure> {
    Err(outbox::Failure {
        reason: "The server says nothing.".to_owned(),
        is_passing: false,
    })
}
