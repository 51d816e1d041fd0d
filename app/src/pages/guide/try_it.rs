//! "Try it": a stream of its own, opened and closed by hand, and what it brought.

use std::collections::VecDeque;

use leptos::prelude::*;
use pulseboard::Timestamp;

use crate::{
    clock::use_clock,
    components::{TimeOfDay, keyed},
    event_source::{Received, Status, StreamOptions, UseEventSource, use_event_source},
    live::use_live,
};

/// Messages shown.
const SHOWN: usize = 7;

/// One message and when it came.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arrived {
    number: u64,
    time: Timestamp,
    pub(super) message: Received,
}

/// A stream and what it brought, newest first.
#[derive(Clone, Copy)]
pub(super) struct Trial {
    pub(super) stream: UseEventSource,
    arrived: RwSignal<VecDeque<Arrived>>,
    /// Opens it, and closes the one that was open.
    open: Callback<()>,
}

/// A stream that is closed until somebody opens it, and then begins where the page stands.
pub(super) fn trial(url: &'static str, event_types: &[&'static str]) -> Trial {
    let live = use_live();
    let clock = use_clock();
    let arrived = RwSignal::new(VecDeque::new());
    let count = StoredValue::new(0);
    let options = StreamOptions {
        event_types: event_types.to_vec(),
        last_event_id: live.began.get_value().to_string(),
        heartbeat_millis: live.heartbeat_millis,
        immediate: false,
        share: None,
    };
    let stream = use_event_source(url.to_owned(), options, move |batch| {
        arrived.update(|arrived: &mut VecDeque<Arrived>| {
            for message in batch {
                count.update_value(|count| *count += 1);
                arrived.push_front(Arrived { number: count.get_value(), time: clock.now_untracked(), message });
            }
            arrived.truncate(SHOWN);
        });
    });
    // Only one is open at a time. HTTP/1.1 gives a browser six connections to a server, and a page whose streams held them
    // all could not even publish.
    let OneTrial(open_url) = expect_context();
    Effect::new(move |_| {
        if open_url.get() != Some(url) {
            stream.close.run(());
        }
    });
    Trial {
        stream,
        arrived,
        open: Callback::new(move |()| {
            open_url.set(Some(url));
            stream.open.run(());
        }),
    }
}

/// The address of the one trial that is open; the guide provides it.
#[derive(Clone, Copy)]
pub(super) struct OneTrial(pub(super) RwSignal<Option<&'static str>>);

/// The tile: the switch, what arrived, and whatever publishes something to see.
#[component]
pub(super) fn TryIt(
    trial: Trial,
    /// How a message is shown.
    show: fn(&Received) -> String,
    /// What stands there before anything has arrived.
    hint: &'static str,
    /// What publishes.
    children: Children,
) -> impl IntoView {
    let status = trial.stream.status;
    let is_open = move || !matches!(status.get(), Status::Closed | Status::Paused);
    let word = move || match status.get() {
        Status::Connecting => "connecting",
        Status::Open => "connected",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Offline => "offline",
        Status::Paused | Status::Closed => "closed",
    };
    view! {
        <div class="tile try">
            <header>
                <h3>"Try it"</h3>
                <span class="state" data-open=move || is_open().to_string() role="status">{move || word()}</span>
                <button
                    class="button needs-script"
                    on:click=move |_| if is_open() { trial.stream.close.run(()) } else { trial.open.run(()) }
                >
                    {move || if is_open() { "Close" } else { "Connect" }}
                </button>
            </header>
            <ul class="rows">
                {keyed(move || trial.arrived.get().into(), |arrived: &Arrived| arrived.number.to_string(), move |arrived| view! {
                    <li class="new">
                        <code>{arrived.message.event_type.clone()}</code>
                        <span class="text">{show(&arrived.message)}</span>
                        <TimeOfDay at=arrived.time/>
                    </li>
                }.into_any())}
            </ul>
            {move || trial.arrived.with(VecDeque::is_empty).then(|| view! { <p class="quiet">{hint}</p> }.into_any())}
            <div class="publish needs-script">{children()}</div>
            <p class="without-script quiet">"Trying it needs JavaScript; the curl line does the same in a terminal."</p>
        </div>
    }
}
