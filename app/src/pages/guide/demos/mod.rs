//! The demo of each lesson.

mod comparison;
mod text;

use leptos::prelude::*;
use pulseboard_contract::{Event, Framing};

use super::{
    demo::{DemoPanel, StartAt, demo},
    publish::{Example, Publisher, TEXT, buttons, text_form},
};
use crate::{components::Compose, format, live::use_live, platform::clock::page_clock};
pub(super) use comparison::comparison;
use leptos_event_source::Role;
use pulseboard_feed::Feed;
use text::{chat_text, ping, round_trip_text, text};

/// The most bytes of a payload that fit on a few lines.
const SHORT_PAYLOAD: usize = 160;

pub(super) fn first() -> AnyView {
    let demo = demo("/events?topic=hello", &[], StartAt::Page, text);
    view! {
        <DemoPanel demo=demo hint="Publish a line. It appears here and on the board.">
            {text_form(demo, "hello", "Hello World", true)}
            <p class="quiet">
                "The page of the topic: "<a href="/topics/hello">"/topics/hello"</a>
            </p>
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn listen() -> AnyView {
    let demo = demo("/events?topic=guide/listen", &[], StartAt::Page, text);
    view! {
        <DemoPanel demo=demo hint="Connect, then publish a line. It comes back from the server.">
            {text_form(demo, "guide/listen", "Hello World", true)}
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn basic() -> AnyView {
    let demo = demo("/stream", &[], StartAt::Page, text);
    view! {
        <DemoPanel
            demo=demo
            hint="Connect, publish, close. Messages of other topics arrive too."
        >
            {text_form(demo, "guide/basic", "Another update", true)}
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn protocol() -> AnyView {
    let live = use_live();
    // The newest event with a short payload, or else the newest event.
    let newest = Memo::new(move |_| {
        live.feed.with(|feed: &Feed| {
            let stored = || {
                feed.recent()
                    .map(|recent| &recent.event)
                    .filter(|event| event.event_id.is_some())
            };
            stored()
                .find(|event| event.data.as_str().len() <= SHORT_PAYLOAD)
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
    let publisher = Publisher::new();
    view! {
        <div class="tile try">
            <header>
                <h3>"The newest event in three framings"</h3>
                <button
                    class="button needs-script"
                    on:click=move |_| {
                        publisher.publish("guide/protocol", TEXT, "On the wire".to_owned());
                    }
                >
                    "Publish an event"
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
            {publisher.view()}
        </div>
    }
    .into_any()
}

pub(super) fn types() -> AnyView {
    const EXAMPLES: &[Example] = &[
        Example {
            label: "Publish a notification",
            headers: &[
                ("content-type", "application/json"),
                ("ce-type", "notification"),
            ],
            body: r#"{"type":"info","message":"New user joined"}"#,
        },
        Example {
            label: "Publish an update",
            headers: &[("content-type", "application/json"), ("ce-type", "update")],
            body: r#"{"content":"Page content updated"}"#,
        },
    ];
    let demo = demo(
        "/events?topic=guide/types",
        &["notification", "update"],
        StartAt::Page,
        text,
    );
    view! {
        <DemoPanel demo=demo hint="Publish one of each. Each arrives with its type.">
            {buttons(demo, "guide/types", EXAMPLES)}
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn publish() -> AnyView {
    const EXAMPLES: &[Example] = &[
        Example {
            label: "A line of text",
            headers: TEXT,
            body: "build 77 has started",
        },
        Example {
            label: "JSON",
            headers: &[("content-type", "application/json")],
            body: r#"{"seconds": 12.5, "failed": 0}"#,
        },
        Example {
            label: "With its own id",
            headers: &[
                ("content-type", "text/plain"),
                ("ce-source", "/guide"),
                ("ce-id", "build-77"),
            ],
            body: "build 77 is done",
        },
    ];
    let demo = demo("/events?topic=guide/publish", &[], StartAt::Page, text);
    view! {
        <DemoPanel demo=demo hint="Publish, and compare the response with the event that arrives.">
            {buttons(demo, "guide/publish", EXAMPLES)}
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn reconnect() -> AnyView {
    let demo = demo(
        "/events?topic=guide/reconnect",
        &["gap"],
        StartAt::Page,
        text,
    );
    view! {
        <DemoPanel demo=demo hint="Connect, close, publish a few lines, connect again. All of them arrive.">
            {text_form(demo, "guide/reconnect", "Sent while disconnected", false)}
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn replay() -> AnyView {
    let demo = demo("/events?topic=guide/replay", &["gap"], StartAt::Log, text);
    view! {
        <DemoPanel demo=demo hint="Connect. All stored events of this topic arrive first.">
            {text_form(demo, "guide/replay", "For later subscribers", false)}
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn heartbeat() -> AnyView {
    let demo = demo("/events?topic=guide/quiet", &[], StartAt::Page, text);
    view! {
        <DemoPanel demo=demo hint="Connect and wait for a heartbeat. Nothing is published to this topic.">
            ""
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn chat() -> AnyView {
    let demo = demo("/chat-stream?room=guide", &[], StartAt::Page, chat_text);
    view! {
        <DemoPanel demo=demo hint="Send a message, or open this page in two windows and chat.">
            <Compose room="guide".to_owned() sent=Callback::new(move |()| demo.open_first()) />
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn proxies() -> AnyView {
    let demo = demo(
        "/events?topic=guide/proxies",
        &[],
        StartAt::Page,
        round_trip_text,
    );
    let publisher = Publisher::new();
    let publish = move |_| {
        demo.open_first();
        publisher.publish("guide/proxies", TEXT, ping(page_clock()));
    };
    view! {
        <DemoPanel
            demo=demo
            hint="Connect, then publish a few times. Each message shows its round-trip time."
        >
            <p class="actions">
                <button class="button" on:click=publish>
                    "Publish and measure"
                </button>
            </p>
            {publisher.view()}
        </DemoPanel>
    }
    .into_any()
}

pub(super) fn connections() -> AnyView {
    let role = use_live().stream.role;
    let owner = move || match role.get() {
        Role::Alone => "This tab has its own connection.".to_owned(),
        Role::Leader { followers } => {
            format!(
                "This tab has the connection and shares it with {}.",
                format::count(followers as u64, "other tab", "other tabs")
            )
        }
        Role::Follower => {
            "Another tab has the connection and forwards events to this one.".to_owned()
        }
    };
    view! {
        <div class="tile try">
            <header>
                <h3>"The tab with the connection"</h3>
            </header>
            <p role="status" class="whose">
                {move || owner()}
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
