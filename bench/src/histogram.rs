//! A histogram of durations, known to 1 %, over `hdrhistogram`.
//!
//! Every subscriber has its own, so a run shares nothing; the histograms are merged at the end.

use hdrhistogram::Histogram as Counts;

/// Significant digits: a value is known to 1 %.
const DIGITS: u8 = 2;

/// Counts durations, given in nanoseconds and kept in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Made with the first duration: an idle subscriber costs nothing.
    counts: Option<Counts<u32>>,
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&mut self, nanos: u64) {
        if let Some(counts) = self.counts() {
            // The range grows with its values, so recording cannot fail.
            let _ = counts.record(nanos.div_ceil(1_000));
        }
    }

    /// Adds everything another histogram has counted.
    pub fn merge(&mut self, other: &Self) {
        if let (Some(theirs), Some(mine)) = (&other.counts, self.counts()) {
            let _ = mine.add(theirs);
        }
    }

    /// The duration in nanoseconds that `per_mille` of the counted ones do not exceed; `None` while
    /// there are none. Never below the true value, and above it by at most 1 %.
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        #[allow(clippy::cast_precision_loss)] // At most 1,000.
        let part = per_mille as f64 / 1_000.0;
        self.known()
            .map(|counts| counts.value_at_quantile(part) * 1_000)
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.known().map_or(0, Counts::len)
    }

    /// The shortest duration in nanoseconds.
    pub fn min(&self) -> Option<u64> {
        self.known().map(|counts| counts.min() * 1_000)
    }

    /// The longest duration in nanoseconds.
    pub fn max(&self) -> Option<u64> {
        self.known().map(|counts| counts.max() * 1_000)
    }

    fn counts(&mut self) -> Option<&mut Counts<u32>> {
        if self.counts.is_none() {
            // Fails only for more than five digits.
            self.counts = Counts::new(DIGITS).ok();
        }
        self.counts.as_mut()
    }

    fn known(&self) -> Option<&Counts<u32>> {
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
            let (exact, told) = (
                per_mille * 1_000_000,
                histogram.quantile(per_mille).unwrap(),
            );
            assert!(
                (exact..=exact + exact / 100 + 1_000).contains(&told),
                "{per_mille}: {told} for {exact}"
            );
        }
        assert_eq!(histogram.count(), 1_000_000);
    }

    #[test]
    fn merged_histograms_count_what_both_counted() {
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
