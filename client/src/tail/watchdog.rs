//! How long silence is normal: two and a half heartbeats. After that something on the way is dead.

use std::time::Duration;

use pulseboard_contract::Timestamp;

/// Silence until a heartbeat's pace is known: two and a half of the server's usual fifteen seconds.
const USUAL: Duration = Duration::from_millis(37_500);
/// A pace is never judged finer than this; a busy machine is late sometimes.
const LEAST: Duration = Duration::from_secs(1);
/// The slowest heartbeat a server can be told is once an hour.
const MOST: Duration = Duration::from_mins(150);

/// Learns the pace of a server's heartbeats by the times they tell. When they *arrive* says
/// nothing: after a pause several come at once.
#[derive(Clone, Debug)]
pub(super) struct Watchdog {
    last: Option<Timestamp>,
    silence: Duration,
}

impl Default for Watchdog {
    fn default() -> Self {
        Self {
            last: None,
            silence: USUAL,
        }
    }
}

impl Watchdog {
    /// How long to wait for the next bytes.
    pub(super) fn silence(&self) -> Duration {
        self.silence
    }

    /// A heartbeat told this time.
    pub(super) fn heartbeat(&mut self, time: Timestamp) {
        if let Some(last) = self.last.replace(time)
            && let Ok(millis @ 1..) = u64::try_from(time.millis() - last.millis())
        {
            self.silence = Duration::from_millis(millis.saturating_mul(5) / 2).clamp(LEAST, MOST);
        }
    }

    /// A new connection; the time between its first heartbeat and the last one's is no pace.
    pub(super) fn connected(&mut self) {
        self.last = None;
    }

    /// It was silent too long. If no heartbeat was ever heard, this server's may be slower than was
    /// thought.
    pub(super) fn silent(&mut self) {
        if self.last.is_none() {
            self.silence = (self.silence * 2).min(MOST);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[test]
    fn two_and_a_half_heartbeats_are_waited_for() {
        let mut watchdog = Watchdog::default();
        assert_eq!(watchdog.silence(), USUAL);
        watchdog.heartbeat(at(1_000));
        watchdog.heartbeat(at(5_000));
        assert_eq!(watchdog.silence(), Duration::from_secs(10));
        watchdog.connected();
        watchdog.heartbeat(at(500_000));
        assert_eq!(
            watchdog.silence(),
            Duration::from_secs(10),
            "a break is no pace"
        );
        watchdog.heartbeat(at(500_001));
        assert_eq!(watchdog.silence(), LEAST);
    }

    #[test]
    fn a_clock_that_goes_back_teaches_nothing() {
        let mut watchdog = Watchdog::default();
        watchdog.heartbeat(at(5_000));
        watchdog.heartbeat(at(1_000));
        assert_eq!(watchdog.silence(), USUAL);
    }

    #[test]
    fn a_server_with_slow_heartbeats_is_given_more_time_each_time() {
        let mut watchdog = Watchdog::default();
        watchdog.silent();
        assert_eq!(watchdog.silence(), 2 * USUAL);
        for _ in 0..20 {
            watchdog.silent();
        }
        assert_eq!(watchdog.silence(), MOST);
    }
}
