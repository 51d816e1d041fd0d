//! A chart of one field: its name, its newest value, and its line with a scale.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::{
    plot::{Paths, Scale, TimeRange, trace},
    spark::Line,
};
use crate::format::{self, quantity, with_unit};
use pulseboard_feed::Series;

/// The content of a field's chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    paths: Paths,
    /// The newest value and its unit.
    value: (String, &'static str),
    low: String,
    high: String,
}

impl Chart {
    /// The chart of the `range_millis` before `end`; none where the field has no numbers there.
    pub fn of(field: &str, series: &Series, end: Timestamp, range_millis: i64) -> Option<Self> {
        let (_, unit) = format::field(field);
        let precision = series.precision();
        let range = TimeRange::until(end, range_millis);
        let (low, high) = series.range(range.start)?;
        let paths = trace(series, range, &Scale::tight(low, high), true);
        let (low, high) = (
            with_unit(low, unit, precision),
            with_unit(high, unit, precision),
        );
        Some(Self {
            paths,
            value: quantity(series.last()?.1, unit, precision),
            // A constant has one label instead of the same label twice.
            low: if low == high { String::new() } else { low },
            high,
        })
    }
}

/// The chart.
#[component]
pub fn FieldChart(
    /// The name of the field, as published.
    field: String,
    /// Its content.
    chart: Memo<Option<Chart>>,
) -> impl IntoView {
    let read = move |read: fn(&Chart) -> String| {
        Signal::derive(move || chart.with(|chart| chart.as_ref().map(read).unwrap_or_default()))
    };
    let paths = Signal::derive(move || {
        chart.with(|chart| {
            chart
                .as_ref()
                .map(|chart| chart.paths.clone())
                .unwrap_or_default()
        })
    });
    view! {
        <figure class="multiple">
            <figcaption>
                <span class="label">{format::field(&field).0}</span>
                <b>
                    {read(|chart| chart.value.0.clone())}
                    <small>{read(|chart| chart.value.1.to_owned())}</small>
                </b>
            </figcaption>
            <div class="plot">
                <Line paths=paths />
                <span
                    class="scale"
                    class:constant=move || {
                        chart.with(|chart| chart.as_ref().is_some_and(|chart| chart.low.is_empty()))
                    }
                >
                    <span>{read(|chart| chart.high.clone())}</span>
                    <span>{read(|chart| chart.low.clone())}</span>
                </span>
            </div>
        </figure>
    }
}
