//! Time in buckets, and the values of a field in each bucket.

use std::collections::BTreeMap;

use pulseboard_contract::{Timestamp, api::FieldSeries};

/// A time range, cut into buckets of equal length. Times are in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeRange {
    from: i64,
    /// The end, which is not part of the range.
    to: i64,
    buckets: usize,
}

impl TimeRange {
    /// A range with this number of buckets; `None` if it is empty or has no buckets.
    pub(crate) fn new(from: Timestamp, to: Timestamp, buckets: usize) -> Option<Self> {
        (from < to && buckets > 0).then(|| Self {
            from: from.millis(),
            to: to.millis(),
            buckets,
        })
    }

    pub(super) fn from(self) -> i64 {
        self.from
    }

    pub(super) fn to(self) -> i64 {
        self.to
    }

    /// The number of the bucket that a time falls into; `None` outside the range.
    pub(super) fn bucket_of(self, time: i64) -> Option<usize> {
        if !(self.from..self.to).contains(&time) {
            return None;
        }
        let offset = i128::from(time - self.from) * self.buckets as i128;
        usize::try_from(offset / i128::from(self.to - self.from)).ok()
    }

    /// The first time that falls into a bucket.
    pub(super) fn start_of(self, bucket: usize) -> i64 {
        let (bucket, buckets) = (bucket as i128, self.buckets as i128);
        let length = i128::from(self.to - self.from);
        // Rounded up: the time before falls into the previous bucket.
        let offset = (bucket * length + buckets - 1) / buckets;
        i64::try_from(offset).map_or(self.to, |offset| self.from + offset)
    }
}

/// The values of one field, by the number of their bucket.
#[derive(Default)]
pub(super) struct FieldBuckets(BTreeMap<usize, Bucket>);

#[derive(Clone, Copy)]
struct Bucket {
    first: i64,
    last: i64,
    count: u32,
    min: f64,
    max: f64,
    sum: f64,
}

impl FieldBuckets {
    pub(super) fn add(&mut self, bucket: usize, time: i64, value: f64) {
        let empty = Bucket {
            first: time,
            last: time,
            count: 0,
            min: value,
            max: value,
            sum: 0.0,
        };
        let bucket = self.0.entry(bucket).or_insert(empty);
        bucket.first = bucket.first.min(time);
        bucket.last = bucket.last.max(time);
        bucket.count = bucket.count.saturating_add(1);
        bucket.min = bucket.min.min(value);
        bucket.max = bucket.max.max(value);
        bucket.sum += value;
    }

    /// Extends a bucket back to `start`, so that skipped events do not look like a gap.
    pub(super) fn extend_back(&mut self, bucket: usize, start: i64) {
        if let Some(bucket) = self.0.get_mut(&bucket) {
            bucket.first = start;
        }
    }

    pub(super) fn into_series(self, name: String) -> FieldSeries {
        let mut series = FieldSeries {
            name,
            ..FieldSeries::default()
        };
        for bucket in self.0.values() {
            series.first.push(bucket.first);
            series.last.push(bucket.last);
            series.count.push(bucket.count);
            series.min.push(bucket.min);
            series.max.push(bucket.max);
            series.mean.push(bucket.sum / f64::from(bucket.count));
        }
        series
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(from: i64, to: i64, buckets: usize) -> Option<TimeRange> {
        let time = |millis| Timestamp::from_millis(millis).unwrap();
        TimeRange::new(time(from), time(to), buckets)
    }

    #[test]
    fn an_empty_range_is_rejected() {
        assert_eq!(range(5, 5, 1), None);
        assert_eq!(range(6, 5, 1), None);
        assert_eq!(range(5, 6, 0), None);
    }

    #[test]
    fn times_outside_the_range_have_no_bucket() {
        let range = range(10, 20, 2).unwrap();
        let buckets: Vec<_> = [9, 10, 14, 15, 19, 20]
            .into_iter()
            .map(|time| range.bucket_of(time))
            .collect();
        assert_eq!(buckets, [None, Some(0), Some(0), Some(1), Some(1), None]);
    }

    #[test]
    fn a_bucket_has_the_bounds_and_the_mean_of_its_values() {
        let mut buckets = FieldBuckets::default();
        for (time, value) in [(7, 1.0), (5, 4.0), (6, -2.0)] {
            buckets.add(3, time, value);
        }
        buckets.add(1, 2, 8.0);
        buckets.extend_back(3, 4);
        let series = buckets.into_series("a".to_owned());
        assert_eq!((series.first, series.last), (vec![2, 4], vec![2, 7]));
        assert_eq!(series.count, [1, 3]);
        assert_eq!((series.min, series.max), (vec![8.0, -2.0], vec![8.0, 4.0]));
        assert_eq!(series.mean, [8.0, 1.0]);
    }

    proptest! {
        #[test]
        fn the_start_of_a_bucket_is_its_first_time(from in 0..1_000i64, length in 1..5_000i64, buckets in 1..50usize, at in 0..5_000i64) {
            let range = range(from, from + length, buckets).unwrap();
            let time = from + at % length;
            let bucket = range.bucket_of(time).unwrap();
            let start = range.start_of(bucket);
            prop_assert!(start <= time);
            prop_assert_eq!(range.bucket_of(start), Some(bucket));
            prop_assert_ne!(range.bucket_of(start - 1), Some(bucket));
        }
    }
}
