//! The lessons, in their order.

#[cfg(test)]
mod compiled;

use leptos::prelude::*;

use super::{
    code::{Language, Sample},
    trials,
};

/// A lesson.
pub(super) struct Lesson {
    /// What its address ends with.
    pub(super) id: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// Its name where there is little room.
    pub(super) short: &'static str,
    /// What it says, as `prose` reads it.
    pub(super) words: &'static str,
    /// The same thing in some languages.
    pub(super) samples: &'static [Sample],
    /// Its live part.
    pub(super) trial: Option<fn() -> AnyView>,
}

/// A lesson made of the files in its folder.
macro_rules! lesson {
    ($id:literal, $title:literal, $short:literal, [$($language:ident: $file:literal),*], $trial:expr) => {
        Lesson {
            id: $id,
            title: $title,
            short: $short,
            words: include_str!(concat!($id, "/words.md")),
            samples: &[$(Sample {
                language: Language::$language,
                text: include_str!(concat!($id, "/", $file)),
            }),*],
            trial: $trial,
        }
    };
    ($id:literal, $title:literal, $short:literal, $trial:expr) => {
        lesson!($id, $title, $short, [Rust: "code.rs", JavaScript: "code.js", Curl: "code.sh"], $trial)
    };
}

/// All of them.
pub(super) static LESSONS: [Lesson; 14] = [
    lesson!("first", "Your first event, in one minute", "First event", [Curl: "code.sh"], Some(trials::first)),
    lesson!(
        "listen",
        "Listen to a stream",
        "Listen",
        Some(trials::listen)
    ),
    lesson!(
        "basic",
        "Open, message, error, close",
        "Four moments",
        Some(trials::basic)
    ),
    lesson!(
        "protocol",
        "The protocol is text",
        "The protocol",
        Some(trials::protocol)
    ),
    lesson!("types", "Event types", "Event types", Some(trials::types)),
    lesson!(
        "publish",
        "Publish from anything",
        "Publish",
        Some(trials::publish)
    ),
    lesson!(
        "reconnect",
        "Reconnect without loss",
        "Reconnect",
        Some(trials::reconnect)
    ),
    lesson!("replay", "Replay what was", "Replay", Some(trials::replay)),
    lesson!(
        "heartbeat",
        "Know that it is alive",
        "Heartbeats",
        Some(trials::heartbeat)
    ),
    lesson!("chat", "A live chat", "Chat", Some(trials::chat)),
    lesson!("proxies", "Proxies that hold events back", "Proxies", [Curl: "code.sh"], Some(trials::proxies)),
    lesson!(
        "connections",
        "Six connections",
        "Connections",
        Some(trials::connections)
    ),
    lesson!("access", "Tokens, cookies, other origins", "Access", [JavaScript: "code.js", Curl: "code.sh"], None),
    lesson!(
        "websocket",
        "When a WebSocket is better",
        "WebSocket",
        [],
        Some(trials::comparison)
    ),
];
