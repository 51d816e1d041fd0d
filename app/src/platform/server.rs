//! On the server the page is only rendered: nothing here is reached, because it all hangs on events
//! and effects.

use pulseboard_contract::{Event, EventId, Timestamp};

use super::RequestError;
use crate::Theme;

/// Calls back every second while it is kept; never on the server.
pub struct SecondTimer;

impl SecondTimer {
    /// A timer that does not run.
    pub fn new(_tick: impl FnMut() + 'static) -> Self {
        Self
    }
}

/// Nobody points at a page on the server.
pub struct LinkWatcher;

impl LinkWatcher {
    /// Never calls.
    pub fn new(_seen: impl Fn(&str) + Clone + 'static) -> Self {
        Self
    }
}

/// Closes open menus when one clicks elsewhere or presses Escape, while it is kept.
pub struct MenuCloser;

impl MenuCloser {
    /// Nothing is open on the server.
    pub fn new() -> Self {
        Self
    }
}

/// The browser's wall clock; none here.
pub fn epoch_millis() -> Option<i64> {
    None
}

/// The clock that `Status::Reconnecting` counts on.
pub fn page_clock() -> f64 {
    0.0
}

/// The reader's offset from UTC at a time; the server does not know the reader's zone.
pub fn local_offset_minutes(_at: Timestamp) -> i64 {
    0
}

/// Remembers a value for a year.
pub fn set_cookie(_name: &str, _value: &str) {}

/// Shows the page in a theme.
pub fn set_theme(_theme: Theme) {}

/// The theme of the reader's system.
pub fn system_theme() -> Theme {
    Theme::Light
}

/// Copies text to the clipboard, and says whether it is there.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn copy(_text: &str) -> bool {
    false
}

/// Scrolls to the element of this id once what has just come is drawn.
pub fn scroll_to(_id: String) {}

/// Keeps the row in the middle of the window where it is while the list it belongs to is about to
/// change.
pub fn hold_still() {}

/// Calls back whenever the reader scrolls near the end of the page, while it is kept; never on the
/// server.
pub struct NearEnd;

impl NearEnd {
    /// Nobody scrolls here.
    pub fn new(_near: impl Fn() + 'static) -> Self {
        Self
    }
}

/// Where this page came from; the server may be known by any name.
pub fn origin() -> Option<String> {
    None
}

/// Posts a body.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn post(
    _url: &str,
    _headers: &[(&str, &str)],
    _body: String,
) -> Result<(), RequestError> {
    Err(RequestError::Unreachable)
}

/// Reads a page of the history in the order asked for, and where the next one begins.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn fetch_history(_url: &str) -> Result<(Vec<Event>, Option<EventId>), RequestError> {
    Err(RequestError::Unreachable)
}

/// Gives the focus to the element of this id.
pub fn focus_soon(_id: String) {}
