//! What is drawn of one chart: its lines, where they end, and the labels of its scale.

use super::super::layout::Height;
use crate::{
    components::plot::{Paths, Scale, Window, trace},
    format::{self, Shape, Unit, with_unit},
};
use pulseboard_feed::{Bucket, Series, TopicFeed};

/// How much is written beside a chart, by its height: how many steps its scale has at most, and how
/// many labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Detail {
    steps: u8,
    labels: usize,
}

impl Detail {
    /// Of a tile that has so many charts, one below the other. `style/board.css` has their heights.
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

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Drawn {
    pub(super) lines: Vec<Paths>,
    /// Where each line ends, from the left and from the top, in percent.
    pub(super) ends: Vec<Option<(f64, f64)>>,
    /// Where each round value stands, from the top in percent.
    pub(super) grid: Vec<f64>,
    /// Where the values that are written stand, and how they are written.
    pub(super) labels: Vec<(f64, String)>,
    pub(super) scale: Scale,
}

impl Drawn {
    /// Some fields over the time shown. Without detail nothing is written beside them.
    pub(super) fn of(
        topic: &TopicFeed,
        fields: &[String],
        window: Window,
        detail: Option<Detail>,
    ) -> Self {
        let unit = fields
            .first()
            .map_or(Unit::Plain, |field| format::field(field).1);
        // Of what stopped before the time shown there is no line, and so no scale.
        let is_within = |series: &&Series| {
            series
                .buckets()
                .next_back()
                .is_some_and(|bucket| bucket.last >= window.start)
        };
        let series = || {
            fields
                .iter()
                .map(|field| topic.field(field).filter(is_within))
        };
        let ranges = series()
            .flatten()
            .filter_map(|series| series.range(window.start));
        let Some((low, high)) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
            return Self::default();
        };
        let is_whole = series().flatten().all(Series::is_whole);
        let scale = match detail {
            None => Scale::tight(low, high),
            Some(detail) => Scale::round(low, high, is_whole, unit == Unit::Bytes, detail.steps),
        };
        let line = |series: Option<&Series>| {
            series.map(|series| trace(series, window, &scale, fields.len() == 1))
        };
        let lines = series()
            .map(|series| line(series).unwrap_or_default())
            .collect();
        let below = |value: f64| scale.below_top(value) * 100.0;
        let end = |bucket: Bucket| {
            (bucket.last >= window.start).then(|| {
                (
                    window.part(bucket.middle()).min(1.0) * 100.0,
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
            Unit::Bytes | Unit::BytesPerSecond => with_unit(tick, unit, Shape::MEASURED),
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
