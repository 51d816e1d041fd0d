//! A histogram of durations: logarithmic octaves, each cut into 64 equal steps, so any value is
//! known to 1.6 %.
//!
//! Small (5 KiB) because every subscriber has its own and nothing is shared while a run goes on;
//! they are merged at the end. The largest value is kept exactly.

/// Steps an octave has; also the number of microseconds below which every value has its own bucket.
const STEPS: u64 = 64;
/// `log2(STEPS)`.
const STEP_BITS: u32 = 6;
/// The exact range and 21 octaves: the last one ends at 2^27 microseconds, a little over two
/// minutes.
const BUCKETS: usize = 64 * 22;

/// Counts durations, given in nanoseconds, kept in microseconds.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u32]>,
    total: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS].into_boxed_slice(),
            total: 0,
            max: 0,
        }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&mut self, nanos: u64) {
        if let Some(count) = self.counts.get_mut(bucket(nanos / 1_000)) {
            *count = count.saturating_add(1);
        }
        self.total += 1;
        self.max = self.max.max(nanos);
    }

    /// Adds everything another histogram has counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// The duration in nanoseconds that `per_mille` of the counted ones do not exceed; `None` while
    /// there are none. Never below the true value, and above it by at most one step.
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        let rank = (self.total * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                return Some((upper_edge(index) * 1_000).min(self.max));
            }
        }
        None
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The shortest duration in nanoseconds, as a [quantile](Self::quantile).
    pub fn min(&self) -> Option<u64> {
        self.quantile(0)
    }

    /// The longest duration, in nanoseconds; `None` while there are none.
    pub fn max(&self) -> Option<u64> {
        (self.total > 0).then_some(self.max)
    }
}

fn bucket(micros: u64) -> usize {
    let octave = (micros | 1).ilog2().saturating_sub(STEP_BITS);
    let index = u64::from(octave) * STEPS + (micros >> octave);
    usize::try_from(index)
        .unwrap_or(usize::MAX)
        .min(BUCKETS - 1)
}

/// The first microsecond that is too long for the bucket.
fn upper_edge(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < STEPS {
        return bucket + 1;
    }
    let octave = bucket / STEPS - 1;
    (bucket - octave * STEPS + 1) << octave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_just_below_the_edge_of_its_bucket() {
        for micros in
            (0..5_000).chain((1..26).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1]))
        {
            let edge = upper_edge(bucket(micros));
            assert!(micros < edge, "{micros} is not below {edge}");
            assert!(
                edge - micros <= 1 + micros / STEPS,
                "{micros} is too far below {edge}"
            );
        }
    }

    #[test]
    fn buckets_grow_with_their_values() {
        assert!((0..100_000).is_sorted_by_key(bucket));
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_right_to_a_step() {
        let mut whole = Histogram::default();
        let mut odd = Histogram::default();
        for milli in 1..=1_000_u64 {
            let half = if milli % 2 == 0 { &mut whole } else { &mut odd };
            half.record(milli * 1_000_000);
        }
        whole.merge(&odd);
        for (per_mille, expected) in [
            (500, 500_000_000_u64),
            (990, 990_000_000),
            (1_000, 1_000_000_000),
        ] {
            let found = whole.quantile(per_mille).unwrap_or_default();
            assert!(
                found >= expected && found <= expected + expected / 60,
                "{per_mille}: {found}"
            );
        }
        assert_eq!(whole.max(), Some(1_000_000_000));
        assert_eq!(Histogram::default().quantile(500), None);
    }
}
