//! When to flush: at once on a quiet board, and under load not before a flush has enough to do.
//!
//! A write costs the same whether it carries one event or a hundred. As long as events come slower
//! than flushes take, each is flushed as it comes. When news waits after one flush upon the other,
//! the next one is put off for as long as the last one took, then twice as long, up to four times:
//! what gathers meanwhile goes out in one write a stream, and at least a fifth of the time's writes
//! do the work of all.
//!
//! News after a single flush says nothing: a steady load meets a flush that was held up, or two
//! events come close together because the disk was slow. To put the next flush off then would
//! double the wait of those who waited already.

use std::time::{Duration, Instant};

/// No event waits longer than this for the flush of others.
const LONGEST: Duration = Duration::from_millis(50);
/// How many flushes in a row may leave news behind before one is put off.
const PATIENCE: u32 = 2;
/// How many times the last flush's duration the next one is put off at most.
const MOST: u32 = 4;

/// Decides when the next flush may be.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// How many flushes in a row have left news behind.
    pressed: u32,
    closed_until: Option<Instant>,
}

impl Window {
    /// How long a flush has to wait; zero where it need not.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.closed_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// A flush that took so long is over; `has_news` if there is something to flush again.
    pub(super) fn flushed(&mut self, now: Instant, took: Duration, has_news: bool) {
        self.pressed = if has_news {
            (self.pressed + 1).min(PATIENCE + MOST)
        } else {
            0
        };
        let pause = took
            .saturating_mul(self.pressed.saturating_sub(PATIENCE))
            .min(LONGEST);
        self.closed_until = (!pause.is_zero()).then(|| now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_millis(6);

    #[test]
    fn a_flush_that_left_nothing_behind_closes_no_window() {
        let (mut window, now) = (Window::default(), Instant::now());
        assert_eq!(window.wait(now), Duration::ZERO);
        window.flushed(now, TOOK, false);
        assert_eq!(window.wait(now), Duration::ZERO);
    }

    #[test]
    fn a_flush_that_was_overtaken_by_an_event_or_two_is_followed_by_the_next_at_once() {
        let (mut window, now) = (Window::default(), Instant::now());
        for _ in 0..10 {
            window.flushed(now, TOOK, true);
            assert_eq!(window.wait(now), Duration::ZERO);
            window.flushed(now, TOOK, true);
            assert_eq!(window.wait(now), Duration::ZERO);
            window.flushed(now, TOOK, false);
        }
    }

    #[test]
    fn under_pressure_flushes_are_put_off_ever_longer_up_to_a_bound() {
        let (mut window, now) = (Window::default(), Instant::now());
        let waits = [(); 7].map(|()| {
            window.flushed(now, TOOK, true);
            window.wait(now)
        });
        assert_eq!(waits, [0, 0, 1, 2, 3, 4, 4].map(|times| TOOK * times));
        window.flushed(now, Duration::from_secs(1), true);
        assert_eq!(window.wait(now), LONGEST);
        assert_eq!(
            window.wait(now + LONGEST),
            Duration::ZERO,
            "it opens by itself"
        );
        window.flushed(now, TOOK, false);
        assert_eq!(
            window.wait(now),
            Duration::ZERO,
            "and when the pressure is gone"
        );
    }
}
