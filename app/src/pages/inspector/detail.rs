//! One event in full: its payload as a tree, what is known of it, its bytes on the wire, and ways
//! to take it along.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::{Event, Framing};

use super::{Workbench, export, filter, lag, publish::Draft};
use crate::{
    components::{Copy, Icon, IconName, JsonTree, Picked, TimeOfDay, indented},
    platform,
};
use pulseboard_feed::{At, Place, Recent};

/// The event.
#[component]
pub(super) fn Detail(recent: Recent, bench: Workbench) -> impl IntoView {
    let list = bench.list;
    let event = recent.event.clone();
    let moment = match event.event_id {
        Some(id) => Place::of(event.topic.clone()).at(At::Event(id)),
        None => Place::of(event.topic.clone()),
    };
    let lag = lag::of(&recent).map(lag::words);
    let time = event.time;
    let (draft, again) = (event.clone(), bench.draft);
    view! {
        <header>
            <button class="button back" on:click=move |_| bench.close()>
                <Icon name=IconName::Back />
                "Back"
            </button>
            <h2 class="topic">
                <a href=Place::of(event.topic.clone()).href()>{event.topic.to_string()}</a>
            </h2>
            <span class="fresh">
                <TimeOfDay at=event.time />
            </span>
            <span class="steps needs-script">
                <button
                    class="icon-button"
                    aria-label="Newer event"
                    on:click=move |_| list.step(-1)
                >
                    <Icon name=IconName::Up />
                </button>
                <button class="icon-button" aria-label="Older event" on:click=move |_| list.step(1)>
                    <Icon name=IconName::Down />
                </button>
            </span>
        </header>
        <p class="type-name">{event.event_type.to_string()}</p>
        <Facts event=event lag=lag seek=Some(bench.seek) />
        <p class="actions">
            <a class="button" href=moment.href()>
                "Show in its topic"
            </a>
            <button class="button needs-script" on:click=move |_| bench.around.run(time)>
                "What happened around it"
            </button>
            <button
                class="button needs-script"
                on:click=move |_| {
                    again.set(Draft::of(&draft));
                    bench.show_publish();
                }
            >
                "Edit and publish again"
            </button>
        </p>
    }
}

/// What there is to know of it, without what names it.
#[component]
pub(crate) fn Facts(
    /// The event.
    event: Arc<Event>,
    /// How late it came, where that is known.
    #[prop(optional_no_strip)]
    lag: Option<String>,
    /// Takes a part of a filter that finds events like it, where there is a list to filter.
    #[prop(optional_no_strip)]
    seek: Option<Callback<String>>,
) -> impl IntoView {
    let picked = RwSignal::new(None::<Picked>);
    let framing = RwSignal::new(Framing::Named);
    let (curl, json, wired) = (event.clone(), event.clone(), event.clone());
    let curl = Signal::derive(move || {
        export::as_curl(&curl, &platform::location::origin().unwrap_or_default())
    });
    let json = Signal::derive(move || indented(json.to_json().as_str(), 0));
    let wire = Memo::new(move |_| wired.to_sse(framing.get()));
    let bytes = event.data.as_str().len() as u64;
    let fact = |name: String, value: String| {
        view! {
            <dt>{name}</dt>
            <dd>
                <code>{value}</code>
            </dd>
        }
        .into_any()
    };
    let attributes: Vec<_> = event
        .attributes
        .iter()
        .map(|(name, value)| fact(name.to_owned(), value.to_string()))
        .collect();
    view! {
        <JsonTree json=event.data.clone() picked=picked />
        <PickedValue picked=picked seek=seek />
        <dl class="facts">
            {fact(
                "Event id".into(),
                event.event_id.map_or_else(|| "not stored".to_owned(), |id| id.to_string()),
            )}
            {(event.event_id.map(|id| id.to_string()).as_deref() != Some(event.id.as_str()))
                .then(|| fact("Producer's id".into(), event.id.clone()))}
            {fact("Source".into(), event.source.clone())}
            {fact("Time".into(), event.time.to_string())}
            {event.expires.map(|expires| fact("Expires".into(), expires.to_string()))}
            {lag.map(|lag| fact("Lag".into(), lag))}
            {fact("Payload".into(), crate::format::count(bytes, "byte", "bytes"))} {attributes}
        </dl>
        <div class="wire-head">
            <h3 class="label">"On the wire"</h3>
            <div class="segments needs-script" role="group" aria-label="Framing">
                {Framing::ALL
                    .map(|one| {
                        view! {
                            <button
                                aria-pressed=move || (framing.get() == one).to_string()
                                on:click=move |_| framing.set(one)
                            >
                                {one.name()}
                            </button>
                        }
                            .into_any()
                    })
                    .collect_view()}
            </div>
            <span class="quiet">
                {move || crate::format::count(wire.with(String::len) as u64, "byte", "bytes")}
            </span>
        </div>
        <pre class="wire" tabindex="0" aria-label="On the wire">
            {move || wire.with(|wire| wire.trim_end().to_owned())}
        </pre>
        <p class="actions needs-script">
            <Copy label="Copy as curl" text=curl />
            <Copy label="Copy JSON" text=json />
        </p>
    }
}

/// The value of the tree that one pointed at, and what can be done with it.
#[component]
fn PickedValue(picked: RwSignal<Option<Picked>>, seek: Option<Callback<String>>) -> impl IntoView {
    let path = Signal::derive(move || picked.get().map(|picked| picked.path).unwrap_or_default());
    let value = Signal::derive(move || {
        picked
            .with(|picked| {
                picked
                    .as_ref()
                    .map(|picked| crate::components::scan::plain(&picked.value).into_owned())
            })
            .unwrap_or_default()
    });
    let is_some = Memo::new(move |_| picked.with(Option::is_some));
    view! {
        {move || {
            is_some
                .get()
                .then(|| {
                    view! {
                        <div class="picked" role="group" aria-label="Chosen value">
                            <code>{path}</code>
                            <Copy label="Copy path" text=path />
                            <Copy label="Copy value" text=value />
                            {seek
                                .map(|seek| {
                                    view! {
                                        <button
                                            class="button"
                                            on:click=move |_| {
                                                if let Some(picked) = picked.get_untracked() {
                                                    seek.run(filter::asking_for(&picked.path, &picked.value));
                                                }
                                            }
                                        >
                                            "Filter for it"
                                        </button>
                                    }
                                        .into_any()
                                })}
                        </div>
                    }
                        .into_any()
                })
        }}
    }
}
