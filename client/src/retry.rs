//! When to try again: full-jitter backoff, pure. Time and randomness are passed in.

use std::time::{Duration, Instant};

/// No wait is shorter: a server that refuses at once must not be asked hundreds of times a second.
const FLOOR: Duration = Duration::from_millis(100);
/// The bound of the jitter stops doubling here.
const CAP: Duration = Duration::from_secs(30);

/// The tries of one thing, from its first failure to its success.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    /// The bound of the first wait.
    base: Duration,
    /// How long after the first failure the last try may come; none means for ever.
    patience: Option<Duration>,
    /// When it failed first, if it is failing.
    since: Option<Instant>,
    failures: u32,
}

impl Retry {
    pub(crate) fn new(base: Duration, patience: Option<Duration>) -> Self {
        Self {
            base,
            patience,
            since: None,
            failures: 0,
        }
    }

    /// It failed now. How long to wait before the next try, or `None` when it is time to give up.
    ///
    /// The wait is drawn evenly below a bound that doubles with each failure; `random` is in
    /// `0.0..1.0`. A server that `asked` to be left alone for a while (`Retry-After`, `retry:`) is,
    /// and the jitter comes on top, so that not everybody who was asked the same comes back at
    /// once.
    pub(crate) fn failed(
        &mut self,
        now: Instant,
        random: f64,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        let bound = self
            .base
            .saturating_mul(1 << (self.failures - 1).min(16))
            .min(CAP.max(self.base));
        let jitter = bound.mul_f64(random.clamp(0.0, 1.0));
        let wait = match asked {
            Some(least) => least + jitter.min(CAP / 30),
            None => jitter,
        }
        .max(FLOOR);
        let Some(patience) = self.patience else {
            return Some(wait);
        };
        let left = patience.saturating_sub(now.saturating_duration_since(since));
        // Waiting for a moment that comes too late is of no use; the last try comes at the very end
        // of the patience.
        if left.is_zero() || asked.is_some_and(|least| least > left) {
            None
        } else {
            Some(wait.min(left))
        }
    }

    /// It worked: the next failure is a first one again.
    pub(crate) fn succeeded(&mut self) {
        self.since = None;
        self.failures = 0;
    }

    /// Whether it has failed and not worked since.
    pub(crate) fn is_failing(&self) -> bool {
        self.since.is_some()
    }
}

/// What a `Retry-After` header asks for (RFC 9110, section 10.2.3): seconds, or a date.
pub(crate) fn retry_after(text: &str, now: std::time::SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let moment = httpdate::parse_http_date(text.trim()).ok()?;
    Some(moment.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::SystemTime;

    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_bound_doubles_up_to_its_cap_and_starts_again_after_a_success() {
        let mut retry = Retry::new(SECOND / 2, None);
        let now = Instant::now();
        let waits: Vec<_> = (0..9)
            .map(|_| retry.failed(now, 1.0, None).unwrap().as_millis())
            .collect();
        assert_eq!(
            waits,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000
            ]
        );
        retry.succeeded();
        assert_eq!(retry.failed(now, 1.0, None), Some(SECOND / 2));
    }

    #[test]
    fn the_last_try_comes_at_the_end_of_the_patience() {
        let mut retry = Retry::new(SECOND, Some(10 * SECOND));
        let start = Instant::now();
        assert_eq!(retry.failed(start, 1.0, None), Some(SECOND));
        assert_eq!(
            retry.failed(start + 9 * SECOND, 1.0, None),
            Some(SECOND),
            "cut to what is left"
        );
        assert_eq!(retry.failed(start + 10 * SECOND, 1.0, None), None);
    }

    #[test]
    fn without_patience_the_first_failure_is_the_last() {
        assert_eq!(
            Retry::new(SECOND, Some(Duration::ZERO)).failed(Instant::now(), 0.5, None),
            None
        );
    }

    #[test]
    fn what_the_server_asks_for_is_waited_for_or_given_up_at_once() {
        let mut retry = Retry::new(SECOND, Some(60 * SECOND));
        let wait = retry.failed(Instant::now(), 0.5, Some(7 * SECOND)).unwrap();
        assert!(wait >= 7 * SECOND && wait <= 8 * SECOND, "{wait:?}");
        assert_eq!(
            Retry::new(SECOND, Some(60 * SECOND)).failed(Instant::now(), 0.5, Some(61 * SECOND)),
            None
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Mon, 01 Jan 2024 12:00:00 GMT").unwrap();
        assert_eq!(retry_after("120", now), Some(120 * SECOND));
        assert_eq!(
            retry_after("Mon, 01 Jan 2024 12:00:05 GMT", now),
            Some(5 * SECOND)
        );
        assert_eq!(
            retry_after("Mon, 01 Jan 2024 11:00:00 GMT", now),
            Some(Duration::ZERO)
        );
        for text in ["", "-1", "soon", "99999999999999999999"] {
            assert_eq!(retry_after(text, SystemTime::now()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_never_below_the_floor_nor_above_the_cap(failures in 1..100u32, random in 0.0..1.0f64) {
            let mut retry = Retry::new(SECOND, None);
            for _ in 0..failures {
                let wait = retry.failed(Instant::now(), random, None).unwrap();
                prop_assert!((FLOOR..=CAP).contains(&wait));
            }
        }
    }
}
