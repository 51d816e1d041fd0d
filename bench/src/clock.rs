//! One monotonic clock for a whole run: what a publisher stamps into a payload, a subscriber can
//! subtract.

use std::time::Instant;

/// Nanoseconds since a run began. Copies share the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    /// Nanoseconds since the beginning; a run is far shorter than the 584 years a `u64` holds.
    pub fn nanos(self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
