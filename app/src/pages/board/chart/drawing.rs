//! The drawing of one chart: its lines, their ends, and the labels of its scale.

use super::super::layout::Height;
use crate::{
    components::plot::{Paths, Scale, TimeRange, trace},
    format::{self, Precision, Unit, with_unit},
};
use pulseboard_feed::{Bucket, Series, TopicFeed};

/// How detailed the scale of a chart is, by its height: the most steps and the most labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Detail {
    steps: u8,
    labels: usize,
}

impl Detail {
    /// The detail in a tile with this many charts, one below the other. `style/board.css` has their
    /// heights.
    pub(super) const fn of(charts: usize, height: Option<Height>, is_full: bool) -> Self {
        let (steps, labels) = match (height, charts) {
            _ if is_full && charts <= 2 => (6, 7),
            _ if is_full => (4, 5),
            (Some(Height::Short), _) => (3, 2),
            (None, 2..) => (3, 3),
            (Some(Height::Tall), 2..) | (None, _) => (4, 5),
            (Some(Height::Tall), _) => (6, 7),
        };
        Self { steps, labels }
    }
}

/// A chart, drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Drawing {
    pub(super) lines: Vec<Paths>,
    /// The end of each line: its distance from the left and from the top, in percent.
    pub(super) ends: Vec<Option<(f64, f64)>>,
    /// The distance of each round value from the top, in percent.
    pub(super) grid: Vec<f64>,
    /// The labels of the scale: their distance from the top in percent, and their text.
    pub(super) labels: Vec<(f64, String)>,
    pub(super) scale: Scale,
}

impl Drawing {
    /// Draws fields over a time range. Without detail the chart has no scale.
    pub(super) fn of(
        topic: &TopicFeed,
        fields: &[String],
        range: TimeRange,
        detail: Option<Detail>,
    ) -> Self {
        let unit = fields
            .first()
            .map_or(Unit::Plain, |field| format::field(field).1);
        // A field that ends before the range has no line, so it does not count for the scale.
        let is_within = |series: &&Series| {
            series
                .buckets()
                .next_back()
                .is_some_and(|bucket| bucket.last >= range.start)
        };
        let series = || {
            fields
                .iter()
                .map(|field| topic.field(field).filter(is_within))
        };
        let ranges = series()
            .flatten()
            .filter_map(|series| series.range(range.start));
        let Some((low, high)) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
            return Self::default();
        };
        let is_whole = series().flatten().all(Series::is_whole);
        let scale = match detail {
            None => Scale::tight(low, high),
            Some(detail) => Scale::round(low, high, is_whole, unit == Unit::Bytes, detail.steps),
        };
        let line = |series: Option<&Series>| {
            series.map(|series| trace(series, range, &scale, fields.len() == 1))
        };
        let lines = series()
            .map(|series| line(series).unwrap_or_default())
            .collect();
        let below = |value: f64| scale.below_top(value) * 100.0;
        let end = |bucket: Bucket| {
            (bucket.last >= range.start).then(|| {
                (
                    range.fraction(bucket.middle()).min(1.0) * 100.0,
                    below(bucket.mean),
                )
            })
        };
        let ends = series()
            .map(|series| {
                series
                    .and_then(|series| series.buckets().next_back())
                    .and_then(end)
            })
            .collect();
        let written = |tick: f64| match unit {
            Unit::Bytes | Unit::BytesPerSecond => with_unit(tick, unit, Precision::MEASURED),
            Unit::Plain | Unit::Named(_) => scale.label(tick),
        };
        let grid = scale.ticks.iter().map(|tick| below(*tick)).collect();
        let labels = detail.map(|detail| {
            scale
                .labelled(detail.labels)
                .map(|tick| (below(tick), written(tick)))
                .collect()
        });
        Self {
            lines,
            ends,
            grid,
            labels: labels.unwrap_or_default(),
            scale,
        }
    }
}
