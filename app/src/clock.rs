//! The page's time: the server's clock and UTC in the first render, the reader's own zone and a ticking second after it.

use leptos::prelude::*;
use pulseboard::Timestamp;

use crate::environment::{self, SecondTimer};

/// A browser whose clock is this far off is corrected by the server's; less is the time the page took to arrive.
const TOLERATED_SKEW_MILLIS: i64 = 5_000;

/// The time, as signals.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<Timestamp>,
    is_local: RwSignal<bool>,
}

impl Clock {
    /// Puts the clock into the context.
    pub fn provide(now: Timestamp) -> Self {
        let clock = Self { now: RwSignal::new(now), is_local: RwSignal::new(false) };
        let timer = StoredValue::new_local(None);
        // After hydration only: until then the page must be what the server rendered.
        Effect::new(move |_| {
            let skew = environment::epoch_millis().map_or(0, |millis| now.millis() - millis);
            let skew = if skew.abs() > TOLERATED_SKEW_MILLIS { skew } else { 0 };
            let tick = move || {
                if let Some(now) = environment::epoch_millis().and_then(|millis| Timestamp::from_millis(millis + skew).ok()) {
                    clock.now.set(now);
                }
            };
            tick();
            clock.is_local.set(true);
            timer.set_value(Some(SecondTimer::new(tick)));
        });
        provide_context(clock);
        clock
    }

    /// The time now; changes every second.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }

    /// The time now, without following it.
    pub fn now_untracked(self) -> Timestamp {
        self.now.get_untracked()
    }

    /// The hour, minute and second of a time, in the reader's zone.
    pub fn time_of_day(self, at: Timestamp) -> String {
        self.local_text(at).get(11..19).unwrap_or_default().to_owned()
    }

    /// The hour and minute of a time, in the reader's zone.
    pub fn hour_and_minute(self, at: Timestamp) -> String {
        self.local_text(at).get(11..16).unwrap_or_default().to_owned()
    }

    /// The calendar day of a time, in the reader's zone, as `2024-01-01`.
    pub fn day(self, at: Timestamp) -> String {
        self.local_text(at).get(..10).unwrap_or_default().to_owned()
    }

    /// How a calendar day is called today.
    pub fn day_name(self, day: &str) -> String {
        let now = self.now();
        let yesterday = Timestamp::from_millis(now.millis() - 86_400_000).unwrap_or(now);
        if day == self.day(now) {
            "Today".to_owned()
        } else if day == self.day(yesterday) {
            "Yesterday".to_owned()
        } else {
            day.to_owned()
        }
    }

    fn local_text(self, at: Timestamp) -> String {
        let offset = if self.is_local.get() { environment::local_offset_minutes(at) } else { 0 };
        Timestamp::from_millis(at.millis() + offset * 60_000).unwrap_or(at).to_string()
    }
}

/// The page's clock.
pub fn use_clock() -> Clock {
    expect_context()
}
