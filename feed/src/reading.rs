//! What an event says to a tile: numbers, states, or a line of text. Read off its data, with no
//! configuration.

use pulseboard_contract::{Event, Payload};
use serde_json::{Map, Value};

use super::words::in_words;

/// A text longer than this beside numbers or switches is prose, not a state.
const STATE_CHARS: usize = 60;
/// Words without a number or a switch have to be shorter to be states.
const WORD_CHARS: usize = 32;
/// Fields that hold prose, however short it happens to be.
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

/// What an event's data comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Values by field, in the order of the data.
    Values {
        /// The fields that are numbers.
        numbers: Vec<(String, f64)>,
        /// The fields that are switches or words.
        states: Vec<(String, String)>,
    },
    /// Something to read.
    Line(String),
    /// Something a tile shows in a way of its own: what is said, notified, or told about the
    /// stream.
    Typed,
}

impl Reading {
    /// Reads an event.
    pub fn of(event: &Event) -> Self {
        match event.payload() {
            Payload::Metrics(metrics) => Self::Values {
                numbers: metrics.0.into_iter().collect(),
                states: Vec::new(),
            },
            Payload::Other { json, .. } => match json.read::<Value>() {
                // Who names the type tells of something that happened; without one the words are
                // all there is to it.
                Ok(Value::Object(fields)) => {
                    Self::of_object(&fields, event.event_type.as_str() == "message")
                }
                Ok(Value::Number(number)) => {
                    Self::numbers(vec![("value".to_owned(), number.as_f64().unwrap_or(0.0))])
                }
                Ok(Value::Bool(on)) => Self::Values {
                    numbers: Vec::new(),
                    states: vec![("value".to_owned(), switch(on).to_owned())],
                },
                Ok(Value::String(text)) => Self::Line(text),
                Ok(_) | Err(_) => Self::Line(json.to_string()),
            },
            Payload::Message(message) => Self::Line(message.message),
            Payload::Update(update) => Self::Line(update.content),
            Payload::Notification(_)
            | Payload::Chat(_)
            | Payload::Typing(_)
            | Payload::Presence(_)
            | Payload::Heartbeat(_)
            | Payload::Gap(_) => Self::Typed,
        }
    }

    fn numbers(numbers: Vec<(String, f64)>) -> Self {
        Self::Values {
            numbers,
            states: Vec::new(),
        }
    }

    /// An object without a type of ours: its numbers become lines, its switches and short words
    /// states; one that has only words is a state too where that is plausible, and a line of text
    /// otherwise.
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
            Self::Line(in_words(fields))
        } else {
            Self::Values { numbers, states }
        }
    }
}

/// A switch, by word.
fn switch(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    fn states(event_type: &str, data: &str) -> Option<String> {
        match Reading::of(&event(1, "t", event_type, data)) {
            Reading::Values { states, .. } => Some(
                states
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            Reading::Line(_) | Reading::Typed => None,
        }
    }

    #[test]
    fn switches_and_short_words_are_states() {
        for (data, expected) in [
            (r#"{"online":true}"#, Some("online=yes")),
            (r#"{"door":"open"}"#, Some("door=open")),
            (
                r#"{"door":"open","lock":"closed"}"#,
                Some("door=open lock=closed"),
            ),
            ("false", Some("value=no")),
            (r#"{"queue":1,"note":"short"}"#, Some("note=short")),
            (r#"{"message":"short"}"#, None),
            (
                r#"{"door":"open since the wind blew it out of its frame"}"#,
                None,
            ),
            (r#"{"door":"open","history":[]}"#, None),
            (r"{}", None),
        ] {
            assert_eq!(states("message", data).as_deref(), expected, "{data}");
        }
    }

    #[test]
    fn what_has_a_type_of_its_own_happened_unless_it_is_a_switch() {
        assert_eq!(
            states("com.ci.deploy", r#"{"service":"api","status":"done"}"#),
            None
        );
        assert_eq!(states("com.ci.deploy", r#"{"status":"done"}"#), None);
        assert_eq!(
            states("com.home.lamp", r#"{"room":"west","on":true}"#).as_deref(),
            Some("room=west on=yes")
        );
    }
}
