//! The browser's clocks.

use gloo_timers::callback::Interval;
use leptos::prelude::*;
use pulseboard_contract::Timestamp;

/// Calls back every second until it is dropped.
pub struct SecondTimer(#[allow(dead_code)] Interval);

impl SecondTimer {
    /// Starts the timer.
    pub fn new(tick: impl FnMut() + 'static) -> Self {
        Self(Interval::new(1_000, tick))
    }
}

/// The browser's wall clock, in milliseconds since 1970.
#[allow(clippy::cast_possible_truncation)] // Whole milliseconds, well within 2^53.
#[allow(clippy::unnecessary_wraps)] // The server's version returns none.
pub fn epoch_millis() -> Option<i64> {
    Some(js_sys::Date::now() as i64)
}

/// Milliseconds since the page was opened. It never jumps. `Status::Reconnecting` gives its time on
/// this clock.
pub fn page_clock() -> f64 {
    window()
        .performance()
        .map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// The reader's offset from UTC at a time. It differs between summer and winter.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // Offsets are under a day, times under 2^53.
pub fn local_offset_minutes(at: Timestamp) -> i64 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.millis() as f64));
    -(date.get_timezone_offset() as i64)
}
