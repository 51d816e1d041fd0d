//! The details of the selected event, and what the reader can do with it.

use leptos::prelude::*;

use super::{facts::EventFacts, lag, publish::Draft, workbench::Workbench};
use crate::components::{Icon, IconName, TimeOfDay};
use pulseboard_feed::{Anchor, HistoryAddress, Recent};

/// The details.
#[component]
pub(super) fn Detail(recent: Recent, bench: Workbench) -> impl IntoView {
    let event = recent.event.clone();
    let in_topic = match event.event_id {
        Some(id) => HistoryAddress::of(event.topic.clone()).anchored(Anchor::Event(id)),
        None => HistoryAddress::of(event.topic.clone()),
    };
    let lag = lag::of(&recent).map(lag::format_millis);
    let time = event.time;
    let republish = {
        let event = event.clone();
        move |_| {
            bench.draft.set(Draft::of(&event));
            bench.show_publish();
        }
    };
    view! {
        <header>
            <button class="button back" on:click=move |_| bench.close_event()>
                <Icon name=IconName::Back />
                "Back"
            </button>
            <h2 class="topic">
                <a href=HistoryAddress::of(event.topic.clone()).href()>{event.topic.to_string()}</a>
            </h2>
            <span class="fresh">
                <TimeOfDay at=event.time />
            </span>
            <span class="steps needs-script">
                <button
                    class="icon-button"
                    aria-label="Newer event"
                    on:click=move |_| bench.list.step(-1)
                >
                    <Icon name=IconName::Up />
                </button>
                <button
                    class="icon-button"
                    aria-label="Older event"
                    on:click=move |_| bench.list.step(1)
                >
                    <Icon name=IconName::Down />
                </button>
            </span>
        </header>
        <p class="type-name">{event.event_type.to_string()}</p>
        <EventFacts event=event lag=lag add_to_filter=Some(bench.add_to_filter) />
        <p class="actions">
            <a class="button" href=in_topic.href()>
                "Show in topic"
            </a>
            <button
                class="button needs-script"
                on:click=move |_| bench.show_surrounding.run(time)
            >
                "Show surrounding events"
            </button>
            <button class="button needs-script" on:click=republish>
                "Edit and publish again"
            </button>
        </p>
    }
}
