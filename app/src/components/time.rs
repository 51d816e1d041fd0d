//! Times: short on the page, exact in the tooltip, in the reader's zone and language.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use crate::{clock::use_clock, format};

/// Hour, minute and second.
#[component]
pub fn TimeOfDay(
    /// The time.
    at: Timestamp,
    /// Whether to leave out the seconds.
    #[prop(optional)]
    short: bool,
) -> impl IntoView {
    let clock = use_clock();
    let text = move || {
        if short {
            clock.hour_and_minute(at)
        } else {
            clock.time_of_day(at)
        }
    };
    view! {
        <time datetime=at.to_string() title=at.to_string()>
            {move || text()}
        </time>
    }
}

/// How long ago a time is, kept up to date.
#[component]
pub fn Ago(
    /// The time.
    #[prop(into)]
    at: Signal<Timestamp>,
) -> impl IntoView {
    let clock = use_clock();
    let text = Memo::new(move |_| format::ago(clock.age_millis(at.get())));
    view! {
        <time datetime=move || at.get().to_string() title=move || at.get().to_string()>
            {text}
        </time>
    }
}
