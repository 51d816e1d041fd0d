//! "Try it": a stream of its own, opened and closed by hand, what it brought, and how that was
//! written on the wire.

use std::{collections::VecDeque, time::Duration};

use leptos::prelude::*;
use pulseboard_contract::{Timestamp, sse::Block};

use crate::{
    clock::use_clock,
    components::{TimeOfDay, keyed},
    live::use_live,
    platform,
};
use leptos_event_source::{
    EventSourceOptions, Message, Status, UseEventSource, use_raw_event_source,
};

/// Messages shown.
const SHOWN: usize = 6;
/// Of those, so many as they were on the wire.
const ON_WIRE: usize = 3;

/// One message and when it came.
#[derive(Clone, Debug, PartialEq)]
struct Arrived {
    number: u64,
    time: Timestamp,
    message: Message,
    text: String,
}

/// Where a trial begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// Where the page stands.
    Page,
    /// With everything the log has.
    Log,
}

/// A stream and what it brought, newest first.
#[derive(Clone, Copy)]
pub(super) struct Trial {
    url: &'static str,
    begin: Begin,
    stream: UseEventSource,
    arrived: RwSignal<VecDeque<Arrived>>,
    was_open: StoredValue<bool>,
    /// Opens it, and closes the one that was open.
    open: Callback<()>,
}

impl Trial {
    /// Opens it for the sake of what is about to be published, unless it was closed by hand.
    pub(super) fn open_first(self) {
        if !self.was_open.get_value() {
            self.open.run(());
        }
    }
}

/// A stream that is closed until somebody opens it. `say` is how a message of it reads.
pub(super) fn trial(
    url: &'static str,
    event_types: &[&'static str],
    begin: Begin,
    say: fn(&Message) -> String,
) -> Trial {
    let live = use_live();
    let clock = use_clock();
    let arrived = RwSignal::new(VecDeque::new());
    let count = StoredValue::new(0);
    let options = EventSourceOptions::default()
        .event_types(event_types.iter().copied())
        .last_event_id(match begin {
            Begin::Page => live.began.get_value().to_string(),
            Begin::Log => "start".to_owned(),
        })
        .heartbeat_interval(Duration::from_millis(live.heartbeat_millis.into()))
        .immediate(false);
    let stream = use_raw_event_source(url.to_owned(), options, move |batch| {
        // The clock of the page stands still between two seconds.
        let now = platform::epoch_millis().and_then(|millis| Timestamp::from_millis(millis).ok());
        let time = now.unwrap_or_else(|| clock.now_untracked());
        arrived.update(|arrived: &mut VecDeque<Arrived>| {
            for message in batch {
                count.update_value(|count| *count += 1);
                let (number, text) = (count.get_value(), say(&message));
                arrived.push_front(Arrived {
                    number,
                    time,
                    message,
                    text,
                });
            }
            arrived.truncate(SHOWN);
        });
    });
    // Only one is open at a time. HTTP/1.1 gives a browser six connections to a server, and a page
    // whose streams held them all could not even publish.
    let OneTrial(open_url) = expect_context();
    Effect::new(move |_| {
        if open_url.get() != Some(url) {
            stream.close.run(());
        }
    });
    let was_open = StoredValue::new(false);
    let open = Callback::new(move |()| {
        was_open.set_value(true);
        open_url.set(Some(url));
        stream.open.run(());
    });
    Trial {
        url,
        begin,
        stream,
        arrived,
        was_open,
        open,
    }
}

/// The address of the one trial that is open; the guide provides it.
#[derive(Clone, Copy)]
pub(super) struct OneTrial(pub(super) RwSignal<Option<&'static str>>);

/// A message as it was written on the wire.
fn on_wire(url: &str, message: &Message) -> String {
    // Only these two leave out the type of what is meant for `onmessage`.
    let is_unnamed = url.starts_with("/stream") || url.starts_with("/chat-stream");
    let event =
        (!is_unnamed || message.event_type != "message").then_some(message.event_type.as_str());
    let id = Some(message.last_event_id.as_str()).filter(|id| !id.is_empty());
    Block {
        id,
        event,
        data: Some(&message.data),
        retry_millis: None,
    }
    .to_string()
}

/// The tile: the switch, what arrived, and whatever publishes something to see.
#[component]
pub(super) fn TryIt(
    trial: Trial,
    /// What stands there before anything has arrived.
    hint: &'static str,
    /// What publishes.
    children: Children,
) -> impl IntoView {
    let Trial {
        url,
        begin,
        stream,
        arrived,
        ..
    } = trial;
    let address = format!(
        "GET {url}{}",
        if begin == Begin::Log {
            "&last_event_id=start"
        } else {
            ""
        }
    );
    let status = stream.status;
    let is_open = move || !matches!(status.get(), Status::Closed | Status::Paused);
    let word = move || match status.get() {
        Status::Connecting => "connecting",
        Status::Open => "open",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Offline => "offline",
        Status::Paused | Status::Closed => "closed",
    };
    let is_empty = Memo::new(move |_| arrived.with(VecDeque::is_empty));
    let wire = move || {
        // In the order in which it came, unlike the list.
        let messages = arrived.with(|arrived| {
            arrived
                .iter()
                .take(ON_WIRE)
                .rev()
                .map(|arrived| on_wire(url, &arrived.message))
                .collect::<String>()
        });
        messages.trim_end().to_owned()
    };
    view! {
        <div class="tile try">
            <header>
                <h3>"Try it"</h3>
                <span class="state" data-state=move || word()>
                    <span class="dot"></span>
                    <span role="status">{move || word()}</span>
                </span>
                <button
                    class="button needs-script"
                    class:go=move || !is_open()
                    on:click=move |_| {
                        if is_open() { stream.close.run(()) } else { trial.open.run(()) }
                    }
                >
                    {move || if is_open() { "Close" } else { "Connect" }}
                </button>
            </header>
            <code class="address">{address}</code>
            <ul class="rows">
                {keyed(
                    move || arrived.get().into(),
                    |arrived: &Arrived| arrived.number.to_string(),
                    move |arrived| {
                        view! {
                            <li class="new">
                                <code>{arrived.message.event_type}</code>
                                <span class="text">{arrived.text}</span>
                                <TimeOfDay at=arrived.time />
                            </li>
                        }
                            .into_any()
                    },
                )}
            </ul>
            {move || is_empty.get().then(|| view! { <p class="quiet">{hint}</p> }.into_any())}
            <div class="publish needs-script">{children()}</div>
            <p class="without-script quiet">
                "Trying it needs JavaScript; the curl lines do the same in a terminal."
            </p>
            {move || {
                (!is_empty.get())
                    .then(|| {
                        view! {
                            <h4 class="label">"On the wire"</h4>
                            <pre class="wire" tabindex="0" aria-label="On the wire">
                                {move || wire()}
                            </pre>
                        }
                            .into_any()
                    })
            }}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event_type: &str, data: &str) -> Message {
        Message {
            event_type: event_type.into(),
            data: data.into(),
            last_event_id: "9f2c41d7-5".into(),
        }
    }

    #[test]
    fn the_wire_has_the_lines_the_server_wrote() {
        let update = message("update", "one\ntwo");
        assert_eq!(
            on_wire("/events?topic=a", &update),
            "id: 9f2c41d7-5\nevent: update\ndata: one\ndata: two\n\n"
        );
        let unnamed = message("message", "{}");
        assert_eq!(
            on_wire("/events", &unnamed),
            "id: 9f2c41d7-5\nevent: message\ndata: {}\n\n"
        );
    }

    #[test]
    fn the_streams_for_onmessage_name_no_type_but_that_of_heartbeats() {
        assert_eq!(
            on_wire("/stream", &message("message", "{}")),
            "id: 9f2c41d7-5\ndata: {}\n\n"
        );
        let beat = message("heartbeat", "{}");
        assert_eq!(
            on_wire("/chat-stream?room=a", &beat),
            "id: 9f2c41d7-5\nevent: heartbeat\ndata: {}\n\n"
        );
    }
}
