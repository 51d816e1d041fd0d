//! The monotonic clock of a run. Publishers write its time into payloads, and subscribers subtract it
//! from theirs.

use std::time::Instant;

/// Nanoseconds since a run began. Copies have the same origin.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// Starts a clock.
    pub fn start() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    /// Returns the nanoseconds since the start. A `u64` holds 584 years of them.
    pub fn nanos(self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
