//! An event in words: the line it makes in a list.

use pulseboard_contract::{Event, Payload, Severity};
use serde_json::{Map, Value};

use crate::number::NumberStyle;

/// How much the event matters, where it says so, and what it says.
pub fn words(event: &Event) -> (Option<Severity>, String) {
    match event.payload() {
        Payload::Message(message) => (None, message.message),
        Payload::Update(update) => (None, update.content),
        Payload::Notification(notification) => (Some(notification.severity), notification.message),
        Payload::Chat(chat) => (None, format!("{}: {}", chat.user, chat.text)),
        Payload::Metrics(_)
        | Payload::Other { .. }
        | Payload::Presence(_)
        | Payload::Typing(_)
        | Payload::Heartbeat(_)
        | Payload::Gap(_) => {
            let text = match event.data.read() {
                Ok(Value::Object(fields)) => in_words(&fields),
                Ok(Value::String(text)) => text,
                Ok(_) | Err(_) => event.data.to_string(),
            };
            (None, text)
        }
    }
}

/// An object as a line: its values, the way a person would read them out.
pub(super) fn in_words(fields: &Map<String, Value>) -> String {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        // A measurement has the digits one can read; a whole number may be somebody's id and stays
        // as it is.
        Value::Number(number) if number.is_f64() => {
            NumberStyle::NEUTRAL.number(number.as_f64().unwrap_or_default())
        }
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    };
    fields
        .iter()
        .map(|(name, value)| format!("{name} {}", word(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    #[test]
    fn every_payload_can_be_read_out() {
        for (event_type, data, text) in [
            (
                "message",
                r#"{"message":"one","timestamp":"2024-01-01T12:00:00Z"}"#,
                "one",
            ),
            ("update", r#"{"content":"two"}"#, "two"),
            (
                "notification",
                r#"{"type":"error","message":"three"}"#,
                "three",
            ),
            (
                "chat",
                r#"{"user":"Ada","text":"four","time":"2024-01-01T12:00:00Z"}"#,
                "Ada: four",
            ),
            (
                "metrics",
                r#"{"cpu":2000,"load":0.123456}"#,
                "cpu 2000, load 0.12",
            ),
            (
                "com.ci.deploy",
                r#"{"service":"api","steps":["a"]}"#,
                r#"service api, steps ["a"]"#,
            ),
            ("message", r#""five""#, "five"),
            ("x", "[6]", "[6]"),
        ] {
            assert_eq!(words(&event(1, "t", event_type, data)).1, text);
        }
        assert_eq!(
            words(&event(
                1,
                "t",
                "notification",
                r#"{"type":"error","message":""}"#
            ))
            .0,
            Some(Severity::Error)
        );
    }
}
