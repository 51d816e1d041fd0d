//! The time axis below the charts of a tile.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use crate::{clock::use_clock, components::plot::TimeRange};

/// The most ticks. The stylesheet hides some of them in a narrow tile.
const TICKS: usize = 7;

/// Ticks closer to the left edge than this are left out, in percent of the width.
const EDGE: f64 = 4.0;

/// The axis.
#[component]
pub(in super::super) fn TimeAxis(range: Memo<TimeRange>) -> impl IntoView {
    let clock = use_clock();
    let ticks = Memo::new(move |_| {
        let range = range.get();
        // The reader's offset from UTC, modulo a day: ticks need no more.
        let local = clock.time_of_day(range.start);
        let seconds = local
            .split(':')
            .filter_map(|part| part.parse::<i64>().ok())
            .fold(0, |sum, part| sum * 60 + part);
        let offset = seconds - range.start.millis().div_euclid(1_000).rem_euclid(86_400);
        let (ticks, step) = range.ticks(TICKS, offset * 1_000);
        let text = |at: Timestamp| {
            if step < 60_000 {
                clock.time_of_day(at)
            } else {
                clock.hour_and_minute(at)
            }
        };
        let ticks = ticks
            .into_iter()
            .map(|at| (range.fraction(at.millis()) * 100.0, text(at)));
        // A label at the edge would be cut in half.
        ticks.filter(|(left, _)| *left > EDGE).collect::<Vec<_>>()
    });
    let tick = move |index: usize| {
        let left =
            move || ticks.with(|ticks| ticks.get(index).map(|(left, _)| format!("{left:.2}%")));
        let text = move || ticks.with(|ticks| ticks.get(index).map(|(_, text)| text.clone()));
        view! {
            <span style:left=move || left() hidden=move || left().is_none()>
                {move || text()}
            </span>
        }
        .into_any()
    };
    view! {
        <p class="chart-axis" aria-hidden="true">
            <span>{(0..=TICKS).map(tick).collect_view()}</span>
        </p>
    }
}
