//! The payload structs: the JSON of each event type.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{EventId, EventType, Timestamp};

/// Payload of [`EventType::Message`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text.
    pub message: String,
    /// When it was sent.
    pub timestamp: Timestamp,
}

/// Payload of [`EventType::Notification`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// How much it matters.
    #[serde(rename = "type")]
    pub severity: Severity,
    /// What happened.
    pub message: String,
}

/// How much a notification matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something succeeded.
    Success,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
}

impl Severity {
    /// The name on the wire and on the page.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Payload of [`EventType::Update`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The new content.
    pub content: String,
}

/// Payload of [`EventType::Heartbeat`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Always `ok`: a server that is not well sends no heartbeats.
    pub status: HeartbeatStatus,
    /// The server's clock.
    pub time: Timestamp,
}

/// How the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeartbeatStatus {
    /// The stream is alive.
    Ok,
}

/// Payload of [`EventType::Chat`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// The name of the user who sent it.
    pub user: String,
    /// The message.
    pub text: String,
    /// When the server received it.
    pub time: Timestamp,
}

/// Payload of [`EventType::Presence`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The names of the users who are present, sorted, each once.
    pub users: Vec<String>,
    /// How many streams are open, those of users without a name included.
    pub watching: usize,
}

/// Payload of [`EventType::Typing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// The name of the user who is typing.
    pub user: String,
}

/// Payload of [`EventType::Metrics`]: a flat map of name to number.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Metrics(pub BTreeMap<String, f64>);

impl Serialize for Metrics {
    /// Writes a whole number without a fraction, as JavaScript does: `2`, not `2.0`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Up to here a double holds every whole number exactly.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Number {
            Whole(i64),
            Real(f64),
        }
        serializer.collect_map(self.0.iter().map(|(name, &value)| {
            let is_whole = value.fract() == 0.0 && value.abs() <= EXACT;
            #[allow(clippy::cast_possible_truncation)] // Checked on the line above.
            let number = if is_whole {
                Number::Whole(value as i64)
            } else {
                Number::Real(value)
            };
            (name, number)
        }))
    }
}

/// Payload of [`EventType::Gap`]: the subscriber asked for events after `after`, and some of them
/// are no longer in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The subscriber's cursor.
    pub after: EventId,
    /// The position that the stream resumes after; every later event is sent.
    pub resumed_at: EventId,
    /// How many events of the subscription are missing; `null` if the server cannot know.
    pub lost: Option<u64>,
}

impl fmt::Display for Gap {
    /// Says what is missing, for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (after, resumed_at) = (self.after, self.resumed_at);
        match self.lost {
            Some(1) => write!(f, "history is missing: one event after {after} is gone"),
            Some(lost) => write!(
                f,
                "history is missing: {lost} events after {after} are gone"
            ),
            None => write!(
                f,
                "history is missing: events after {after} are gone; going on after {resumed_at}"
            ),
        }
    }
}

/// The data does not fit its event type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data does not fit the event type {}: {reason}", event_type.name())]
pub struct InvalidPayload {
    /// The type it was published under.
    pub event_type: EventType,
    /// The field that does not fit, and what is expected of it.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Json;

    #[test]
    fn a_severity_has_one_name_on_the_wire_and_on_the_page() {
        for severity in [
            Severity::Info,
            Severity::Success,
            Severity::Warning,
            Severity::Error,
        ] {
            assert_eq!(
                Json::of(&severity).unwrap().as_str(),
                format!("{:?}", severity.name())
            );
        }
    }
}
