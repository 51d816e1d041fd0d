//! A histogram of durations with a precision of 1 %, based on `hdrhistogram`.
//!
//! Every subscriber has its own histogram, so tasks share none. They are merged at the end.

use hdrhistogram::Histogram as Counts;

/// Significant digits: the precision is 1 %.
const DIGITS: u8 = 2;

/// Counts durations. They are recorded in nanoseconds and stored in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Created with the first duration, so an idle subscriber needs no memory for it.
    counts: Option<Counts<u32>>,
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&mut self, nanos: u64) {
        if let Some(counts) = self.counts() {
            // Recording cannot fail, because the range grows with the values.
            let _ = counts.record(nanos.div_ceil(1_000));
        }
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        if let (Some(theirs), Some(mine)) = (&other.counts, self.counts()) {
            let _ = mine.add(theirs);
        }
    }

    /// Returns the duration in nanoseconds that `per_mille` of the recorded durations do not exceed,
    /// or `None` if there are none. It is never below the true value and at most 1 % above it.
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        #[allow(clippy::cast_precision_loss)] // At most 1,000.
        let quantile = per_mille as f64 / 1_000.0;
        self.non_empty()
            .map(|counts| counts.value_at_quantile(quantile) * 1_000)
    }

    /// Returns the number of recorded durations.
    pub fn count(&self) -> u64 {
        self.non_empty().map_or(0, Counts::len)
    }

    /// Returns the shortest duration in nanoseconds.
    pub fn min(&self) -> Option<u64> {
        self.non_empty().map(|counts| counts.min() * 1_000)
    }

    /// Returns the longest duration in nanoseconds.
    pub fn max(&self) -> Option<u64> {
        self.non_empty().map(|counts| counts.max() * 1_000)
    }

    fn counts(&mut self) -> Option<&mut Counts<u32>> {
        if self.counts.is_none() {
            // This fails only for more than five digits.
            self.counts = Counts::new(DIGITS).ok();
        }
        self.counts.as_mut()
    }

    fn non_empty(&self) -> Option<&Counts<u32>> {
        self.counts.as_ref().filter(|counts| !counts.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_never_below_the_true_value_and_at_most_one_percent_above() {
        let mut histogram = Histogram::default();
        for micros in 1..=1_000_000_u64 {
            histogram.record(micros * 1_000);
        }
        for per_mille in [1, 100, 500, 990, 999, 1_000] {
            let (exact, reported) = (
                per_mille * 1_000_000,
                histogram.quantile(per_mille).unwrap(),
            );
            assert!(
                (exact..=exact + exact / 100 + 1_000).contains(&reported),
                "{per_mille}: {reported} for {exact}"
            );
        }
        assert_eq!(histogram.count(), 1_000_000);
    }

    #[test]
    fn a_merged_histogram_has_the_counts_of_both() {
        let (mut one, mut two) = (Histogram::default(), Histogram::default());
        one.record(2_000_000);
        two.record(9_000_000);
        one.merge(&two);
        assert_eq!(one.count(), 2);
        assert_eq!(one.min(), Some(2_000_000));
        assert!((9_000_000..=9_090_000).contains(&one.max().unwrap()));
    }

    #[test]
    fn an_empty_histogram_has_no_quantiles() {
        let empty = Histogram::default();
        assert_eq!(
            (empty.count(), empty.quantile(500), empty.min(), empty.max()),
            (0, None, None, None)
        );
    }
}
