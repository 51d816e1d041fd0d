//! The values of a chart at the time that the reader points at.

use leptos::prelude::*;
use pulseboard_contract::{Timestamp, Topic};

use super::colour::colour;
use crate::{
    clock::use_clock,
    components::plot::TimeRange,
    format::{self, Precision, with_unit},
    live::use_live,
};

/// The values of a chart's fields at one time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValuesAt {
    /// The distance of the time from the left edge, as a fraction of the width.
    pub(super) fraction: f64,
    time: String,
    pub(super) rows: Vec<ValueRow>,
}

/// The value of one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValueRow {
    /// The index of the field in its chart.
    pub(super) index: usize,
    name: String,
    /// The distance of the value from the left edge, in percent.
    pub(super) left: f64,
    /// None where the field has no data.
    pub(super) value: Option<f64>,
    text: String,
}

impl ValuesAt {
    /// The values as one line for screen readers.
    pub(super) fn text(&self) -> String {
        let rows = self
            .rows
            .iter()
            .map(|row| format!(", {} {}", row.name, row.text));
        format!("{}{}", self.time, rows.collect::<String>())
    }
}

/// Reads the values of some fields at a time.
pub(super) fn values_at(
    topic: &Topic,
    fields: &[String],
    range: TimeRange,
    at: Timestamp,
) -> ValuesAt {
    let clock = use_clock();
    let live = use_live();
    let fraction = range.fraction(at.millis());
    // The time shown is that of the values, exact to the millisecond where they are closer together
    // than a second.
    let (mut rows, mut exact) = (Vec::new(), None);
    live.feed.with_untracked(|feed| {
        let Some(topic) = feed.topic(topic) else {
            return;
        };
        for (index, field) in fields.iter().enumerate() {
            let (name, unit) = format::field(field);
            let Some(series) = topic.field(field) else {
                continue;
            };
            let reach = range.millis() / 25;
            let bucket = series.at(at, reach);
            let in_words = |value: f64| with_unit(value, unit, series.precision());
            let text = match bucket {
                None => "no data".to_owned(),
                Some(bucket)
                    if bucket.count == 1 || bucket.min.to_bits() == bucket.max.to_bits() =>
                {
                    in_words(bucket.mean)
                }
                // The bucket has several values: their mean and their range.
                Some(bucket) => {
                    let mean = with_unit(
                        bucket.mean,
                        unit,
                        Precision {
                            is_whole: false,
                            ..series.precision()
                        },
                    );
                    format!(
                        "{mean} ({} to {})",
                        in_words(bucket.min),
                        in_words(bucket.max)
                    )
                }
            };
            let left = bucket.map_or(fraction * 100.0, |bucket| {
                range.fraction(bucket.middle()) * 100.0
            });
            exact =
                exact.or(bucket.and_then(|bucket| Timestamp::from_millis(bucket.middle()).ok()));
            rows.push(ValueRow {
                index,
                name,
                left,
                value: bucket.map(|bucket| bucket.mean),
                text,
            });
        }
    });
    let at = exact.unwrap_or(at);
    let is_today = clock.day(at) == clock.day(range.end);
    let time = clock.time_of_day(at);
    ValuesAt {
        fraction,
        time: if is_today {
            time
        } else {
            format!("{} {time}", clock.day(at))
        },
        rows,
    }
}

/// The box with the values, on the side of the mark with more room.
pub(super) fn tip(values: &ValuesAt, first: usize) -> AnyView {
    let is_right = values.fraction > 0.5;
    let rows = values.rows.iter().map(|row| {
        view! {
            <span data-series=colour(first + row.index)>
                <span class="label">{row.name.clone()}</span>
                <b>{row.text.clone()}</b>
            </span>
        }
        .into_any()
    });
    view! {
        <span
            class="chart-tip"
            class:right=is_right
            style:left=format!("{:.2}%", values.fraction * 100.0)
        >
            <time>{values.time.clone()}</time>
            {rows.collect_view()}
        </span>
    }
    .into_any()
}
