//! The page's clock: the server's time in UTC for the first render, then the present time in the
//! reader's zone, every second.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use crate::platform::{
    clock::{SecondTimer, epoch_millis, local_offset_minutes},
    locale,
};

/// A browser's clock that differs more than this from the server's is corrected. A smaller difference
/// is the time that the page took to arrive.
const TOLERATED_SKEW_MILLIS: i64 = 5_000;

/// Older times are shown in minutes, so they need no update every second.
const SECONDS_MATTER_MILLIS: i64 = 65_000;
/// The update interval of older times.
const SELDOM_MILLIS: i64 = 10_000;

/// The time, as signals.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<Timestamp>,
    /// The same time, updated every [`SELDOM_MILLIS`].
    seldom: Memo<i64>,
    is_local: RwSignal<bool>,
}

impl Clock {
    /// Puts the clock into the context.
    pub fn provide(now: Timestamp) -> Self {
        let ticking = RwSignal::new(now);
        let seldom = Memo::new(move |_| ticking.get().millis() / SELDOM_MILLIS * SELDOM_MILLIS);
        let clock = Self {
            now: ticking,
            seldom,
            is_local: RwSignal::new(false),
        };
        let timer = StoredValue::new_local(None);
        // Only after hydration, because until then the page must equal what the server rendered.
        Effect::new(move |_| {
            let skew = epoch_millis().map_or(0, |millis| now.millis() - millis);
            let skew = if skew.abs() > TOLERATED_SKEW_MILLIS {
                skew
            } else {
                0
            };
            let tick = move || {
                if let Some(now) =
                    epoch_millis().and_then(|millis| Timestamp::from_millis(millis + skew).ok())
                {
                    clock.now.set(now);
                }
            };
            tick();
            locale::learn();
            clock.is_local.set(true);
            timer.set_value(Some(SecondTimer::new(tick)));
        });
        provide_context(clock);
        clock
    }

    /// The present time; changes every second.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }

    /// The present time, without following it.
    pub fn now_untracked(self) -> Timestamp {
        self.now.get_untracked()
    }

    /// The age of a time in milliseconds; changes as often as its text does.
    pub fn age_millis(self, at: Timestamp) -> i64 {
        let age = self.now.get_untracked().millis() - at.millis();
        if age > SECONDS_MATTER_MILLIS {
            self.seldom.track();
            age
        } else {
            self.now().millis() - at.millis()
        }
    }

    /// The hour, minute and second of a time, in the reader's zone. It always uses 24 hours, so that
    /// columns of times align and sort.
    pub fn time_of_day(self, at: Timestamp) -> String {
        self.localized(at, |at| locale::time_text(at, true), 11..19)
    }

    /// The hour and minute of a time, in the reader's zone.
    pub fn hour_and_minute(self, at: Timestamp) -> String {
        self.localized(at, |at| locale::time_text(at, false), 11..16)
    }

    /// The calendar day of a time, in the reader's zone, as `2024-01-01`.
    pub fn day(self, at: Timestamp) -> String {
        self.local_text(at).get(..10).unwrap_or_default().to_owned()
    }

    /// The name of a calendar day: `Today`, `Yesterday`, or the date in the reader's language.
    pub fn day_name(self, day: &str) -> String {
        let now = self.now();
        let yesterday = Timestamp::from_millis(now.millis() - 86_400_000).unwrap_or(now);
        if day == self.day(now) {
            "Today".to_owned()
        } else if day == self.day(yesterday) {
            "Yesterday".to_owned()
        } else {
            // Noon of the day, so that no rounding moves it to another day.
            let noon: Option<Timestamp> = format!("{day}T12:00:00Z").parse().ok();
            let offset = noon
                .filter(|_| self.is_local.get())
                .map(|noon| noon.millis() - local_offset_minutes(noon) * 60_000);
            let local = offset
                .and_then(|millis| Timestamp::from_millis(millis).ok())
                .and_then(locale::day_text);
            local.unwrap_or_else(|| day.to_owned())
        }
    }

    /// A time in the reader's language, or a part of `2024-01-01T12:00:00Z` before hydration.
    fn localized(
        self,
        at: Timestamp,
        write: impl Fn(Timestamp) -> Option<String>,
        part: std::ops::Range<usize>,
    ) -> String {
        let local = if self.is_local.get() { write(at) } else { None };
        local.unwrap_or_else(|| self.local_text(at).get(part).unwrap_or_default().to_owned())
    }

    fn local_text(self, at: Timestamp) -> String {
        let offset = if self.is_local.get() {
            local_offset_minutes(at)
        } else {
            0
        };
        Timestamp::from_millis(at.millis() + offset * 60_000)
            .unwrap_or(at)
            .to_string()
    }
}

/// The page's clock.
pub fn use_clock() -> Clock {
    expect_context()
}
