//! The lessons in their order.

#[cfg(test)]
mod compiled;

use leptos::prelude::*;

use super::{
    demos,
    sample::{Language, Sample},
};

/// A lesson.
pub(super) struct Lesson {
    /// The fragment of its address and the name of its folder.
    pub(super) id: &'static str,
    /// The heading.
    pub(super) title: &'static str,
    /// A short name for the table of contents.
    pub(super) short: &'static str,
    /// The text, in the Markdown that `prose` reads.
    pub(super) words: &'static str,
    /// The same code in several languages.
    pub(super) samples: &'static [Sample],
    /// The live demo.
    pub(super) demo: Option<fn() -> AnyView>,
}

/// A lesson from the files in its folder.
macro_rules! lesson {
    ($id:literal, $title:literal, $short:literal, [$($language:ident: $file:literal),*], $demo:expr) => {
        Lesson {
            id: $id,
            title: $title,
            short: $short,
            words: include_str!(concat!($id, "/words.md")),
            samples: &[$(Sample {
                language: Language::$language,
                text: include_str!(concat!($id, "/", $file)),
            }),*],
            demo: $demo,
        }
    };
    ($id:literal, $title:literal, $short:literal, $demo:expr) => {
        lesson!($id, $title, $short, [Rust: "code.rs", JavaScript: "code.js", Curl: "code.sh"], $demo)
    };
}

/// All lessons.
pub(super) static LESSONS: [Lesson; 14] = [
    lesson!("first", "Your first event, in one minute", "First event", [Curl: "code.sh"], Some(demos::first)),
    lesson!(
        "listen",
        "Listen to a stream",
        "Listen",
        Some(demos::listen)
    ),
    lesson!(
        "basic",
        "Open, message, error, close",
        "Life cycle",
        Some(demos::basic)
    ),
    lesson!(
        "protocol",
        "The protocol is text",
        "The protocol",
        Some(demos::protocol)
    ),
    lesson!("types", "Event types", "Event types", Some(demos::types)),
    lesson!(
        "publish",
        "Publish from any program",
        "Publish",
        Some(demos::publish)
    ),
    lesson!(
        "reconnect",
        "Reconnect without loss",
        "Reconnect",
        Some(demos::reconnect)
    ),
    lesson!(
        "replay",
        "Replay stored events",
        "Replay",
        Some(demos::replay)
    ),
    lesson!(
        "heartbeat",
        "Detect a dead connection",
        "Heartbeats",
        Some(demos::heartbeat)
    ),
    lesson!("chat", "A live chat", "Chat", Some(demos::chat)),
    lesson!("proxies", "Proxies that buffer events", "Proxies", [Curl: "code.sh"], Some(demos::proxies)),
    lesson!(
        "connections",
        "The limit of six connections",
        "Connections",
        Some(demos::connections)
    ),
    lesson!("access", "Tokens, cookies and other origins", "Access", [JavaScript: "code.js", Curl: "code.sh"], None),
    lesson!(
        "websocket",
        "When to use a WebSocket",
        "WebSocket",
        [],
        Some(demos::comparison)
    ),
];
