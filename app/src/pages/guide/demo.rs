//! A live demo: a stream that the reader opens and closes, the messages it delivers, and their text on
//! the wire.

use std::{collections::VecDeque, time::Duration};

use leptos::prelude::*;
use pulseboard_contract::{Timestamp, sse::Block};

use crate::{
    clock::use_clock,
    components::{TimeOfDay, keyed},
    live::use_live,
    platform::clock::epoch_millis,
};
use leptos_event_source::{
    EventSourceOptions, Message, Status, UseEventSource, use_raw_event_source,
};

/// The most messages listed.
const MAX_MESSAGES: usize = 6;
/// The most messages shown as text on the wire.
const MAX_ON_WIRE: usize = 3;

/// A message and its arrival time.
#[derive(Clone, Debug, PartialEq)]
struct Arrival {
    number: u64,
    time: Timestamp,
    message: Message,
    text: String,
}

/// The event that a demo's stream starts after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartAt {
    /// The newest event on the page.
    Page,
    /// None: the stream delivers all stored events.
    Log,
}

/// A stream and its messages, newest first.
#[derive(Clone, Copy)]
pub(super) struct Demo {
    url: &'static str,
    start_at: StartAt,
    stream: UseEventSource,
    arrived: RwSignal<VecDeque<Arrival>>,
    was_open: StoredValue<bool>,
    /// Opens the stream and closes that of any other demo.
    open: Callback<()>,
}

impl Demo {
    /// Opens the stream before a publish, so that the reader sees the event arrive. A stream that the
    /// reader has closed stays closed.
    pub(super) fn open_first(self) {
        if !self.was_open.get_value() {
            self.open.run(());
        }
    }
}

/// A demo whose stream is closed at first. `text_of` is the text that a message shows in the list.
pub(super) fn demo(
    url: &'static str,
    event_types: &[&'static str],
    start_at: StartAt,
    text_of: fn(&Message) -> String,
) -> Demo {
    let live = use_live();
    let clock = use_clock();
    let arrived = RwSignal::new(VecDeque::new());
    let count = StoredValue::new(0);
    let options = EventSourceOptions::default()
        .event_types(event_types.iter().copied())
        .last_event_id(match start_at {
            StartAt::Page => live.began.get_value().to_string(),
            StartAt::Log => "start".to_owned(),
        })
        .heartbeat_interval(Duration::from_millis(live.heartbeat_millis.into()))
        .immediate(false);
    let stream = use_raw_event_source(url.to_owned(), options, move |batch| {
        // The page's clock ticks only once a second.
        let now = epoch_millis().and_then(|millis| Timestamp::from_millis(millis).ok());
        let time = now.unwrap_or_else(|| clock.now_untracked());
        arrived.update(|arrived: &mut VecDeque<Arrival>| {
            for message in batch {
                count.update_value(|count| *count += 1);
                let (number, text) = (count.get_value(), text_of(&message));
                arrived.push_front(Arrival {
                    number,
                    time,
                    message,
                    text,
                });
            }
            arrived.truncate(MAX_MESSAGES);
        });
    });
    // Only one demo is open at a time. Over HTTP/1.1 a browser has six connections to a server; streams
    // that used all of them would leave none to publish with.
    let OpenDemo(open_url) = expect_context();
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
    Demo {
        url,
        start_at,
        stream,
        arrived,
        was_open,
        open,
    }
}

/// The address of the open demo's stream. The guide provides it as context.
#[derive(Clone, Copy)]
pub(super) struct OpenDemo(pub(super) RwSignal<Option<&'static str>>);

/// A message as the server wrote it on the wire.
fn on_wire(url: &str, message: &Message) -> String {
    // Only these two streams leave out the type `message`.
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

/// The panel: the button that opens the stream, its messages, and controls that publish.
#[component]
pub(super) fn DemoPanel(
    demo: Demo,
    /// The text before the first message.
    hint: &'static str,
    /// The controls that publish.
    children: Children,
) -> impl IntoView {
    let Demo {
        url,
        start_at,
        stream,
        arrived,
        ..
    } = demo;
    let address = format!(
        "GET {url}{}",
        if start_at == StartAt::Log {
            "&last_event_id=start"
        } else {
            ""
        }
    );
    let status = stream.status;
    let is_open = move || !matches!(status.get(), Status::Closed | Status::Paused);
    let state = move || match status.get() {
        Status::Connecting => "connecting",
        Status::Open => "open",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Offline => "offline",
        Status::Paused | Status::Closed => "closed",
    };
    let is_empty = Memo::new(move |_| arrived.with(VecDeque::is_empty));
    view! {
        <div class="tile try">
            <header>
                <h3>"Try it"</h3>
                <span class="state" data-state=move || state()>
                    <span class="dot"></span>
                    <span role="status">{move || state()}</span>
                </span>
                <button
                    class="button needs-script"
                    class:go=move || !is_open()
                    on:click=move |_| {
                        if is_open() { stream.close.run(()) } else { demo.open.run(()) }
                    }
                >
                    {move || if is_open() { "Close" } else { "Connect" }}
                </button>
            </header>
            <code class="address">{address}</code>
            {messages(arrived)}
            {move || is_empty.get().then(|| view! { <p class="quiet">{hint}</p> }.into_any())}
            <div class="publish needs-script">{children()}</div>
            <p class="without-script quiet">
                "This demo needs JavaScript. The curl commands do the same in a terminal."
            </p>
            <OnTheWire demo=demo />
        </div>
    }
}

/// The messages, newest first.
fn messages(arrived: RwSignal<VecDeque<Arrival>>) -> AnyView {
    view! {
        <ul class="rows">
            {keyed(
                move || arrived.get().into(),
                |arrived: &Arrival| arrived.number.to_string(),
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
    }
    .into_any()
}

/// The last messages as text on the wire, once there are any.
#[component]
fn OnTheWire(demo: Demo) -> impl IntoView {
    let Demo { url, arrived, .. } = demo;
    let is_empty = Memo::new(move |_| arrived.with(VecDeque::is_empty));
    let wire = move || {
        // Oldest first, unlike the list.
        let messages = arrived.with(|arrived| {
            arrived
                .iter()
                .take(MAX_ON_WIRE)
                .rev()
                .map(|arrived| on_wire(url, &arrived.message))
                .collect::<String>()
        });
        messages.trim_end().to_owned()
    };
    move || {
        (!is_empty.get()).then(|| {
            view! {
                <h4 class="label">"On the wire"</h4>
                <pre class="wire" tabindex="0" aria-label="On the wire">
                    {move || wire()}
                </pre>
            }
            .into_any()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(event_type: &str, data: &str) -> Message {
        Message {
            event_type: event_type.into(),
            data: data.into(),
            last_event_id: "9f2c41d7-5".into(),
        }
    }

    #[test]
    fn the_text_on_the_wire_has_the_lines_of_the_server() {
        let update = received("update", "one\ntwo");
        assert_eq!(
            on_wire("/events?topic=a", &update),
            "id: 9f2c41d7-5\nevent: update\ndata: one\ndata: two\n\n"
        );
        let message = received("message", "{}");
        assert_eq!(
            on_wire("/events", &message),
            "id: 9f2c41d7-5\nevent: message\ndata: {}\n\n"
        );
    }

    #[test]
    fn streams_for_onmessage_have_no_type_except_for_heartbeats() {
        assert_eq!(
            on_wire("/stream", &received("message", "{}")),
            "id: 9f2c41d7-5\ndata: {}\n\n"
        );
        let beat = received("heartbeat", "{}");
        assert_eq!(
            on_wire("/chat-stream?room=a", &beat),
            "id: 9f2c41d7-5\nevent: heartbeat\ndata: {}\n\n"
        );
    }
}
