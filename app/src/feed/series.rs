//! One number over time.

use std::collections::VecDeque;

use pulseboard::Timestamp;

/// Points kept: twenty minutes of one a second.
pub(super) const LIMIT: usize = 1_200;

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub time: Timestamp,
    /// How much; always finite.
    pub value: f64,
}

/// A bounded time series, oldest point first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    points: VecDeque<Point>,
}

impl Series {
    /// Adds a point at its place in time: the newest, unless a publisher told of it late.
    pub fn push(&mut self, point: Point) {
        if self.points.len() == LIMIT {
            self.points.pop_front();
        }
        let at = self.points.partition_point(|other| other.time <= point.time);
        self.points.insert(at, point);
    }

    /// Adds older points, oldest first, before those there are, as far as there is room.
    pub fn prepend(&mut self, older: &[Point]) {
        let first = self.points.front().map(|point| point.time);
        let older = older.iter().filter(|point| first.is_none_or(|first| point.time < first));
        for &point in older.rev() {
            if self.points.len() == LIMIT {
                break;
            }
            self.points.push_front(point);
        }
    }

    /// The newest point.
    pub fn last(&self) -> Option<Point> {
        self.points.back().copied()
    }

    /// All points, oldest first.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.points.iter().copied()
    }

    /// The points since a time, oldest first, with one before it, so that a line reaches the edge of its chart.
    pub fn since(&self, start: Timestamp) -> impl Iterator<Item = Point> + '_ {
        let first = self.points.partition_point(|point| point.time < start).saturating_sub(1);
        self.points.range(first..).copied()
    }

    /// Whether every point is a whole number: a count, not a measurement.
    pub fn is_whole(&self) -> bool {
        self.points.iter().all(|point| point.value.fract() == 0.0)
    }

    /// The mean time between the newest points, in milliseconds; none while there are too few to speak of a pace.
    pub fn pace_millis(&self) -> Option<i64> {
        let newest = self.points.range(self.points.len().saturating_sub(10)..);
        let count = i64::try_from(newest.len()).ok()?;
        let span = newest.clone().last()?.time.millis() - newest.clone().next()?.time.millis();
        (count >= 5).then(|| span / (count - 1))
    }

    /// The smallest and largest value since a time.
    pub fn range(&self, start: Timestamp) -> Option<(f64, f64)> {
        let values = || self.since(start).map(|point| point.value);
        Some((values().reduce(f64::min)?, values().reduce(f64::max)?))
    }

    /// The largest value since a time.
    pub fn peak(&self, start: Timestamp) -> Option<f64> {
        self.points.iter().filter(|point| point.time >= start).map(|point| point.value).reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(second: i64) -> Point {
        #[allow(clippy::cast_precision_loss)]
        Point { time: Timestamp::from_millis(second * 1_000).unwrap(), value: second as f64 }
    }

    #[test]
    fn it_keeps_the_newest_points() {
        let mut series = Series::default();
        (0..2_000).for_each(|second| series.push(point(second)));
        assert_eq!(series.points.len(), LIMIT);
        assert_eq!(series.last(), Some(point(1_999)));
    }

    #[test]
    fn a_point_told_late_stands_where_it_belongs() {
        let mut series = Series::default();
        [3, 1, 2].map(point).into_iter().for_each(|point| series.push(point));
        assert_eq!(series.points, [1, 2, 3].map(point));
    }

    #[test]
    fn history_goes_before_what_is_there_and_is_not_doubled() {
        let mut series = Series::default();
        (10..13).for_each(|second| series.push(point(second)));
        series.prepend(&[point(8), point(9), point(10), point(11)]);
        assert_eq!(series.points, (8..13).map(point).collect::<Vec<_>>());
    }

    #[test]
    fn a_window_has_one_point_before_it() {
        let mut series = Series::default();
        (0..10).for_each(|second| series.push(point(second)));
        assert_eq!(series.since(point(7).time).collect::<Vec<_>>(), [point(6), point(7), point(8), point(9)]);
        assert_eq!(series.peak(point(7).time), Some(9.0));
    }
}
