//! The area below the list: where the older events are, the progress of a search, and the notice of a
//! paused stream.

use leptos::prelude::*;
use leptos_event_source::Status;

use super::{
    list::{List, Source},
    search::SearchState,
    tail::Tail,
};
use crate::{components::TimeOfDay, format, live::use_live};

/// The area.
#[component]
pub(super) fn ListEnd(list: List) -> impl IntoView {
    view! {
        <PausedNotice list=list />
        <div class="lines-end">
            {move || match list.source.get() {
                Source::Live => view! { <LiveEnd list=list /> }.into_any(),
                Source::Stored => view! { <SearchProgress list=list /> }.into_any(),
            }}
        </div>
    }
}

/// Says at which event the stream was paused. The page's frame announces it to screen readers.
#[component]
fn PausedNotice(list: List) -> impl IntoView {
    let live = use_live();
    let stopped = Memo::new(move |_| match live.stream.status.get() {
        Status::Paused => Some("Paused"),
        Status::Closed => Some("Closed"),
        Status::Connecting | Status::Open | Status::Reconnecting { .. } | Status::Offline => None,
    });
    move || {
        stopped
            .get()
            .filter(|_| list.source.get() == Source::Live)
            .map(|word| {
                view! {
                    <p class="strip">
                        <strong>{word}</strong>
                        " at "
                        <code>{live.feed.with_untracked(|feed| feed.position().to_string())}</code>
                        ". Nothing is lost. Resume loads what you missed."
                    </p>
                }
                .into_any()
            })
    }
}

/// Says where the events are that the live list does not have.
#[component]
fn LiveEnd(list: List) -> impl IntoView {
    let dropped = Memo::new(move |_| list.tail.with(Tail::dropped));
    let is_empty = Memo::new(move |_| list.rows.with(|rows| rows.total == 0));
    let has_filter = Memo::new(move |_| list.filter.with(|filter| !filter.is_empty()));
    let text = move || {
        match (is_empty.get(), dropped.get()) {
        (true, 0) if has_filter.get() => {
            "No matching events. New events are checked as they arrive; earlier events may be in the log.".to_owned()
        }
        (true, 0) => "No events yet. Events appear here as they are published.".to_owned(),
        (_, 0) => "Earlier events are in the log.".to_owned(),
        (_, dropped) => format!(
            "This list dropped {}. The log still has them.",
            format::count(dropped, "older event", "older events")
        ),
    }
    };
    view! {
        <p>{move || text()}</p>
        <button
            type="button"
            class="button needs-script"
            on:click=move |_| list.source.set(Source::Stored)
        >
            "Search the log"
        </button>
    }
}

/// The state of the search, and the button that continues it.
#[component]
fn SearchProgress(list: List) -> impl IntoView {
    let results = list.search.results;
    let state = Memo::new(move |_| results.with(|results| results.state.clone()));
    let searched = move || results.with(|results| format::whole(results.searched));
    let back_to = move || {
        results.with(|results| results.back_to).map(|at| {
            view! {
                ", back to "
                <TimeOfDay at=at />
            }
            .into_any()
        })
    };
    // Announced to screen readers only when the search stops: while it runs, every page changes it.
    let progress = move |role: Option<&'static str>| {
        view! { <p role=role>"Searched "{move || searched()}" events"{move || back_to()}"."</p> }
            .into_any()
    };
    let resume = move |label: &'static str| {
        view! {
            <button type="button" class="button go" on:click=move |_| list.search.resume()>
                {label}
            </button>
        }
        .into_any()
    };
    move || match state.get() {
        SearchState::Running => view! {
            {progress(None)}
            <button type="button" class="button" on:click=move |_| list.search.stop()>
                "Stop"
            </button>
        }
        .into_any(),
        SearchState::Paused => {
            view! { {progress(Some("status"))} {resume("Search further back")} }.into_any()
        }
        SearchState::Complete => {
            view! { <p role="status">"Searched all "{searched()}" stored events."</p> }.into_any()
        }
        SearchState::Full => view! {
            {progress(Some("status"))}
            <p>"The list is full. Narrow the filter to find older events."</p>
        }
        .into_any(),
        SearchState::Failed(reason) => view! {
            <p class="problem" role="alert">
                {reason}
            </p>
            {resume("Try again")}
        }
        .into_any(),
    }
}
