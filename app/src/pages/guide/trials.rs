//! The live part of each lesson.

use std::sync::OnceLock;

use leptos::prelude::*;
use pulseboard_contract::{Event, Framing, Payload, TypeName};

use super::{
    publish::{Answer, Ready, TEXT, buttons, line},
    try_it::{Begin, TryIt, trial},
};
use crate::{components::Compose, format, live::use_live, platform};
use leptos_event_source::{Message, Role};
use pulseboard_feed::Feed;

/// Bytes of data that fit a few lines.
const READABLE: usize = 160;

pub(super) fn first() -> AnyView {
    let trial = trial("/events?topic=hello", &[], Begin::Page, say);
    view! {
        <TryIt trial=trial hint="Publish a line: it appears here, and on the board.">
            {line(trial, "hello", "Hello World", true)}
            <p class="quiet">
                "Its tile, its history and its address: "<a href="/topics/hello">"/topics/hello"</a>
            </p>
        </TryIt>
    }
    .into_any()
}

pub(super) fn listen() -> AnyView {
    let trial = trial("/events?topic=guide/listen", &[], Begin::Page, say);
    view! {
        <TryIt trial=trial hint="Connect, then publish a line: it comes back through the server.">
            {line(trial, "guide/listen", "Hello World", true)}
        </TryIt>
    }
    .into_any()
}

pub(super) fn basic() -> AnyView {
    let trial = trial("/stream", &[], Begin::Page, say);
    view! {
        <TryIt
            trial=trial
            hint="Connect, publish, close. What is published elsewhere arrives as well."
        >
            {line(trial, "guide/basic", "Another update", true)}
        </TryIt>
    }
    .into_any()
}

pub(super) fn protocol() -> AnyView {
    let live = use_live();
    // The newest event short enough to be read at a glance, or else simply the newest.
    let newest = Memo::new(move |_| {
        live.feed.with(|feed: &Feed| {
            let stored = || {
                feed.recent()
                    .map(|recent| &recent.event)
                    .filter(|event| event.event_id.is_some())
            };
            stored()
                .find(|event| event.data.as_str().len() <= READABLE)
                .or_else(|| stored().next())
                .cloned()
        })
    });
    let wire = move |framing: Framing| {
        newest.get().map_or_else(
            || "Nothing has been published yet.".to_owned(),
            |event: std::sync::Arc<Event>| event.to_sse(framing).trim_end().to_owned(),
        )
    };
    let answer = Answer::new();
    view! {
        <div class="tile try">
            <header>
                <h3>"The newest event, written in three ways"</h3>
                <button
                    class="button needs-script"
                    on:click=move |_| {
                        answer.publish("guide/protocol", TEXT, "On the wire".to_owned());
                    }
                >
                    "Publish one"
                </button>
            </header>
            {Framing::ALL
                .map(|framing| {
                    view! {
                        <h4 class="label">{framing.name()}</h4>
                        <pre class="wire" tabindex="0" aria-label=framing.name()>
                            {move || wire(framing)}
                        </pre>
                    }
                        .into_any()
                })
                .collect_view()}
            {answer.view()}
        </div>
    }
    .into_any()
}

pub(super) fn types() -> AnyView {
    const READY: &[Ready] = &[
        Ready {
            label: "Publish a notification",
            headers: &[
                ("content-type", "application/json"),
                ("ce-type", "notification"),
            ],
            body: r#"{"type":"info","message":"New user joined"}"#,
        },
        Ready {
            label: "Publish an update",
            headers: &[("content-type", "application/json"), ("ce-type", "update")],
            body: r#"{"content":"Page content updated"}"#,
        },
    ];
    let trial = trial(
        "/events?topic=guide/types",
        &["notification", "update"],
        Begin::Page,
        say,
    );
    view! {
        <TryIt trial=trial hint="Publish one of each: they arrive under their names.">
            {buttons(trial, "guide/types", READY)}
        </TryIt>
    }
    .into_any()
}

pub(super) fn publish() -> AnyView {
    const READY: &[Ready] = &[
        Ready {
            label: "A line of text",
            headers: TEXT,
            body: "build 77 has begun",
        },
        Ready {
            label: "Data",
            headers: &[("content-type", "application/json")],
            body: r#"{"seconds": 12.5, "failed": 0}"#,
        },
        Ready {
            label: "Known by its own id",
            headers: &[
                ("content-type", "text/plain"),
                ("ce-source", "/guide"),
                ("ce-id", "build-77"),
            ],
            body: "build 77 is done",
        },
    ];
    let trial = trial("/events?topic=guide/publish", &[], Begin::Page, say);
    view! {
        <TryIt trial=trial hint="Publish, and compare the answer with what arrives.">
            {buttons(trial, "guide/publish", READY)}
        </TryIt>
    }
    .into_any()
}

pub(super) fn reconnect() -> AnyView {
    let trial = trial("/events?topic=guide/reconnect", &["gap"], Begin::Page, say);
    view! {
        <TryIt trial=trial hint="Connect, close, publish a few lines, connect: they all arrive.">
            {line(trial, "guide/reconnect", "Sent while nobody listened", false)}
        </TryIt>
    }
    .into_any()
}

pub(super) fn replay() -> AnyView {
    let trial = trial("/events?topic=guide/replay", &["gap"], Begin::Log, say);
    view! {
        <TryIt trial=trial hint="Connect: everything this topic ever had comes first.">
            {line(trial, "guide/replay", "For those who come later", false)}
        </TryIt>
    }
    .into_any()
}

pub(super) fn heartbeat() -> AnyView {
    let trial = trial("/events?topic=guide/quiet", &[], Begin::Page, say);
    view! {
        <TryIt trial=trial hint="Connect and wait; nothing is published here.">
            ""
        </TryIt>
    }
    .into_any()
}

pub(super) fn chat() -> AnyView {
    let trial = trial("/chat-stream?room=guide", &[], Begin::Page, say_chat);
    view! {
        <TryIt trial=trial hint="Say something; open this page twice to talk to yourself.">
            <Compose room="guide".to_owned() sent=Callback::new(move |()| trial.open_first()) />
        </TryIt>
    }
    .into_any()
}

pub(super) fn proxies() -> AnyView {
    let trial = trial("/events?topic=guide/proxies", &[], Begin::Page, say_delay);
    let answer = Answer::new();
    let publish = move |_| {
        trial.open_first();
        answer.publish(
            "guide/proxies",
            TEXT,
            format!(
                "Ping of page {}, {:.1} ms old",
                this_page(),
                platform::page_clock()
            ),
        );
    };
    view! {
        <TryIt
            trial=trial
            hint="Connect, then publish a few: each says how long it was on its way."
        >
            <p class="actions">
                <button class="button" on:click=publish>
                    "Publish, and take the time"
                </button>
            </p>
            {answer.view()}
        </TryIt>
    }
    .into_any()
}

pub(super) fn connections() -> AnyView {
    let role = use_live().stream.role;
    let whose = move || match role.get() {
        Role::Alone => "This tab has a connection for itself.".to_owned(),
        Role::Leader { followers } => {
            format!(
                "This tab has the connection, and shares it with {}.",
                format::count(followers as u64, "other tab", "other tabs")
            )
        }
        Role::Follower => "Another tab has the connection, and passes on what comes.".to_owned(),
    };
    view! {
        <div class="tile try">
            <header>
                <h3>"Whose connection this is"</h3>
            </header>
            <p role="status" class="whose">
                {move || whose()}
            </p>
            <p class="actions">
                <a class="button" href="/" target="_blank" rel="external noopener">
                    "Open the board in a second tab"
                </a>
            </p>
        </div>
    }
    .into_any()
}

/// The two beside each other; the lesson has no code.
pub(super) fn comparison() -> AnyView {
    const ROWS: [(&str, &str, &str); 7] = [
        (
            "Direction",
            "server to page; the way up is a request",
            "both, at any time",
        ),
        (
            "What it carries",
            "text, as events with type and id",
            "text or bytes, as messages of your own making",
        ),
        (
            "After a loss",
            "the browser reconnects and says where it was",
            "yours to write",
        ),
        (
            "Over proxies",
            "plain HTTP; buffering has to be off",
            "an upgrade that each of them has to allow",
        ),
        (
            "Connections",
            "six to a server over HTTP/1.1, shared over HTTP/2",
            "one each, with a larger limit",
        ),
        (
            "Authorisation",
            "cookies; headers only through fetch",
            "cookies; no headers in browsers either",
        ),
        ("With curl", "read as it comes", "recent versions only"),
    ];
    let row = |(what, stream, socket): (&'static str, &'static str, &'static str)| {
        view! {
            <tr>
                <th scope="row">{what}</th>
                <td>{stream}</td>
                <td>{socket}</td>
            </tr>
        }
        .into_any()
    };
    view! {
        <table class="comparison">
            <thead>
                <tr>
                    <td></td>
                    <th scope="col">"Server-Sent Events"</th>
                    <th scope="col">"WebSocket"</th>
                </tr>
            </thead>
            <tbody>{ROWS.map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// What a message says, whatever its type.
fn say(message: &Message) -> String {
    let Ok(event_type) = TypeName::new(&message.event_type) else {
        return message.data.clone();
    };
    let Ok(json) = pulseboard_contract::Json::parse(&message.data) else {
        return message.data.clone();
    };
    match Payload::decode(&event_type, &json) {
        Payload::Message(text) => text.message,
        Payload::Notification(notification) => {
            format!("{}: {}", notification.severity.name(), notification.message)
        }
        Payload::Update(update) => update.content,
        Payload::Heartbeat(heartbeat) => format!("alive at {}", heartbeat.time),
        Payload::Chat(chat) => format!("{}: {}", chat.user, chat.text),
        Payload::Presence(presence) => presence.users.join(", "),
        Payload::Typing(typing) => format!("{} is typing", typing.user),
        Payload::Gap(gap) => format!("lost after {}", gap.after),
        Payload::Metrics(_) | Payload::Other { .. } => message.data.clone(),
    }
}

/// What a chat message says; on `/chat-stream` they have no event type.
fn say_chat(message: &Message) -> String {
    match serde_json::from_str::<pulseboard_contract::Chat>(&message.data) {
        Ok(chat) => format!("{}: {}", chat.user, chat.text),
        Err(_) => say(message),
    }
}

/// Tells this page from others, whose clocks began at another time.
fn this_page() -> i64 {
    static OPENED: OnceLock<i64> = OnceLock::new();
    *OPENED.get_or_init(|| platform::epoch_millis().unwrap_or_default())
}

/// How long a message of this page was on its way.
fn say_delay(message: &Message) -> String {
    let said = say(message);
    let ping = said
        .strip_prefix("Ping of page ")
        .and_then(|rest| rest.strip_suffix(" ms old")?.split_once(", "));
    match ping
        .filter(|(page, _)| page.parse() == Ok(this_page()))
        .and_then(|(_, sent)| sent.parse::<f64>().ok())
    {
        Some(sent) => format!(
            "{:.0} ms from this page to the server and back",
            platform::page_clock() - sent
        ),
        None => said,
    }
}
