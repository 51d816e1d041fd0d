//! One field of a topic: its name, its newest value, and a chart with its own scale beside it.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::{
    plot::{Paths, Scale, Window, trace},
    spark::Line,
};
use crate::format::{self, quantity, with_unit};
use pulseboard_feed::Series;

/// What a field's chart shows of its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    paths: Paths,
    /// The newest value, and its unit.
    value: (String, &'static str),
    low: String,
    high: String,
}

impl Chart {
    /// The chart of `window_millis` up to `end`; none where there are no numbers.
    pub fn of(field: &str, series: &Series, end: Timestamp, window_millis: i64) -> Option<Self> {
        let (_, unit) = format::field(field);
        let shape = series.shape();
        let window = Window::until(end, window_millis);
        let (low, high) = series.range(window.start)?;
        let paths = trace(series, window, &Scale::tight(low, high), true);
        let (low, high) = (with_unit(low, unit, shape), with_unit(high, unit, shape));
        Some(Self {
            paths,
            value: quantity(series.last()?.1, unit, shape),
            // A constant has one label, not the same one twice.
            low: if low == high { String::new() } else { low },
            high,
        })
    }
}

/// The field.
#[component]
pub fn FieldChart(
    /// Its name, as published.
    field: String,
    /// What is shown of it.
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
