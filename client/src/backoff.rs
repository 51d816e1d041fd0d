//! When to retry: exponential backoff with full jitter. Pure: the caller passes in the time and the
//! random number.
//!
//! The general retry libraries draw their own randomness, add jitter on top of the delay instead of
//! drawing the whole delay, and know neither a wait that the server asks for nor a deadline for the
//! last attempt. All of that is the point here, so this module stays.

use std::time::{Duration, Instant, SystemTime};

/// The shortest wait. Without it, a server that refuses at once would get hundreds of requests a
/// second.
const MIN_WAIT: Duration = Duration::from_millis(100);
/// The upper bound of the jitter stops doubling here.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The attempts of one operation, from its first failure to its next success.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    /// The upper bound of the first wait.
    base: Duration,
    /// How long after the first failure the last attempt may start; `None` means no limit.
    retry_for: Option<Duration>,
    /// When the operation first failed; `None` while it works.
    failing_since: Option<Instant>,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(base: Duration, retry_for: Option<Duration>) -> Self {
        Self {
            base,
            retry_for,
            failing_since: None,
            failures: 0,
        }
    }

    /// Records a failure at `now`. Returns how long to wait before the next attempt, or `None` when
    /// it is time to give up.
    ///
    /// The wait is drawn evenly below a bound that doubles with each failure; `random` is in
    /// `0.0..1.0`. `server_wait` is the shortest wait that the server asked for (`Retry-After`,
    /// `retry:`). Jitter is added to it, so that clients with the same instruction do not return
    /// at the same moment.
    pub(crate) fn next_wait(
        &mut self,
        now: Instant,
        random: f64,
        server_wait: Option<Duration>,
    ) -> Option<Duration> {
        let since = *self.failing_since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        let bound = self
            .base
            .saturating_mul(1 << (self.failures - 1).min(16))
            .min(MAX_WAIT.max(self.base));
        let jitter = bound.mul_f64(random.clamp(0.0, 1.0));
        let wait = match server_wait {
            Some(least) => least + jitter.min(MAX_WAIT / 30),
            None => jitter,
        }
        .max(MIN_WAIT);
        let Some(retry_for) = self.retry_for else {
            return Some(wait);
        };
        let left = retry_for.saturating_sub(now.saturating_duration_since(since));
        // A wait that ends after the deadline is pointless. A shorter one is cut, so that the last
        // attempt starts exactly at the deadline.
        if left.is_zero() || server_wait.is_some_and(|least| least > left) {
            None
        } else {
            Some(wait.min(left))
        }
    }

    /// Records a success: the next failure counts as the first again.
    pub(crate) fn reset(&mut self) {
        self.failing_since = None;
        self.failures = 0;
    }

    /// Whether the last attempt failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }
}

/// Parses a `Retry-After` header (RFC 9110, section 10.2.3): seconds or a date.
pub(crate) fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let moment = httpdate::parse_http_date(text.trim()).ok()?;
    Some(moment.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_bound_doubles_up_to_its_cap_and_starts_again_after_a_success() {
        let mut backoff = Backoff::new(SECOND / 2, None);
        let now = Instant::now();
        let waits: Vec<_> = (0..9)
            .map(|_| backoff.next_wait(now, 1.0, None).unwrap().as_millis())
            .collect();
        assert_eq!(
            waits,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000
            ]
        );
        backoff.reset();
        assert_eq!(backoff.next_wait(now, 1.0, None), Some(SECOND / 2));
    }

    #[test]
    fn the_last_attempt_starts_at_the_deadline() {
        let mut backoff = Backoff::new(SECOND, Some(10 * SECOND));
        let start = Instant::now();
        assert_eq!(backoff.next_wait(start, 1.0, None), Some(SECOND));
        assert_eq!(
            backoff.next_wait(start + 9 * SECOND, 1.0, None),
            Some(SECOND),
            "the wait is cut to the time left"
        );
        assert_eq!(backoff.next_wait(start + 10 * SECOND, 1.0, None), None);
    }

    #[test]
    fn without_retries_the_first_failure_is_the_last() {
        assert_eq!(
            Backoff::new(SECOND, Some(Duration::ZERO)).next_wait(Instant::now(), 0.5, None),
            None
        );
    }

    #[test]
    fn a_wait_the_server_asks_for_is_kept_or_the_attempts_end_at_once() {
        let mut backoff = Backoff::new(SECOND, Some(60 * SECOND));
        let wait = backoff
            .next_wait(Instant::now(), 0.5, Some(7 * SECOND))
            .unwrap();
        assert!(wait >= 7 * SECOND && wait <= 8 * SECOND, "{wait:?}");
        assert_eq!(
            Backoff::new(SECOND, Some(60 * SECOND)).next_wait(
                Instant::now(),
                0.5,
                Some(61 * SECOND)
            ),
            None
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Mon, 01 Jan 2024 12:00:00 GMT").unwrap();
        assert_eq!(parse_retry_after("120", now), Some(120 * SECOND));
        assert_eq!(
            parse_retry_after("Mon, 01 Jan 2024 12:00:05 GMT", now),
            Some(5 * SECOND)
        );
        assert_eq!(
            parse_retry_after("Mon, 01 Jan 2024 11:00:00 GMT", now),
            Some(Duration::ZERO)
        );
        for text in ["", "-1", "soon", "99999999999999999999"] {
            assert_eq!(parse_retry_after(text, SystemTime::now()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_never_below_the_floor_nor_above_the_cap(failures in 1..100u32, random in 0.0..1.0f64) {
            let mut backoff = Backoff::new(SECOND, None);
            for _ in 0..failures {
                let wait = backoff.next_wait(Instant::now(), random, None).unwrap();
                prop_assert!((MIN_WAIT..=MAX_WAIT).contains(&wait));
            }
        }
    }
}
