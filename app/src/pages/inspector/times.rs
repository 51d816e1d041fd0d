//! Which time of the log is looked at: the last while, or from one moment to another.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::{
    range::{self, Range, WHILES},
    state::{List, Source},
};
use crate::platform::clock::local_offset_minutes;

/// The choice, while the log is what is shown.
#[component]
pub(super) fn Times(list: List) -> impl IntoView {
    let range = list.search.range;
    let is_shown = Memo::new(move |_| list.source.get() == Source::Stored);
    let is_between = Memo::new(move |_| matches!(range.get(), Range::Between { .. }));
    let choose = move |this: Range, word: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (range.get() == this).to_string()
                on:click=move |_| range.set(this)
            >
                {word}
            </button>
        }
        .into_any()
    };
    let ends = move || match range.get() {
        Range::Between { from, to } => (from, to),
        Range::All | Range::Last(_) => (None, None),
    };
    view! {
        {move || {
            is_shown
                .get()
                .then(|| {
                    view! {
                        <div class="times needs-script">
                            <div class="segments" role="group" aria-label="Time">
                                {choose(Range::All, "All time")}
                                {WHILES
                                    .map(|(minutes, _, word)| choose(Range::Last(minutes), word))
                                    .collect_view()}
                                <button
                                    type="button"
                                    aria-pressed=move || is_between.get().to_string()
                                    on:click=move |_| {
                                        if !is_between.get_untracked() {
                                            range
                                                .set(Range::Between {
                                                    from: None,
                                                    to: None,
                                                });
                                        }
                                    }
                                >
                                    "From, to"
                                </button>
                            </div>
                            {move || {
                                is_between
                                    .get()
                                    .then(|| {
                                        view! {
                                            <div class="ends">
                                                <Moment
                                                    word="From"
                                                    moment=Signal::derive(move || ends().0)
                                                    chosen=Callback::new(move |from| {
                                                        range
                                                            .set(Range::Between {
                                                                from,
                                                                to: ends().1,
                                                            });
                                                    })
                                                />
                                                <Moment
                                                    word="To"
                                                    moment=Signal::derive(move || ends().1)
                                                    chosen=Callback::new(move |to| {
                                                        range
                                                            .set(Range::Between {
                                                                from: ends().0,
                                                                to,
                                                            });
                                                    })
                                                />
                                            </div>
                                            <span class="problem" role="alert">
                                                {move || {
                                                    range
                                                        .get()
                                                        .is_backward()
                                                        .then_some("It ends before it begins.")
                                                }}
                                            </span>
                                        }
                                            .into_any()
                                    })
                            }}
                        </div>
                    }
                        .into_any()
                })
        }}
    }
}

/// A field for one end.
#[component]
fn Moment(
    word: &'static str,
    moment: Signal<Option<Timestamp>>,
    chosen: Callback<Option<Timestamp>>,
) -> impl IntoView {
    let written = move || {
        moment
            .get()
            .map(|moment| range::field_of(moment, local_offset_minutes))
            .unwrap_or_default()
    };
    view! {
        <label>
            {word}
            <input
                type="datetime-local"
                step="1"
                prop:value=move || written()
                on:change:target=move |change| {
                    chosen.run(range::moment_of(&change.target().value(), local_offset_minutes));
                }
            />
        </label>
    }
}
