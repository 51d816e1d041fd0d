//! Finds the position of a time in the log with few requests. Pure.

/// A bisection over sequences. Each step asks for the newest event before a sequence. Event times
/// grow with sequences, apart from events that were published late.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bisection {
    /// Every event before this sequence is earlier than the time.
    low: u64,
    /// Every event from this sequence on is later.
    high: u64,
    step: u64,
}

impl Bisection {
    /// The bisection ends when the range is this short. The search also starts this far after the
    /// result, to include events that were published late.
    pub(super) const NEAR: u64 = 400;

    /// Starts in a log whose newest event has the sequence `last`.
    pub(super) fn new(last: u64) -> Self {
        Self {
            low: 0,
            high: last.saturating_add(1),
            step: Self::NEAR,
        }
    }

    /// The sequence to probe next: ask for the newest event before it. `None` when the position is
    /// found.
    pub(super) fn probe(&self) -> Option<u64> {
        if self.high - self.low <= Self::NEAR {
            return None;
        }
        // Most searches are for recent events, so it probes near the end first, with growing steps.
        Some(if self.low == 0 && self.step < self.high {
            self.high - self.step
        } else {
            u64::midpoint(self.low, self.high)
        })
    }

    /// Takes the result of a probe: the sequence of the newest event before it, and whether that
    /// event is later than the time.
    pub(super) fn record(&mut self, probe: u64, found: Option<(u64, bool)>) {
        self.step = self.step.saturating_mul(2);
        match found {
            Some((seq, true)) => self.high = seq.clamp(self.low, probe),
            Some((_, false)) | None => self.low = probe,
        }
    }

    /// The sequence to read backwards from.
    pub(super) fn position(&self) -> u64 {
        self.high.saturating_add(Self::NEAR)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_time_is_found_in_few_steps_and_no_earlier_event_is_skipped(
            last in 0u64..2_000_000, moment in 0u64..2_100_000, every in 1u64..5_000
        ) {
            // One event every `every` sequences; its time is its sequence.
            let mut bisection = Bisection::new(last);
            let mut steps = 0;
            while let Some(probe) = bisection.probe() {
                let newest = probe.min(last + 1).checked_sub(1).map(|before| before / every * every).filter(|seq| *seq > 0);
                bisection.record(probe, newest.map(|seq| (seq, seq >= moment)));
                steps += 1;
                prop_assert!(steps < 60);
            }
            let newest_earlier = moment.saturating_sub(1).min(last) / every * every;
            prop_assert!(bisection.position() > newest_earlier, "{bisection:?}");
            prop_assert!(bisection.position() <= newest_earlier + every + 2 * Bisection::NEAR + 1, "{bisection:?}");
        }
    }
}
