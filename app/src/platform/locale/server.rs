//! The server does not know the reader's language: it writes what everybody can read, and the
//! browser writes it anew.

use pulseboard_contract::Timestamp;

use crate::format::NumberStyle;

/// Gives the style in which numbers are written.
pub fn with_number_style<T>(write: impl FnOnce(&NumberStyle) -> T) -> T {
    write(&NumberStyle::NEUTRAL)
}

/// Learns the reader's style.
pub fn learn() {}

/// A time of day as the reader's language writes it; not known here.
pub fn time_text(_at: Timestamp, _has_seconds: bool) -> Option<String> {
    None
}

/// A day as the reader's language writes it; not known here.
pub fn day_text(_at: Timestamp) -> Option<String> {
    None
}

/// Puts the exact time on whatever time is pointed at, while it is kept; never on the server.
pub struct ExactTimes;

impl ExactTimes {
    /// Nobody points at anything here.
    pub fn new() -> Self {
        Self
    }
}
