//! The server renders a page once, at the time that the page's context gives.

use pulseboard_contract::Timestamp;

/// Calls back every second; never on the server.
pub struct SecondTimer;

impl SecondTimer {
    /// Starts nothing.
    pub fn new(_tick: impl FnMut() + 'static) -> Self {
        Self
    }
}

/// The browser's wall clock; none on the server.
pub fn epoch_millis() -> Option<i64> {
    None
}

/// Milliseconds since the page was opened.
pub fn page_clock() -> f64 {
    0.0
}

/// The reader's offset from UTC; the server renders UTC.
pub fn local_offset_minutes(_at: Timestamp) -> i64 {
    0
}
