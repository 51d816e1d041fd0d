//! The inspector: raw events as they come, one of them in full, the connection's history, and a form to publish.

pub(crate) mod detail;
mod publish;
mod search;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pulseboard::Event;

use crate::{
    components::{Icon, IconName, TimeOfDay, keyed},
    event_source::Status,
    feed::{Feed, Place},
    format,
    live::{LogKind, use_live},
};
use search::Search;

/// Rows shown; older events are in the log.
const SHOWN: usize = 200;

/// The page.
#[component]
pub fn Inspector() -> impl IntoView {
    let live = use_live();
    let query = use_query_map();
    let text = RwSignal::new(query.read_untracked().get("q").unwrap_or_default());
    let search = Memo::new(move |_| Search::parse(&text.get()));
    let found = Memo::new(move |_| {
        // What cannot be read finds everything, with the reason under the field.
        let search = search.get().unwrap_or_default();
        live.feed.with(|feed| feed.recent().filter(|recent| search.finds(&recent.event)).take(SHOWN).cloned().collect::<Vec<_>>())
    });
    let selected = RwSignal::new(None::<Arc<Event>>);
    let shown = move || selected.get().or_else(|| found.get().first().map(|recent| recent.event.clone()));
    let summary = move || {
        let shown = format::count(found.with(Vec::len) as u64, "event", "events");
        let received = format::whole(live.feed.with(Feed::received));
        match live.unreadable.get() {
            0 => format!("{shown} shown, {received} received"),
            unreadable => format!("{shown} shown, {received} received, {unreadable} unreadable"),
        }
    };
    let is_stopped = move || matches!(live.stream.status.get(), Status::Paused | Status::Closed);
    view! {
        <Title text="Inspector"/>
        <div class="panes inspect">
            <section class="tile list" aria-label="Events">
                <h1 class="hidden">"Inspector"</h1>
                <form class="tools" method="get" on:submit=|submit| submit.prevent_default()>
                    <label class="field">
                        <Icon name=IconName::Search/>
                        <input
                            type="search" name="q" aria-label="Search events" placeholder="topic:host/** type:metrics words"
                            autocomplete="off" spellcheck="false" value=text.get_untracked() prop:value=text
                            on:input:target=move |input| text.set(input.target().value())
                        />
                    </label>
                    <button
                        class="button needs-script" type="button"
                        on:click=move |_| if is_stopped() { live.stream.open.run(()) } else { live.stream.pause.run(()) }
                    >
                        <Icon name=Signal::derive(move || if is_stopped() { IconName::Play } else { IconName::Pause })/>
                        {move || if is_stopped() { "Resume" } else { "Pause" }}
                    </button>
                    <span class="summary">{move || summary()}</span>
                </form>
                <p class="problem" role="alert">{move || search.get().err()}</p>
                <div class="scroll" tabindex="0" role="region" aria-label="Event list">
                    <table>
                        <thead>
                            <tr><th>"Time"</th><th>"Topic"</th><th>"Type"</th><th class="wide">"Event id"</th><th>"Payload"</th></tr>
                        </thead>
                        <tbody>
                            {keyed(move || found.get(), |recent| recent.number.to_string(), move |recent| view! {
                                <EventRow event=recent.event selected=selected/>
                            }.into_any())}
                        </tbody>
                    </table>
                    {move || found.with(Vec::is_empty).then(|| view! {
                        <p class="quiet">"No event matches. Events show here as they are published; try an empty search."</p>
                    }.into_any())}
                </div>
            </section>
            <aside class="side-stack">
                <section
                    class="tile" aria-label="Selected event"
                    // Whoever works with an event keeps it: the next one must not replace what has the focus.
                    on:focusin=move |_| if selected.with_untracked(Option::is_none) { selected.set(untrack(shown)) }
                >
                    {move || match shown() {
                        Some(event) => view! { <detail::Detail event=event/> }.into_any(),
                        None => view! { <p class="quiet">"Publish an event and look at it here."</p> }.into_any(),
                    }}
                </section>
                <ConnectionLog/>
                <publish::PublishForm/>
            </aside>
        </div>
    }
}

#[component]
fn EventRow(event: Arc<Event>, selected: RwSignal<Option<Arc<Event>>>) -> impl IntoView {
    let live = use_live();
    let (this, chosen) = (event.clone(), event.clone());
    let is_selected =
        move || selected.with(|selected| selected.as_ref().is_some_and(|s| s.id == this.id && s.source == this.source));
    let id = event.event_id.map_or_else(|| "not stored".to_owned(), |id| id.to_string());
    view! {
        <tr
            class:new=live.is_new(&event)
            aria-selected=move || is_selected().to_string()
            on:click=move |_| selected.set(Some(chosen.clone()))
        >
            <td><button class="row-button" aria-label=format!("Show {} of {}", event.event_type, event.topic)><TimeOfDay at=event.time/></button></td>
            <td class="topic"><a href=Place::of(event.topic.clone()).href()>{event.topic.to_string()}</a></td>
            <td class="type">{event.event_type.to_string()}</td>
            <td class="wide id">{id}</td>
            <td class="clip">{event.data.to_string()}</td>
        </tr>
    }
}

/// What the connection has been through.
#[component]
fn ConnectionLog() -> impl IntoView {
    let live = use_live();
    let lines = move || live.log.get().into_iter().take(8).collect::<Vec<_>>();
    view! {
        <section class="tile" aria-label="Connection">
            <header><h2>"Connection"</h2></header>
            <ul class="rows log">
                {keyed(lines, |line| line.number.to_string(), move |line| view! {
                    <li data-kind=kind_name(line.kind)>
                        <span class="kind">
                            <Icon name=kind_icon(line.kind)/>
                            {kind_name(line.kind)}
                        </span>
                        <span class="text">{line.text.clone()}</span>
                        <TimeOfDay at=line.time/>
                    </li>
                }.into_any())}
            </ul>
            {move || live.log.with(Vec::is_empty).then(|| view! { <p class="quiet">"The connection has not been opened yet."</p> }.into_any())}
        </section>
    }
}

const fn kind_name(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Open => "open",
        LogKind::Retry => "retry",
        LogKind::Gap => "gap",
        LogKind::Stopped => "stopped",
    }
}

const fn kind_icon(kind: LogKind) -> IconName {
    match kind {
        LogKind::Open => IconName::Check,
        LogKind::Retry => IconName::Retry,
        LogKind::Gap => IconName::Warning,
        LogKind::Stopped => IconName::Pause,
    }
}
