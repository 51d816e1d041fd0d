//! The history as a list, newest first, with a line between days and an address for every event.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::{Event, EventId};

use super::{
    ends::{NewerEvents, OlderEvents},
    load::{Loader, selected_event},
    type_filter::TypeFilter,
};
use crate::{
    clock::use_clock,
    components::{SeverityMark, TimeOfDay, event_key, keyed},
    live::use_live,
    pages::inspector::facts::EventFacts,
    platform::scrolling::hold_still,
};
use pulseboard_feed::{Anchor, Headline, HistoryAddress};

/// The list and the links at its ends.
#[component]
pub(super) fn List(
    loader: Loader,
    wanted: Memo<HistoryAddress>,
    revision: Memo<Option<u64>>,
) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let selected = Memo::new(move |_| wanted.with(selected_event));
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
            DatedEvent {
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
        // The reader's place does not move when events arrive above it.
        hold_still();
        shown
    };
    // Read once: the page builds another list for other types.
    let place = wanted.get_untracked().anchored(Anchor::Newest);
    let row_place = Arc::new(place.clone());
    view! {
        <section class="tile history" aria-label="History">
            <header>
                <h2>"History"</h2>
                <TypeFilter place=place revision=revision />
            </header>
            <NewerEvents loader=loader wanted=wanted revision=revision />
            <ol class="events">
                {keyed(
                    each,
                    DatedEvent::key,
                    move |shown| {
                        view! {
                            {shown
                                .day
                                .map(|day| {
                                    let name = Memo::new(move |_| clock.day_name(&day));
                                    // "Today" becomes "Yesterday" at midnight.
                                    view! { <li class="day">{name}</li> }
                                        .into_any()
                                })}
                            <Row event=shown.event place=row_place.clone() selected=selected />
                        }
                            .into_any()
                    },
                )}
            </ol>
            <OlderEvents loader=loader wanted=wanted revision=revision />
        </section>
    }
}

/// An event and, if it is the first of its day in the list, the day.
#[derive(Clone, PartialEq)]
struct DatedEvent {
    event: Arc<Event>,
    day: Option<String>,
}

impl DatedEvent {
    /// The key includes the day: a row that loses its day line becomes another element.
    fn key(&self) -> String {
        format!("{} {:?}", event_key(&self.event), self.day)
    }
}

/// One event: time, type and text. The event in the address also shows its content.
#[component]
fn Row(
    event: Arc<Event>,
    place: Arc<HistoryAddress>,
    selected: Memo<Option<EventId>>,
) -> impl IntoView {
    let live = use_live();
    let id = event.event_id;
    let is_selected = move || selected.get() == id;
    let href = id.map(|id| place.anchored(Anchor::Event(id)).href());
    let Headline { severity, text } = Headline::of(&event);
    let is_new = live.is_new(&event);
    let (time, event_type) = (event.time, event.event_type.to_string());
    view! {
        <li
            class="event"
            class:new=is_new
            id=id.map(|id| id.to_string())
            aria-current=move || is_selected().then_some("true")
        >
            // The browser scrolls to the focused link, with script and without.
            <a class="moment" href=href data-noscroll="" autofocus=selected.get_untracked() == id>
                <TimeOfDay at=time />
                <span class="type">{event_type}</span>
            </a>
            <p class="says">
                {severity.map(|severity| view! { <SeverityMark severity=severity /> }.into_any())}
                <span class="text">{text}</span>
            </p>
            {move || {
                is_selected()
                    .then(|| {
                        view! {
                            <div class="whole">
                                <EventFacts event=event.clone() />
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
