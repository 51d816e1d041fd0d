//! Counts what happens too often to be logged each time.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The least time between two log lines about the same thing.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Counts occurrences of one kind since the last log line about them.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    logged_at: Option<Instant>,
    since: u64,
}

impl Tally {
    /// Counts one more. Returns the count since the last log line if it is time for the next.
    pub(crate) fn count(&self, now: Instant) -> Option<u64> {
        // Both fields are valid at any moment, so a panic while the lock was held did no harm.
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.since += 1;
        let is_due = counted
            .logged_at
            .is_none_or(|logged_at| now.saturating_duration_since(logged_at) >= LINE_EVERY);
        is_due.then(|| {
            counted.logged_at = Some(now);
            std::mem::take(&mut counted.since)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_occurrence_is_logged_once_a_second_with_its_count() {
        let (tally, start) = (Tally::default(), Instant::now());
        let logged: Vec<_> = (0..150)
            .filter_map(|step| tally.count(start + Duration::from_millis(20) * step))
            .collect();
        assert_eq!(logged, [1, 50, 50]);
    }
}
