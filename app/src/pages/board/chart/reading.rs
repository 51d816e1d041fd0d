//! What the lines of a chart say where one points.

use leptos::prelude::*;
use pulseboard_contract::{Timestamp, Topic};

use super::colour;
use crate::{
    clock::use_clock,
    components::plot::Window,
    format::{self, Shape, with_unit},
    live::use_live,
};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    /// Where it is from the left, as a part of the width.
    pub(super) part: f64,
    time: String,
    pub(super) rows: Vec<ReadingRow>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ReadingRow {
    pub(super) index: usize,
    name: String,
    /// Where the value lies from the left, in percent.
    pub(super) left: f64,
    /// None in a gap.
    pub(super) value: Option<f64>,
    text: String,
}

impl Reading {
    /// As a sentence.
    pub(super) fn text(&self) -> String {
        let rows = self
            .rows
            .iter()
            .map(|row| format!(", {} {}", row.name, row.text));
        format!("{}{}", self.time, rows.collect::<String>())
    }
}

pub(super) fn readings(topic: &Topic, fields: &[String], window: Window, at: Timestamp) -> Reading {
    let clock = use_clock();
    let live = use_live();
    let part = window.part(at.millis());
    // Where there are values the time is theirs, to the millisecond where they were told more often
    // than each second.
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
            let reach = window.millis() / 25;
            let bucket = series.at(at, reach);
            let in_words = |value: f64| with_unit(value, unit, series.shape());
            let text = match bucket {
                None => "no data".to_owned(),
                Some(bucket)
                    if bucket.count == 1 || bucket.min.to_bits() == bucket.max.to_bits() =>
                {
                    in_words(bucket.mean)
                }
                // Several values share the place: their mean, and from which to which.
                Some(bucket) => {
                    let mean = with_unit(
                        bucket.mean,
                        unit,
                        Shape {
                            is_whole: false,
                            ..series.shape()
                        },
                    );
                    format!(
                        "{mean} ({} to {})",
                        in_words(bucket.min),
                        in_words(bucket.max)
                    )
                }
            };
            let left = bucket.map_or(part * 100.0, |bucket| window.part(bucket.middle()) * 100.0);
            exact =
                exact.or(bucket.and_then(|bucket| Timestamp::from_millis(bucket.middle()).ok()));
            rows.push(ReadingRow {
                index,
                name,
                left,
                value: bucket.map(|bucket| bucket.mean),
                text,
            });
        }
    });
    let at = exact.unwrap_or(at);
    let is_today = clock.day(at) == clock.day(window.end);
    let time = clock.time_of_day(at);
    Reading {
        part,
        time: if is_today {
            time
        } else {
            format!("{} {time}", clock.day(at))
        },
        rows,
    }
}

/// The values beside the mark, on the side where there is more room.
pub(super) fn tip(read: &Reading, first: usize) -> AnyView {
    let is_right = read.part > 0.5;
    let rows = read.rows.iter().map(|row| {
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
            style:left=format!("{:.2}%", read.part * 100.0)
        >
            <time>{read.time.clone()}</time>
            {rows.collect_view()}
        </span>
    }
    .into_any()
}
