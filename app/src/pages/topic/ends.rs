//! What is above and below the history: newer events, older events, and failed requests.

use leptos::prelude::*;

use super::load::{LoadState, Loader, Section, selected_event};
use crate::{format, live::use_live};
use pulseboard_feed::{Anchor, History, HistoryAddress};

/// Above the list: links to newer events while the list does not follow the live ones.
#[component]
pub(super) fn NewerEvents(
    loader: Loader,
    wanted: Memo<HistoryAddress>,
    revision: Memo<Option<u64>>,
) -> impl IntoView {
    view! {
        <MissingEvent wanted=wanted revision=revision />
        <NewerLinks loader=loader wanted=wanted revision=revision />
        <div class="elsewhere again">
            <LoadError loader=loader section=Section::Whole />
            {move || {
                loader
                    .state
                    .with(|state| matches!(state, LoadState::Failed(Section::Whole, _)))
                    .then(|| {
                        view! {
                            <button class="button" on:click=move |_| loader.load(Section::Whole)>
                                "Try again"
                            </button>
                        }
                            .into_any()
                    })
            }}
        </div>
    }
}

/// Says that the event in the address is not in the history.
#[component]
fn MissingEvent(wanted: Memo<HistoryAddress>, revision: Memo<Option<u64>>) -> impl IntoView {
    let live = use_live();
    let is_missing = move |history: &History| {
        wanted.with(|wanted| {
            selected_event(wanted)
                .is_some_and(|id| history.address().anchor == wanted.anchor && !history.has(id))
        })
    };
    move || {
        revision.get();
        live.feed
            .with_untracked(|feed| feed.history().is_some_and(is_missing))
            .then(|| {
                view! {
                    <p class="quiet elsewhere" role="status">
                        "The linked event is no longer stored or has another type. These are the nearest events."
                    </p>
                }
                .into_any()
            })
    }
}

#[component]
fn NewerLinks(
    loader: Loader,
    wanted: Memo<HistoryAddress>,
    revision: Memo<Option<u64>>,
) -> impl IntoView {
    let live = use_live();
    let ahead = Memo::new(move |_| {
        revision.get();
        let ahead = |history: &History| {
            history
                .has_newer()
                .then(|| (history.newest(), history.waiting()))
        };
        live.feed
            .with_untracked(|feed| feed.history().and_then(ahead))
    });
    // The links are not built again when the count changes, so they stay under the pointer.
    let is_ahead = Memo::new(move |_| ahead.with(Option::is_some));
    let newer = move || {
        ahead
            .get()
            .and_then(|(newest, _)| newest)
            .map(|id| wanted.with(|wanted| wanted.anchored(Anchor::After(id)).href()))
    };
    let back = move || match ahead.get().map_or(0, |(_, count)| count) {
        0 => "Back to live".to_owned(),
        count => format!("Back to live, {} new", format::whole(count)),
    };
    move || {
        is_ahead.get().then(|| {
            view! {
                // Not announced to screen readers: the count grows with every event.
                <p class="elsewhere actions">
                    // A full page load (`external`) without script; the click handler prevents it.
                    <a
                        class="button"
                        rel="external"
                        href=move || newer()
                        on:click=move |click| {
                            click.prevent_default();
                            loader.load(Section::Newer);
                        }
                    >
                        "Newer events"
                    </a>
                    <a
                        class="button go"
                        href=move || wanted.with(|wanted| wanted.anchored(Anchor::Newest).href())
                        on:click=move |_| loader.check_again()
                    >
                        {move || back()}
                    </a>
                    <LoadError loader=loader section=Section::Newer />
                </p>
            }
            .into_any()
        })
    }
}

/// Below the list: a link to older events, or the end of the history.
#[component]
pub(super) fn OlderEvents(
    loader: Loader,
    wanted: Memo<HistoryAddress>,
    revision: Memo<Option<u64>>,
) -> impl IntoView {
    let live = use_live();
    let before = Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| {
            feed.history()
                .filter(|history| history.has_older())
                .and_then(History::oldest)
        })
    });
    let label = move || {
        loader.state.with(|state| match state {
            LoadState::Loading(Section::Older) => "Loading…",
            LoadState::Failed(Section::Older, _) => "Try again",
            LoadState::Idle | LoadState::Loading(_) | LoadState::Failed(..) => "Older events",
        })
    };
    view! {
        <div class="beyond">
            {move || match before.get() {
                Some(id) => {
                    view! {
                        <LoadError loader=loader section=Section::Older />
                        <a
                            class="button"
                            rel="external"
                            href=wanted.with(|wanted| wanted.anchored(Anchor::Before(id)).href())
                            on:click=move |click| {
                                click.prevent_default();
                                loader.load(Section::Older);
                            }
                        >
                            {move || label()}
                        </a>
                    }
                        .into_any()
                }
                None => view! { <p class="quiet">"No older events."</p> }.into_any(),
            }}
        </div>
    }
}

/// Why a section could not be loaded.
#[component]
fn LoadError(loader: Loader, section: Section) -> impl IntoView {
    let problem = move || match loader.state.get() {
        LoadState::Failed(failed, problem) if failed == section => Some(problem),
        LoadState::Idle | LoadState::Loading(_) | LoadState::Failed(..) => None,
    };
    view! {
        <span class="problem" role="alert">
            {move || problem()}
        </span>
    }
}
