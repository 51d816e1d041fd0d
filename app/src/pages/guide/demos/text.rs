//! The text of a received message, for people.

use std::sync::OnceLock;

use leptos_event_source::Message;
use pulseboard_contract::{Chat, Json, Payload, TypeName};

use crate::platform::clock::{epoch_millis, page_clock};

/// The text of a message of any type.
pub(super) fn text(received: &Message) -> String {
    let Ok(event_type) = TypeName::new(&received.event_type) else {
        return received.data.clone();
    };
    let Ok(json) = Json::parse(&received.data) else {
        return received.data.clone();
    };
    Payload::decode(&event_type, &json).text()
}

/// The text of a chat message. `/chat-stream` sends them without an event type.
pub(super) fn chat_text(received: &Message) -> String {
    match serde_json::from_str::<Chat>(&received.data) {
        Ok(chat) => format!("{}: {}", chat.user, chat.text),
        Err(_) => text(received),
    }
}

/// A number for this page. The clocks of two pages start at different times, so a page measures its own
/// messages only.
fn page_id() -> i64 {
    static OPENED: OnceLock<i64> = OnceLock::new();
    *OPENED.get_or_init(|| epoch_millis().unwrap_or_default())
}

/// The text of a message that says when it was sent.
pub(super) fn ping(now: f64) -> String {
    format!("Ping of page {}, {now:.1} ms old", page_id())
}

/// The round-trip time of a ping of this page. Other messages show their text.
pub(super) fn round_trip_text(received: &Message) -> String {
    let text = text(received);
    let ping = text
        .strip_prefix("Ping of page ")
        .and_then(|rest| rest.strip_suffix(" ms old")?.split_once(", "));
    match ping
        .filter(|(page, _)| page.parse() == Ok(page_id()))
        .and_then(|(_, sent)| sent.parse::<f64>().ok())
    {
        Some(sent) => format!(
            "{:.0} ms from this page to the server and back",
            page_clock() - sent
        ),
        None => text,
    }
}
