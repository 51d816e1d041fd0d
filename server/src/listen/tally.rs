//! Counts what happens too often to be logged each time.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Between two lines of the log about the same.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Events of one kind since they were last told of.
#[derive(Default)]
pub(super) struct Tally(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    told: Option<Instant>,
    since: u64,
}

impl Tally {
    /// It happened once more. How often since it was told of, if it is time to tell again.
    pub(super) fn count(&self, now: Instant) -> Option<u64> {
        // Two numbers that are right at any moment: a panic elsewhere does not make them wrong.
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.since += 1;
        let is_due = counted
            .told
            .is_none_or(|told| now.saturating_duration_since(told) >= LINE_EVERY);
        is_due.then(|| {
            counted.told = Some(now);
            std::mem::take(&mut counted.since)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_once_a_second_with_its_count() {
        let (tally, start) = (Tally::default(), Instant::now());
        let told: Vec<_> = (0..150)
            .filter_map(|step| tally.count(start + Duration::from_millis(20) * step))
            .collect();
        assert_eq!(told, [1, 50, 50]);
    }
}
