//! What an event says: numbers, states, or a line of text, read off its data without any
//! configuration.
//!
//! [`Reading`] is what a topic takes in. [`Headline`] is the event as one line of a list.

mod headline;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use pulseboard_contract::{Chat, Content, EventType, Json, Payload, Severity, Typing};
use serde_json::{Map, Value};

pub use headline::Headline;

/// A text longer than this, beside numbers or switches, is prose and not a state.
const STATE_CHARS: usize = 60;
/// Without a number or a switch beside them, words must be shorter to be states.
const WORD_CHARS: usize = 32;
/// Fields that hold prose, however short the text is.
const PROSE: [&str; 14] = [
    "message",
    "msg",
    "text",
    "content",
    "title",
    "body",
    "note",
    "comment",
    "description",
    "summary",
    "detail",
    "error",
    "log",
    "line",
];

/// What a topic takes in from an event.
///
/// ```
/// use pulseboard_contract::{Json, Payload, TypeName};
/// use pulseboard_feed::Reading;
///
/// let json = Json::parse(r#"{"temperature":21.4,"door":"open"}"#)?;
/// let payload = Payload::decode(&TypeName::new("message")?, &json);
/// assert_eq!(
///     Reading::of(&payload),
///     Reading::Values {
///         numbers: vec![("temperature".to_owned(), 21.4)],
///         states: vec![("door".to_owned(), "open".to_owned())],
///     }
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Reading<'a> {
    /// Values by field, in the order of the data.
    Values {
        /// The fields that are numbers.
        numbers: Vec<(String, f64)>,
        /// The fields that are switches or words.
        states: Vec<(String, String)>,
    },
    /// A line of text.
    Line {
        /// How much it matters, if the event says so.
        severity: Option<Severity>,
        /// The text.
        text: Cow<'a, str>,
    },
    /// A chat message.
    Chat(&'a Chat),
    /// A user is typing in a room.
    Typing(&'a Typing),
    /// Nothing that a topic takes in: who is present, or something about the stream.
    Nothing,
}

impl<'a> Reading<'a> {
    /// Reads a payload.
    pub fn of(payload: &'a Payload) -> Self {
        match payload.content() {
            Content::Line(text) => Self::line(text),
            Content::Notice(notice) => Self::Line {
                severity: Some(notice.severity),
                text: Cow::Borrowed(&notice.message),
            },
            Content::Numbers(numbers) => Self::numbers(
                numbers
                    .iter()
                    .map(|(name, value)| (name.clone(), *value))
                    .collect(),
            ),
            Content::Chat(chat) => Self::Chat(chat),
            Content::Typing(typing) => Self::Typing(typing),
            Content::Presence(_) | Content::Stream(_) => Self::Nothing,
            Content::Data(json) => {
                // A publisher that names a type reports something that happened. Without a type,
                // the words are all there is.
                let is_untyped = payload.event_type().known() == Some(EventType::Message);
                Self::of_data(json, is_untyped)
            }
        }
    }

    fn of_data(json: &'a Json, is_untyped: bool) -> Self {
        match json.read::<Value>() {
            Ok(Value::Object(fields)) => Self::of_object(&fields, is_untyped),
            Ok(Value::Number(number)) => {
                Self::numbers(vec![("value".to_owned(), number.as_f64().unwrap_or(0.0))])
            }
            Ok(Value::Bool(on)) => Self::Values {
                numbers: Vec::new(),
                states: vec![("value".to_owned(), switch(on).to_owned())],
            },
            Ok(Value::String(text)) => Self::line(text),
            Ok(Value::Null | Value::Array(_)) | Err(_) => Self::line(json.as_str()),
        }
    }

    fn line(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Line {
            severity: None,
            text: text.into(),
        }
    }

    fn numbers(numbers: Vec<(String, f64)>) -> Self {
        Self::Values {
            numbers,
            states: Vec::new(),
        }
    }

    /// Reads an object without a type of the table. Its numbers become series; its switches and
    /// short words become states. An object of words alone is a state where that is plausible, and
    /// a line of text otherwise.
    fn of_object(fields: &Map<String, Value>, is_untyped: bool) -> Self {
        let (mut numbers, mut states) = (Vec::new(), Vec::new());
        let (mut has_switch, mut has_only_words) = (false, true);
        for (name, value) in fields {
            match value {
                Value::Number(number) => {
                    numbers.push((name.clone(), number.as_f64().unwrap_or(0.0)));
                }
                Value::Bool(on) => {
                    has_switch = true;
                    states.push((name.clone(), switch(*on).to_owned()));
                }
                Value::String(text) => {
                    let length = text.chars().count();
                    has_only_words &=
                        length <= WORD_CHARS && !text.is_empty() && !PROSE.contains(&name.as_str());
                    if length <= STATE_CHARS {
                        states.push((name.clone(), text.clone()));
                    }
                }
                Value::Null => {}
                Value::Array(_) | Value::Object(_) => has_only_words = false,
            }
        }
        let is_state = has_only_words && !states.is_empty() && (has_switch || is_untyped);
        if numbers.is_empty() && !is_state {
            Self::line(headline::fields_as_text(fields))
        } else {
            Self::Values { numbers, states }
        }
    }
}

/// The word for a switch.
fn switch(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}
