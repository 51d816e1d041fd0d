//! The charts of a tile: one for each group of fields that share a scale, with the value and the exact
//! time at the pointer.

mod axes;
mod colour;
mod drawing;
mod plot;
mod time_axis;
mod values;

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{
    layout::key_of_numbers,
    state::{draw, follow, use_board},
};
use crate::{
    components::keyed,
    format::{self, quantity},
};
use colour::colour;
use drawing::{Detail, Drawing};
use plot::Plot;
use pulseboard_feed::TopicFeed;
pub(super) use time_axis::TimeAxis;

/// The most charts of a tile. The page of the topic shows all fields.
const SHOWN: usize = 6;

/// All charts of a topic, one below the other over one axis of time.
#[component]
pub(super) fn Charts(topic: Topic) -> impl IntoView {
    let board = use_board();
    let charts = follow(&topic, axes::charts);
    // Each chart with the number of fields before it, so that the lines of a tile differ in colour
    // as long as there are colours.
    let shown = Memo::new(move |_| {
        let mut before = 0;
        let number = |fields: Vec<String>| {
            let first = before;
            before += fields.len();
            (first, fields)
        };
        charts
            .get()
            .unwrap_or_default()
            .into_iter()
            .take(SHOWN)
            .map(number)
            .collect::<Vec<_>>()
    });
    let rest = move || {
        charts.with(|charts| {
            charts.as_ref().map_or(0, |charts| {
                charts.iter().skip(SHOWN).map(Vec::len).sum::<usize>()
            })
        })
    };
    let key = key_of_numbers(&topic);
    let detail = Memo::new(move |_| {
        let height = board.layout.with(|layout| layout.choice(&key).height);
        Detail::of(
            shown.with(Vec::len),
            height,
            board.full.with(Option::is_some),
        )
    });
    let range = board.time_range(&topic);
    view! {
        <div class="multiples" data-charts=move || shown.with(Vec::len).to_string()>
            {keyed(
                move || shown.get(),
                |(first, fields)| format!("{first} {}", fields.join(" ")),
                move |(first, fields)| {
                    view! { <Chart topic=topic.clone() first=first fields=fields detail=detail /> }
                        .into_any()
                },
            )}
        </div>
        <TimeAxis range=range />
        {move || {
            (rest() > 0)
                .then(|| {
                    view! {
                        <p class="quiet">
                            {format!(
                                "{} on the topic's page",
                                format::count(rest() as u64, "more field", "more fields"),
                            )}
                        </p>
                    }
                        .into_any()
                })
        }}
    }
}

/// One chart: the names and newest values of its fields, and their lines.
#[component]
fn Chart(topic: Topic, first: usize, fields: Vec<String>, detail: Memo<Detail>) -> impl IntoView {
    let drawing = {
        let fields = fields.clone();
        draw(&topic, move |topic, range| {
            Drawing::of(topic, &fields, range, Some(detail.get()))
        })
    };
    let legend = fields.iter().enumerate().map(|(index, field)| {
        let name = field.clone();
        let value = follow(&topic, move |topic| value(topic, &name));
        let read = move |part: fn(&(String, &'static str)) -> String| {
            move || value.with(|value| value.as_ref().and_then(|value| value.as_ref().map(part)))
        };
        let number = read(|value| value.0.clone());
        let unit = read(|value| value.1.to_owned());
        view! {
            <span class="chart-reading" data-series=colour(first + index)>
                <span class="label" title=field.clone()>
                    {format::field(field).0}
                </span>
                <b>{move || number()}<small>{move || unit()}</small></b>
            </span>
        }
        .into_any()
    });
    let legend = legend.collect_view();
    let is_shared = fields.len() > 1;
    view! {
        <figure class="multiple" class:together=is_shared>
            <figcaption>{legend}</figcaption>
            <Plot topic=topic first=first fields=fields drawing=drawing />
        </figure>
    }
}

/// A field's newest value and its unit.
fn value(topic: &TopicFeed, field: &str) -> Option<(String, &'static str)> {
    let series = topic.field(field)?;
    Some(quantity(
        series.last()?.1,
        format::field(field).1,
        series.precision(),
    ))
}

/// A small chart of one field, without a scale.
#[component]
pub(super) fn Spark(topic: Topic, field: &'static str, colour: usize) -> impl IntoView {
    let drawing = draw(&topic, move |topic, range| {
        Drawing::of(topic, &[field.to_owned()], range, None)
    });
    view! { <Plot topic=topic first=colour fields=vec![field.to_owned()] drawing=drawing /> }
}
