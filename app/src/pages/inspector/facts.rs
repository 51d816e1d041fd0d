//! The content of one event: its payload as a tree, its attributes, its bytes on the wire, and buttons
//! that copy it. The inspector and the topic page show it.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::{Event, Framing};

use super::{export, filter};
use crate::{
    components::{Copy, JsonTree, SelectedValue, indented, raw},
    format,
    platform::location,
};

/// The content of an event, without its topic and type.
#[component]
pub(crate) fn EventFacts(
    /// The event.
    event: Arc<Event>,
    /// The event's lag, where it is known.
    #[prop(optional_no_strip)]
    lag: Option<String>,
    /// Adds a part to the filter, where there is a list to filter.
    #[prop(optional_no_strip)]
    add_to_filter: Option<Callback<String>>,
) -> impl IntoView {
    let selected = RwSignal::new(None::<SelectedValue>);
    let (curl, json) = (event.clone(), event.clone());
    let curl =
        Signal::derive(move || export::as_curl(&curl, &location::origin().unwrap_or_default()));
    let json = Signal::derive(move || indented(json.to_json().as_str(), 0));
    view! {
        <JsonTree json=event.data.clone() selected=selected />
        <ValueActions selected=selected add_to_filter=add_to_filter />
        {attributes(&event, lag)}
        <OnTheWire event=event />
        <p class="actions needs-script">
            <Copy label="Copy as curl" text=curl />
            <Copy label="Copy JSON" text=json />
        </p>
    }
}

/// The attributes of an event as a list of names and values.
fn attributes(event: &Event, lag: Option<String>) -> AnyView {
    let fact = |name: String, value: String| {
        view! {
            <dt>{name}</dt>
            <dd>
                <code>{value}</code>
            </dd>
        }
        .into_any()
    };
    let event_id = event.event_id.map(|id| id.to_string());
    let has_own_id = event_id.as_deref() != Some(event.id.as_str());
    let bytes = event.data.as_str().len() as u64;
    let further: Vec<_> = event
        .attributes
        .iter()
        .map(|(name, value)| fact(name.to_owned(), value.to_string()))
        .collect();
    view! {
        <dl class="facts">
            {fact("Event id".into(), event_id.unwrap_or_else(|| "not stored".to_owned()))}
            {has_own_id.then(|| fact("Producer's id".into(), event.id.clone()))}
            {fact("Source".into(), event.source.clone())}
            {fact("Time".into(), event.time.to_string())}
            {event.expires.map(|expires| fact("Expires".into(), expires.to_string()))}
            {lag.map(|lag| fact("Lag".into(), lag))}
            {fact("Payload".into(), format::count(bytes, "byte", "bytes"))} {further}
        </dl>
    }
    .into_any()
}

/// The event in each framing.
#[component]
fn OnTheWire(event: Arc<Event>) -> impl IntoView {
    let framing = RwSignal::new(Framing::Named);
    let wire = Memo::new(move |_| event.to_sse(framing.get()));
    let choice = move |this: Framing| {
        view! {
            <button
                aria-pressed=move || (framing.get() == this).to_string()
                on:click=move |_| framing.set(this)
            >
                {this.name()}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="wire-head">
            <h3 class="label">"On the wire"</h3>
            <div class="segments needs-script" role="group" aria-label="Framing">
                {Framing::ALL.map(choice).collect_view()}
            </div>
            <span class="quiet">
                {move || format::count(wire.with(String::len) as u64, "byte", "bytes")}
            </span>
        </div>
        <pre class="wire" tabindex="0" aria-label="On the wire">
            {move || wire.with(|wire| wire.trim_end().to_owned())}
        </pre>
    }
}

/// The value that the reader selected in the tree: copy it, or filter by it.
#[component]
fn ValueActions(
    selected: RwSignal<Option<SelectedValue>>,
    add_to_filter: Option<Callback<String>>,
) -> impl IntoView {
    let path = Signal::derive(move || selected.get().map(|value| value.path).unwrap_or_default());
    let text = Signal::derive(move || {
        selected.with(|selected| {
            selected
                .as_ref()
                .map(|selected| raw::text(&selected.value).into_owned())
                .unwrap_or_default()
        })
    });
    let filter_by = move |add: Callback<String>| {
        let filter = move |_| {
            if let Some(selected) = selected.get_untracked() {
                add.run(filter::filter_for_value(&selected.path, &selected.value));
            }
        };
        view! {
            <button class="button" on:click=filter>
                "Filter by this value"
            </button>
        }
        .into_any()
    };
    let is_some = Memo::new(move |_| selected.with(Option::is_some));
    move || {
        is_some.get().then(|| {
            view! {
                <div class="picked" role="group" aria-label="Selected value">
                    <code>{path}</code>
                    <Copy label="Copy path" text=path />
                    <Copy label="Copy value" text=text />
                    {add_to_filter.map(filter_by)}
                </div>
            }
            .into_any()
        })
    }
}
