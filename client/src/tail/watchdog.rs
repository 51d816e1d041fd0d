//! Detects a dead connection: it is dead after a silence of two and a half heartbeats.

use std::time::Duration;

use pulseboard_contract::Timestamp;

/// The allowed silence while the interval is unknown: two and a half times the default of 15 seconds.
const DEFAULT_SILENCE: Duration = Duration::from_millis(37_500);
/// The shortest allowed silence. A busy machine may send a heartbeat late.
const MIN_SILENCE: Duration = Duration::from_secs(1);
/// The longest allowed silence. A server accepts a heartbeat interval of at most one hour.
const MAX_SILENCE: Duration = Duration::from_mins(150);

/// Measures the interval between heartbeats by the times inside them. The times of arrival would be
/// wrong: after a pause, several heartbeats arrive at once.
#[derive(Clone, Debug)]
pub(super) struct Watchdog {
    last_heartbeat: Option<Timestamp>,
    silence: Duration,
}

impl Default for Watchdog {
    fn default() -> Self {
        Self {
            last_heartbeat: None,
            silence: DEFAULT_SILENCE,
        }
    }
}

impl Watchdog {
    /// How long to wait for the next bytes.
    pub(super) fn allowed_silence(&self) -> Duration {
        self.silence
    }

    /// Records a heartbeat with this time.
    pub(super) fn heartbeat(&mut self, time: Timestamp) {
        if let Some(last) = self.last_heartbeat.replace(time)
            && let Ok(millis @ 1..) = u64::try_from(time.millis() - last.millis())
        {
            self.silence =
                Duration::from_millis(millis.saturating_mul(5) / 2).clamp(MIN_SILENCE, MAX_SILENCE);
        }
    }

    /// Records a new connection. The time since the last heartbeat of the old connection is not an
    /// interval.
    pub(super) fn connected(&mut self) {
        self.last_heartbeat = None;
    }

    /// Records that the silence was too long. If this connection had no heartbeat at all, the
    /// interval may be longer than assumed, so the allowed silence doubles.
    pub(super) fn timed_out(&mut self) {
        if self.last_heartbeat.is_none() {
            self.silence = (self.silence * 2).min(MAX_SILENCE);
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
    fn a_silence_of_two_and_a_half_heartbeats_is_allowed() {
        let mut watchdog = Watchdog::default();
        assert_eq!(watchdog.allowed_silence(), DEFAULT_SILENCE);
        watchdog.heartbeat(at(1_000));
        watchdog.heartbeat(at(5_000));
        assert_eq!(watchdog.allowed_silence(), Duration::from_secs(10));
        watchdog.connected();
        watchdog.heartbeat(at(500_000));
        assert_eq!(
            watchdog.allowed_silence(),
            Duration::from_secs(10),
            "a break is not an interval"
        );
        watchdog.heartbeat(at(500_001));
        assert_eq!(watchdog.allowed_silence(), MIN_SILENCE);
    }

    #[test]
    fn a_clock_that_goes_back_changes_nothing() {
        let mut watchdog = Watchdog::default();
        watchdog.heartbeat(at(5_000));
        watchdog.heartbeat(at(1_000));
        assert_eq!(watchdog.allowed_silence(), DEFAULT_SILENCE);
    }

    #[test]
    fn without_heartbeats_the_allowed_silence_doubles() {
        let mut watchdog = Watchdog::default();
        watchdog.timed_out();
        assert_eq!(watchdog.allowed_silence(), 2 * DEFAULT_SILENCE);
        for _ in 0..20 {
            watchdog.timed_out();
        }
        assert_eq!(watchdog.allowed_silence(), MAX_SILENCE);
    }
}
