//! The history as a list, newest first, with a rule between days and an address for every event.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::{Event, EventId, TypeName};

use super::load::{Loader, Loading, Part};
use crate::{
    clock::use_clock,
    components::{SeverityMark, TimeOfDay, event_key, keyed},
    format,
    live::use_live,
    pages::inspector::detail::Facts,
    platform,
};
use pulseboard_feed::{At, History, Place, TopicFeed, words};

/// The list, and what is beyond its ends.
#[component]
pub(super) fn List(
    loader: Loader,
    wanted: Memo<Place>,
    revision: Memo<Option<u64>>,
) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let chosen = Memo::new(move |_| wanted.with(chosen));
    let shown = Memo::new(move |_| {
        revision.get();
        let mut before = None;
        let events = live.feed.with_untracked(|feed| {
            feed.history()
                .map(|history| history.events().cloned().collect::<Vec<_>>())
        });
        let with_day = |event: Arc<Event>| {
            let day = clock.day(event.time);
            let is_new = before.as_ref() != Some(&day);
            if is_new {
                before = Some(day.clone());
            }
            Shown {
                event,
                day: is_new.then_some(day),
            }
        };
        events
            .unwrap_or_default()
            .into_iter()
            .map(with_day)
            .collect::<Vec<_>>()
    });
    let each = move || {
        let shown = shown.get();
        // What one is reading does not move, whatever arrives above it.
        platform::scrolling::hold_still();
        shown
    };
    // Taken once: the list is made anew for other types.
    let place = wanted.get_untracked().at(At::Newest);
    let row_place = Arc::new(place.clone());
    view! {
        <section class="tile history" aria-label="History">
            <header>
                <h2>"History"</h2>
                <Types place=place revision=revision />
            </header>
            <Newer loader=loader wanted=wanted revision=revision />
            <ol class="events">
                {keyed(
                    each,
                    Shown::key,
                    move |shown| {
                        view! {
                            {shown
                                .day
                                .map(|day| {
                                    let name = Memo::new(move |_| clock.day_name(&day));
                                    // It is called otherwise tomorrow.
                                    view! { <li class="day">{name}</li> }
                                        .into_any()
                                })}
                            <Row event=shown.event place=row_place.clone() chosen=chosen />
                        }
                            .into_any()
                    },
                )}
            </ol>
            <Older loader=loader wanted=wanted revision=revision />
        </section>
    }
}

#[derive(Clone, PartialEq)]
struct Shown {
    event: Arc<Event>,
    day: Option<String>,
}

impl Shown {
    /// Whether a day begins with it belongs to the key: a row that loses its rule is another node.
    fn key(&self) -> String {
        format!("{} {:?}", event_key(&self.event), self.day)
    }
}

/// One event: when, of which type, what it says; in full where it is the one in the address.
#[component]
fn Row(event: Arc<Event>, place: Arc<Place>, chosen: Memo<Option<EventId>>) -> impl IntoView {
    let live = use_live();
    let id = event.event_id;
    let is_chosen = move || chosen.get() == id;
    let href = id.map(|id| place.at(At::Event(id)).href());
    let (severity, text) = words(&event);
    let is_new = live.is_new(&event);
    let (time, event_type) = (event.time, event.event_type.to_string());
    view! {
        <li
            class="event"
            class:new=is_new
            id=id.map(|id| id.to_string())
            aria-current=move || is_chosen().then_some("true")
        >
            // The browser takes the reader there, with script and without.
            <a class="moment" href=href data-noscroll="" autofocus=chosen.get_untracked() == id>
                <TimeOfDay at=time />
                <span class="type">{event_type}</span>
            </a>
            <p class="says">
                {severity.map(|severity| view! { <SeverityMark severity=severity /> }.into_any())}
                <span class="text">{text}</span>
            </p>
            {move || {
                is_chosen()
                    .then(|| {
                        view! {
                            <div class="whole">
                                <Facts event=event.clone() />
                                <a class="button" href=place.href() data-noscroll="">
                                    "Close"
                                </a>
                            </div>
                        }
                            .into_any()
                    })
            }}
        </li>
    }
}

/// The types to choose from, each a link that shows the same to everybody.
#[component]
fn Types(place: Place, revision: Memo<Option<u64>>) -> impl IntoView {
    let live = use_live();
    let here = place.clone();
    let types = Memo::new(move |_| {
        revision.get();
        let mut types: Vec<TypeName> = Vec::new();
        live.feed.with_untracked(|feed| {
            let loaded = feed.history().and_then(History::numbers);
            let known = feed
                .topic(&here.topic)
                .into_iter()
                .chain(loaded)
                .flat_map(TopicFeed::types);
            for name in here.types.iter().chain(known) {
                if let Err(at) = types.binary_search(name) {
                    types.insert(at, name.clone());
                }
            }
        });
        types
    });
    let link = move |event_type: Option<TypeName>| {
        let is_current = event_type
            .as_ref()
            .map_or(place.types.is_empty(), |name| place.types.contains(name));
        let href = Place {
            types: event_type.iter().cloned().collect(),
            ..place.clone()
        }
        .href();
        let label = event_type.map_or_else(|| "all types".to_owned(), |name| name.to_string());
        view! {
            <a class="chip" href=href data-noscroll="" aria-current=is_current.then_some("true")>
                {label}
            </a>
        }
        .into_any()
    };
    view! {
        {move || {
            let types = types.get();
            (types.len() > 1)
                .then(|| {
                    let links: Vec<_> = std::iter::once(None)
                        .chain(types.into_iter().map(Some))
                        .map(&link)
                        .collect();
                    // One type is no choice.
                    view! {
                        <nav class="chips" aria-label="Types shown">
                            {links}
                        </nav>
                    }
                        .into_any()
                })
        }}
    }
}

/// Above the list, where the reader is elsewhere than at its live end.
#[component]
fn Newer(loader: Loader, wanted: Memo<Place>, revision: Memo<Option<u64>>) -> impl IntoView {
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
    // What one is about to press stays where it is while more arrives.
    let is_ahead = Memo::new(move |_| ahead.with(Option::is_some));
    let after = move || {
        ahead
            .get()
            .and_then(|(newest, _)| newest)
            .map(|id| wanted.with(|wanted| wanted.at(At::After(id)).href()))
    };
    let back = move || match ahead.get().map_or(0, |(_, waiting)| waiting) {
        0 => "Back to live".to_owned(),
        waiting => format!("Back to live, {} new", format::whole(waiting)),
    };
    view! {
        {move || {
            revision.get();
            let is_missing = |history: &History| {
                wanted
                    .with(|wanted| {
                        chosen(wanted)
                            .is_some_and(|id| history.place().at == wanted.at && !history.has(id))
                    })
            };
            live.feed
                .with_untracked(|feed| feed.history().is_some_and(is_missing))
                .then(|| {
                    view! {
                        <p class="quiet elsewhere" role="status">
                            "The event of this link is not here: it is no longer kept, or of another type. This is what is kept nearest to it."
                        </p>
                    }
                        .into_any()
                })
        }}
        {move || {
            is_ahead
                .get()
                .then(|| {
                    view! {
                        // Not announced: the number grows with every event.
                        <p class="elsewhere actions">
                            // Our own click comes first; without script the address does the same.
                            <a
                                class="button"
                                rel="external"
                                href=move || after()
                                on:click=move |click| {
                                    click.prevent_default();
                                    loader.load(Part::Newer);
                                }
                            >
                                "Newer events"
                            </a>
                            <a
                                class="button go"
                                href=move || wanted.with(|wanted| wanted.at(At::Newest).href())
                                on:click=move |_| loader.look_again()
                            >
                                {move || back()}
                            </a>
                            <Trouble loader=loader part=Part::Newer />
                        </p>
                    }
                        .into_any()
                })
        }}
        <div class="elsewhere again">
            <Trouble loader=loader part=Part::Whole />
            {move || {
                loader
                    .state
                    .with(|state| matches!(state, Loading::Failed(Part::Whole, _)))
                    .then(|| {
                        view! {
                            <button class="button" on:click=move |_| loader.load(Part::Whole)>
                                "Try again"
                            </button>
                        }
                            .into_any()
                    })
            }}
        </div>
    }
}

/// Below the list: more of it, or the beginning.
#[component]
fn Older(loader: Loader, wanted: Memo<Place>, revision: Memo<Option<u64>>) -> impl IntoView {
    let live = use_live();
    let before = Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| {
            feed.history()
                .filter(|history| history.has_older())
                .and_then(History::oldest)
        })
    });
    view! {
        <div class="beyond">
            {move || match before.get() {
                Some(id) => {
                    let word = move || {
                        loader
                            .state
                            .with(|state| match state {
                                Loading::Busy(Part::Older) => "Loading…",
                                Loading::Failed(Part::Older, _) => "Try again",
                                Loading::Idle | Loading::Busy(_) | Loading::Failed(..) => {
                                    "Older events"
                                }
                            })
                    };
                    view! {
                        <Trouble loader=loader part=Part::Older />
                        <a
                            class="button"
                            rel="external"
                            href=wanted.with(|wanted| wanted.at(At::Before(id)).href())
                            on:click=move |click| {
                                click.prevent_default();
                                loader.load(Part::Older);
                            }
                        >
                            {move || word()}
                        </a>
                    }
                        .into_any()
                }
                None => {
                    view! { <p class="quiet">"This is the beginning of what is kept."</p> }
                        .into_any()
                }
            }}
        </div>
    }
}

/// Why a part could not be read.
#[component]
fn Trouble(loader: Loader, part: Part) -> impl IntoView {
    let problem = move || match loader.state.get() {
        Loading::Failed(failed, problem) if failed == part => Some(problem),
        Loading::Idle | Loading::Busy(_) | Loading::Failed(..) => None,
    };
    view! {
        <span class="problem" role="alert">
            {move || problem()}
        </span>
    }
}

/// The event in the address.
fn chosen(place: &Place) -> Option<EventId> {
    match place.at {
        At::Event(id) => Some(id),
        At::Newest | At::Before(_) | At::After(_) => None,
    }
}
