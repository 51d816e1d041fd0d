//! The headline of an event: its line in a list.

use pulseboard_contract::{Content, Event, Json, Severity};
use serde_json::{Map, Value};

use crate::number::NumberStyle;

/// An event as one line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// How much the event matters, if it says so.
    pub severity: Option<Severity>,
    /// What it says.
    pub text: String,
}

impl Headline {
    /// The headline of an event.
    pub fn of(event: &Event) -> Self {
        let payload = event.payload();
        let (severity, text) = match payload.content() {
            Content::Notice(notice) => (Some(notice.severity), notice.message.clone()),
            Content::Numbers(_) | Content::Data(_) => (None, data_as_text(&event.data)),
            content @ (Content::Line(_)
            | Content::Chat(_)
            | Content::Typing(_)
            | Content::Presence(_)
            | Content::Stream(_)) => (None, content.into_text()),
        };
        Self { severity, text }
    }
}

fn data_as_text(data: &Json) -> String {
    match data.read() {
        Ok(Value::Object(fields)) => fields_as_text(&fields),
        Ok(Value::String(text)) => text,
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | Err(_) => {
            data.to_string()
        }
    }
}

/// An object on one line: the name and value of each field.
pub(super) fn fields_as_text(fields: &Map<String, Value>) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        // A measurement gets as many digits as a reader can use. A whole number may be an id and
        // stays as it is.
        Value::Number(number) if number.is_f64() => {
            NumberStyle::NEUTRAL.number(number.as_f64().unwrap_or_default())
        }
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    };
    fields
        .iter()
        .map(|(name, value)| format!("{name} {}", text(value)))
        .collect::<Vec<_>>()
        .join(", ")
}
