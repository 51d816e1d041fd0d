//! One field's numbers over time: exact where they are new, and coarser the older they are, so a day
//! fits into the memory of minutes.
//!
//! A series is a list of buckets, oldest first. A new value is a bucket of its own. Neighbours are
//! joined when their span is small compared with their age. Every range of a chart then has some
//! hundred buckets, and no bucket loses its smallest and its largest value.
//!
//! Memory is bounded. All series of a feed share 300,000 buckets evenly, but each may have 160 of
//! them at least and 3,600 at most. A feed has at most 200 topics of 24 fields, so its worst case is
//! 768,000 buckets of 48 bytes: 37 MB. A series with a smaller share is coarser, and reaches back as
//! far.

mod bucket;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use pulseboard_contract::Timestamp;

use crate::number::Precision;
pub use bucket::Bucket;

/// The buckets that all series of a feed share.
const BUCKETS: usize = 300_000;
/// The buckets of one series at which neighbours are joined: at most what a chart can use, and at
/// least what a day needs.
const LIMITS: std::ops::RangeInclusive<usize> = 160..=3_600;
/// A joined bucket spans at most one part of its age. The number of parts is the limit divided by
/// this.
const BUCKETS_A_PART: usize = 20;
/// No chart shows more than a day.
const KEPT_MILLIS: i64 = 25 * 3_600_000;
/// A chart is drawn again for new values at most this often, in the time of the values: nobody sees
/// a faster change.
const STEP_MILLIS: i64 = 100;

/// A bounded time series, oldest bucket first.
///
/// ```
/// use pulseboard_contract::Timestamp;
/// use pulseboard_feed::Series;
///
/// let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
/// let mut series = Series::default();
/// for (second, value) in [(1, 20.5), (2, 21.0), (3, 20.0)] {
///     series.push(at(second)?, value);
/// }
/// assert_eq!(series.last(), Some((at(3)?, 20.0)));
/// assert_eq!(series.range(at(0)?), Some((20.0, 21.0)));
/// # Ok::<(), pulseboard_contract::InvalidTimestamp>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    buckets: VecDeque<Bucket>,
    /// The series always has fewer buckets than this.
    limit: usize,
    /// The newest value. Its bucket may hold others too.
    newest: Option<(Timestamp, f64)>,
    is_whole: bool,
    /// The largest distance from zero so far.
    size: f64,
    /// The time of the last step, and the number of steps.
    stepped: i64,
    steps: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            buckets: VecDeque::new(),
            limit: *LIMITS.end(),
            newest: None,
            is_whole: true,
            size: 0.0,
            stepped: i64::MIN,
            steps: 0,
        }
    }
}

impl Series {
    /// Adds a value at its time. It is the newest unless its publisher was late.
    pub fn push(&mut self, time: Timestamp, value: f64) {
        self.see(value, value);
        if self.newest.is_none_or(|(newest, _)| newest <= time) {
            self.newest = Some((time, value));
        }
        let bucket = Bucket::of(time, value);
        match self.buckets.back_mut() {
            Some(last) if last.last == time => *last = last.join(bucket),
            Some(last) if last.last > time => self.push_late(bucket),
            _ => self.buckets.push_back(bucket),
        }
        let millis = time.millis();
        if millis >= self.stepped.saturating_add(STEP_MILLIS) || millis < self.stepped {
            self.stepped = millis;
            self.steps += 1;
        }
        if self.buckets.len() >= self.limit {
            self.compact();
        }
    }

    fn push_late(&mut self, bucket: Bucket) {
        let at = self
            .buckets
            .partition_point(|other| other.first <= bucket.first);
        match at
            .checked_sub(1)
            .and_then(|before| self.buckets.get_mut(before))
        {
            Some(before) if before.last >= bucket.first => *before = before.join(bucket),
            _ => self.buckets.insert(at, bucket),
        }
    }

    fn see(&mut self, min: f64, max: f64) {
        self.is_whole &= min.fract() == 0.0 && max.fract() == 0.0;
        self.size = self.size.max(min.abs()).max(max.abs());
    }

    /// Joins neighbours as far as their age allows, and drops what no chart shows.
    fn compact(&mut self) {
        let Some(now) = self.buckets.back().map(|bucket| bucket.last.millis()) else {
            return;
        };
        let parts = i64::try_from(self.limit / BUCKETS_A_PART).unwrap_or(i64::MAX);
        let mut joined: VecDeque<Bucket> = VecDeque::with_capacity(self.limit);
        for &bucket in self
            .buckets
            .iter()
            .filter(|bucket| now - bucket.last.millis() <= KEPT_MILLIS)
        {
            match joined.back_mut() {
                Some(last)
                    if bucket.last.millis() - last.first.millis()
                        <= (now - bucket.last.millis()) / parts =>
                {
                    *last = last.join(bucket);
                }
                _ => joined.push_back(bucket),
            }
        }
        // A clock that jumps can defeat the rule; the bound holds even then.
        let over = joined.len().saturating_sub(self.limit * 7 / 8);
        joined.drain(..over);
        self.buckets = joined;
    }

    /// Takes its share of the memory that `count` series have together.
    pub fn share(&mut self, count: usize) {
        self.limit = (BUCKETS / count.max(1)).clamp(*LIMITS.start(), *LIMITS.end());
        if self.buckets.len() >= self.limit {
            self.compact();
        }
        self.buckets.shrink_to(self.limit);
    }

    /// Adds older buckets, oldest first, before the known ones.
    pub fn prepend(&mut self, older: &[Bucket]) {
        let first = self.buckets.front().map(|bucket| bucket.first);
        for &bucket in older
            .iter()
            .rev()
            .filter(|bucket| first.is_none_or(|first| bucket.last < first))
        {
            self.see(bucket.min, bucket.max);
            self.buckets.push_front(bucket);
        }
        if self.newest.is_none() {
            self.newest = self.buckets.back().map(|bucket| (bucket.last, bucket.mean));
        }
        self.steps += 1;
        if self.buckets.len() >= self.limit {
            self.compact();
        }
    }

    /// Grows when enough is new for a chart to be drawn again.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The newest value and its time.
    pub fn last(&self) -> Option<(Timestamp, f64)> {
        self.newest
    }

    /// All buckets, oldest first.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> + ExactSizeIterator + '_ {
        self.buckets.iter().copied()
    }

    /// The buckets since a time, oldest first, and one before it, so that a line reaches the edge of
    /// its chart.
    pub fn since(&self, start: Timestamp) -> impl Iterator<Item = Bucket> + '_ {
        let first = self
            .buckets
            .partition_point(|bucket| bucket.last < start)
            .saturating_sub(1);
        self.buckets.range(first..).copied()
    }

    /// Whether every value is whole: a count, not a measurement.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The largest distance from zero so far.
    pub fn size(&self) -> f64 {
        self.size
    }

    /// How its values are written.
    pub fn precision(&self) -> Precision {
        Precision {
            is_whole: self.is_whole,
            size: self.size,
        }
    }

    /// The mean time between the newest values, in milliseconds; none while there are too few.
    pub fn pace_millis(&self) -> Option<i64> {
        let newest = self.buckets.range(self.buckets.len().saturating_sub(10)..);
        let count: i64 = newest.clone().map(|bucket| i64::from(bucket.count)).sum();
        let span = newest.clone().last()?.last.millis() - newest.clone().next()?.first.millis();
        (count >= 5 && span > 0).then(|| span / (count - 1))
    }

    /// The smallest and the largest value since a time.
    pub fn range(&self, start: Timestamp) -> Option<(f64, f64)> {
        self.since(start)
            .map(|bucket| (bucket.min, bucket.max))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// The largest value since a time.
    pub fn peak(&self, start: Timestamp) -> Option<f64> {
        self.since(start)
            .filter(|bucket| bucket.last >= start)
            .map(|bucket| bucket.max)
            .reduce(f64::max)
    }

    /// The bucket nearest to a time, unless it is further away than `reach_millis`.
    pub fn at(&self, time: Timestamp, reach_millis: i64) -> Option<Bucket> {
        let after = self
            .buckets
            .partition_point(|bucket| bucket.middle() < time.millis());
        let near = [after.checked_sub(1), Some(after)];
        let near = near
            .into_iter()
            .flatten()
            .filter_map(|index| self.buckets.get(index).copied());
        let distance = |bucket: &Bucket| (bucket.middle() - time.millis()).abs();
        let is_within = |bucket: &Bucket| bucket.first <= time && time <= bucket.last;
        near.filter(|bucket| is_within(bucket) || distance(bucket) <= reach_millis)
            .min_by_key(distance)
    }
}
