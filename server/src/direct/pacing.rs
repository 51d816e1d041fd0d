//! When a worker flushes: at once while events are rare, and less often under load.
//!
//! A write costs about the same for one event as for a hundred. As long as events arrive more
//! slowly than flushes take, each event is flushed at once. If several flushes in a row leave new
//! events behind, the next flush is delayed: by the duration of the last one, then by twice that,
//! up to four times. The events that arrive meanwhile go out in one write for each stream.
//!
//! New events after one flush alone do not delay the next: under a steady load a flush is held up
//! now and then, and two events can arrive together because the disk was slow. A delay would only
//! add to the wait of events that have waited already.

use std::time::{Duration, Instant};

/// No event waits longer than this for a delayed flush.
const LONGEST: Duration = Duration::from_millis(50);
/// How many flushes in a row may leave new events behind before the next one is delayed.
const PATIENCE: u32 = 2;
/// A flush is delayed by at most this many times the duration of the last one.
const MOST: u32 = 4;

/// Decides when the next flush may happen.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    /// How many flushes in a row have left new events behind.
    pressed: u32,
    not_before: Option<Instant>,
}

impl Pacing {
    /// How long the next flush has to wait; zero if it need not wait.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.not_before.map_or(Duration::ZERO, |not_before| {
            not_before.saturating_duration_since(now)
        })
    }

    /// A flush has ended that took this long. `has_news` says whether it left new events behind.
    pub(super) fn flushed(&mut self, now: Instant, took: Duration, has_news: bool) {
        self.pressed = if has_news {
            (self.pressed + 1).min(PATIENCE + MOST)
        } else {
            0
        };
        let pause = took
            .saturating_mul(self.pressed.saturating_sub(PATIENCE))
            .min(LONGEST);
        self.not_before = (!pause.is_zero()).then(|| now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_millis(6);

    #[test]
    fn a_flush_that_left_nothing_behind_does_not_delay_the_next() {
        let (mut pacing, now) = (Pacing::default(), Instant::now());
        assert_eq!(pacing.wait(now), Duration::ZERO);
        pacing.flushed(now, TOOK, false);
        assert_eq!(pacing.wait(now), Duration::ZERO);
    }

    #[test]
    fn one_or_two_flushes_that_left_events_behind_do_not_delay_the_next() {
        let (mut pacing, now) = (Pacing::default(), Instant::now());
        for _ in 0..10 {
            pacing.flushed(now, TOOK, true);
            assert_eq!(pacing.wait(now), Duration::ZERO);
            pacing.flushed(now, TOOK, true);
            assert_eq!(pacing.wait(now), Duration::ZERO);
            pacing.flushed(now, TOOK, false);
        }
    }

    #[test]
    fn under_pressure_the_delay_grows_up_to_a_limit() {
        let (mut pacing, now) = (Pacing::default(), Instant::now());
        let waits = [(); 7].map(|()| {
            pacing.flushed(now, TOOK, true);
            pacing.wait(now)
        });
        assert_eq!(waits, [0, 0, 1, 2, 3, 4, 4].map(|times| TOOK * times));
        pacing.flushed(now, Duration::from_secs(1), true);
        assert_eq!(pacing.wait(now), LONGEST);
        assert_eq!(pacing.wait(now + LONGEST), Duration::ZERO, "it passes");
        pacing.flushed(now, TOOK, false);
        assert_eq!(
            pacing.wait(now),
            Duration::ZERO,
            "there is none without pressure"
        );
    }
}
