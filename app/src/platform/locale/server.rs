//! The server does not know the reader's language. It uses a neutral style, which the browser replaces
//! after hydration.

use pulseboard_contract::Timestamp;

use pulseboard_feed::number::NumberStyle;

/// Passes the style of numbers to `write`.
pub fn with_number_style<T>(write: impl FnOnce(&NumberStyle) -> T) -> T {
    write(&NumberStyle::NEUTRAL)
}

/// Learns the reader's style.
pub fn learn() {}

/// A time of day in the reader's language; not known here.
pub fn time_text(_at: Timestamp, _has_seconds: bool) -> Option<String> {
    None
}

/// A day in the reader's language; not known here.
pub fn day_text(_at: Timestamp) -> Option<String> {
    None
}

/// Sets the tooltips of times; never on the server.
pub struct ExactTimes;

impl ExactTimes {
    /// Starts nothing.
    pub fn new() -> Self {
        Self
    }
}
