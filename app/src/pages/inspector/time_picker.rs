//! Selects the time range of stored events: a preset or a custom range.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::{
    list::{List, Source},
    time_range::{self, PRESETS, TimeRange},
};
use crate::platform::clock::local_offset_minutes;

/// The choice, shown while the list has stored events.
#[component]
pub(super) fn TimePicker(list: List) -> impl IntoView {
    let range = list.search.range;
    let is_shown = Memo::new(move |_| list.source.get() == Source::Stored);
    move || {
        is_shown.get().then(|| {
            view! {
                <div class="times needs-script">
                    <Ranges range=range />
                    <CustomRange range=range />
                </div>
            }
            .into_any()
        })
    }
}

/// The buttons: the whole log, the presets, and a custom range.
#[component]
fn Ranges(range: RwSignal<TimeRange>) -> impl IntoView {
    let preset = move |this: TimeRange, label: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (range.get() == this).to_string()
                on:click=move |_| range.set(this)
            >
                {label}
            </button>
        }
        .into_any()
    };
    let is_custom = Memo::new(move |_| matches!(range.get(), TimeRange::Between { .. }));
    let choose_custom = move |_| {
        if !is_custom.get_untracked() {
            range.set(TimeRange::Between {
                from: None,
                to: None,
            });
        }
    };
    view! {
        <div class="segments" role="group" aria-label="Time range">
            {preset(TimeRange::All, "All time")}
            {PRESETS
                .map(|(minutes, _, label)| preset(TimeRange::Last(minutes), label))
                .collect_view()}
            <button
                type="button"
                aria-pressed=move || is_custom.get().to_string()
                on:click=choose_custom
            >
                "Custom"
            </button>
        </div>
    }
}

/// The fields of a custom range.
#[component]
fn CustomRange(range: RwSignal<TimeRange>) -> impl IntoView {
    let is_custom = Memo::new(move |_| matches!(range.get(), TimeRange::Between { .. }));
    let ends = move || match range.get() {
        TimeRange::Between { from, to } => (from, to),
        TimeRange::All | TimeRange::Last(_) => (None, None),
    };
    let set_from = Callback::new(move |from| {
        range.set(TimeRange::Between {
            from,
            to: untrack(ends).1,
        });
    });
    let set_to = Callback::new(move |to| {
        range.set(TimeRange::Between {
            from: untrack(ends).0,
            to,
        });
    });
    let problem = move || {
        range
            .get()
            .is_backward()
            .then_some("The end is before the start.")
    };
    move || {
        is_custom.get().then(|| {
            view! {
                <div class="ends">
                    <TimeField
                        label="From"
                        moment=Signal::derive(move || ends().0)
                        on_change=set_from
                    />
                    <TimeField
                        label="To"
                        moment=Signal::derive(move || ends().1)
                        on_change=set_to
                    />
                </div>
                <span class="problem" role="alert">
                    {move || problem()}
                </span>
            }
            .into_any()
        })
    }
}

/// A date and time field in the reader's time zone.
#[component]
fn TimeField(
    label: &'static str,
    moment: Signal<Option<Timestamp>>,
    on_change: Callback<Option<Timestamp>>,
) -> impl IntoView {
    let value = move || {
        moment
            .get()
            .map(|moment| time_range::format_local(moment, local_offset_minutes))
            .unwrap_or_default()
    };
    view! {
        <label>
            {label}
            <input
                type="datetime-local"
                step="1"
                prop:value=move || value()
                on:change:target=move |change| {
                    let moment = time_range::parse_local(
                        &change.target().value(),
                        local_offset_minutes,
                    );
                    on_change.run(moment);
                }
            />
        </label>
    }
}
