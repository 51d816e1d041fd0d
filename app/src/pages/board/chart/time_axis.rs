//! Round times below the charts of a tile.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use crate::{clock::use_clock, components::plot::Window};

/// Ticks of time below a wide tile; a narrow one leaves some out.
const TICKS: usize = 7;

/// The part of the width that counts as the left edge, in percent.
const EDGE: f64 = 4.0;

/// The axis.
#[component]
pub(in super::super) fn TimeAxis(window: Memo<Window>) -> impl IntoView {
    let clock = use_clock();
    let ticks = Memo::new(move |_| {
        let window = window.get();
        // The reader's offset from UTC, as far as a tick needs it: within a day.
        let local = clock.time_of_day(window.start);
        let seconds = local
            .split(':')
            .filter_map(|part| part.parse::<i64>().ok())
            .fold(0, |sum, part| sum * 60 + part);
        let offset = seconds - window.start.millis().div_euclid(1_000).rem_euclid(86_400);
        let (ticks, step) = window.ticks(TICKS, offset * 1_000);
        let text = |at: Timestamp| {
            if step < 60_000 {
                clock.time_of_day(at)
            } else {
                clock.hour_and_minute(at)
            }
        };
        let ticks = ticks
            .into_iter()
            .map(|at| (window.part(at.millis()) * 100.0, text(at)));
        // What is written at the very edge would stand half outside.
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
