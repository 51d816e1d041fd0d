//! Event types and their payloads: the one table, and what is derived from it.
//!
//! To add an event type, write its struct and one row in [`event_types!`]; the compiler then names
//! every place that has to say something about it, because nothing here or in the user interface
//! matches with `_`.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{EventId, Json, Timestamp};

macro_rules! event_types {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The event types Pulseboard knows. Any other name may be published as well; see
        /// [`Payload::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl EventType {
            /// Every row of the table, in its order.
            pub const ALL: &[EventType] = &[$(EventType::$variant),+];

            /// What the SSE `event:` field carries.
            pub const fn name(self) -> &'static str {
                match self { $(EventType::$variant => $name,)+ }
            }

            /// The type of this name, if the table has it.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(EventType::$variant),)+ _ => None }
            }
        }

        /// The typed data of an event.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Payload {
            $($(#[doc = $doc])+ $variant($variant),)+
            /// A type the table does not know, or data that does not fit the type's struct: shown
            /// as it is, never lost.
            Other {
                /// The name it was published under.
                event_type: TypeName,
                /// The data as published.
                json: Json,
            },
        }

        impl Payload {
            /// The typed view of an event's data. It cannot fail: what no struct fits is
            /// [`Payload::Other`].
            pub fn decode(event_type: &TypeName, json: &Json) -> Self {
                match EventType::from_name(event_type.as_str()) {
                    $(Some(EventType::$variant) => json.read().ok().map(Payload::$variant),)+
                    None => None,
                }
                .unwrap_or_else(|| Payload::Other { event_type: event_type.clone(), json: json.clone() })
            }

            /// The name the payload is published under.
            pub fn event_type(&self) -> TypeName {
                match self {
                    $(Payload::$variant(_) => TypeName($name.into()),)+
                    Payload::Other { event_type, .. } => event_type.clone(),
                }
            }

            /// The payload as JSON.
            pub fn json(&self) -> Json {
                match self {
                    $(Payload::$variant(payload) => written(payload),)+
                    Payload::Other { json, .. } => json.clone(),
                }
            }

            /// Says why data does not fit the struct of its type. A type without a struct fits
            /// anything.
            pub fn check(event_type: &TypeName, json: &Json) -> Result<(), InvalidPayload> {
                let Some(known) = event_type.known() else { return Ok(()) };
                let fit = match known {
                    $(EventType::$variant => json.read::<$variant>().map(drop),)+
                };
                // `message` is also what an event without a type is called, as in the SSE standard:
                // any JSON will do.
                if known == EventType::Message {
                    return Ok(());
                }
                fit.map_err(|error| InvalidPayload { event_type: event_type.clone(), reason: error.to_string() })
            }
        }
    };
}

event_types! {
    /// Words, and what an event without a type is.
    Message = "message",
    /// Something a person should know, with its severity.
    Notification = "notification",
    /// New content for a page.
    Update = "update",
    /// The stream is alive; sent by the server on every stream.
    Heartbeat = "heartbeat",
    /// Somebody said something in a room.
    Chat = "chat",
    /// Who is in a room now; sent by the server.
    Presence = "presence",
    /// Somebody is writing in a room; never stored.
    Typing = "typing",
    /// Numbers by name.
    Metrics = "metrics",
    /// The log no longer has what the subscriber asked for; sent by the server, in the stream.
    Gap = "gap",
}

impl EventType {
    /// Whether only the server may say this. Published by anybody else it would misinform every
    /// browser.
    pub const fn is_reserved(self) -> bool {
        match self {
            Self::Heartbeat | Self::Presence | Self::Gap => true,
            Self::Message
            | Self::Notification
            | Self::Update
            | Self::Chat
            | Self::Typing
            | Self::Metrics => false,
        }
    }

    /// Whether events of this type are sent to whoever listens now and not stored.
    pub const fn is_ephemeral(self) -> bool {
        match self {
            Self::Heartbeat | Self::Presence | Self::Typing | Self::Gap => true,
            Self::Message | Self::Notification | Self::Update | Self::Chat | Self::Metrics => false,
        }
    }

    /// The field that tells the time, which the server fills in where a publisher left it out.
    pub const fn time_field(self) -> Option<&'static str> {
        match self {
            Self::Message => Some("timestamp"),
            Self::Chat => Some("time"),
            Self::Notification
            | Self::Update
            | Self::Heartbeat
            | Self::Presence
            | Self::Typing
            | Self::Metrics
            | Self::Gap => None,
        }
    }
}

/// Payload of [`EventType::Message`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The words.
    pub message: String,
    /// When they were said.
    pub timestamp: Timestamp,
}

/// Payload of [`EventType::Notification`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// How much it matters.
    #[serde(rename = "type")]
    pub severity: Severity,
    /// What happened, in words.
    pub message: String,
}

/// How much a notification matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something went well.
    Success,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
}

impl Severity {
    /// The word on the wire and on the page.
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
    /// The new content, as text.
    pub content: String,
}

/// Payload of [`EventType::Heartbeat`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Always `ok`: a server that is not, sends none.
    pub status: HeartbeatStatus,
    /// The server's clock.
    pub time: Timestamp,
}

/// The one status a heartbeat has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeartbeatStatus {
    /// The stream is alive.
    Ok,
}

/// Payload of [`EventType::Chat`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// Who said it, as they call themselves.
    pub user: String,
    /// What was said.
    pub text: String,
    /// When the server heard it.
    pub time: Timestamp,
}

/// Payload of [`EventType::Presence`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The names present, sorted, each once.
    pub users: Vec<String>,
    /// How many streams are open, those without a name included.
    pub watching: usize,
}

/// Payload of [`EventType::Typing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// Who is writing.
    pub user: String,
}

/// Payload of [`EventType::Metrics`]: a flat map of name to number.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Metrics(pub BTreeMap<String, f64>);

impl Serialize for Metrics {
    /// A whole number is written as one, as JavaScript would: `2`, not `2.0`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Up to here every whole number is exactly a double.
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

/// Payload of [`EventType::Gap`]: events after `after` were asked for and are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The cursor the subscriber came with.
    pub after: EventId,
    /// The position the stream goes on from; every event after it is sent.
    pub resumed_at: EventId,
    /// How many events of the subscription are missing; `null` where nobody can know.
    pub lost: Option<u64>,
}

/// The name of an event type, known to the table or not: 1 to 100 bytes without white space or
/// control characters.
///
/// `open` and `error` are refused: a browser would dispatch them to the handlers of the connection
/// itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName(Arc<str>);

/// The text cannot name an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTypeName {
    /// Empty, over 100 bytes, or with white space or control characters.
    #[error("an event type has 1 to 100 bytes, without white space or control characters")]
    Text,
    /// `open` or `error`.
    #[error("'open' and 'error' are the browser's own events and cannot be event types")]
    BrowserEvent,
}

impl TypeName {
    /// Checks a name.
    pub fn new(text: &str) -> Result<Self, InvalidTypeName> {
        if matches!(text, "open" | "error") {
            return Err(InvalidTypeName::BrowserEvent);
        }
        if text.is_empty()
            || text.len() > 100
            || text.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(InvalidTypeName::Text);
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The row of the table, if it has one.
    pub fn known(&self) -> Option<EventType> {
        EventType::from_name(&self.0)
    }
}

impl From<EventType> for TypeName {
    fn from(event_type: EventType) -> Self {
        Self(event_type.name().into())
    }
}

impl FromStr for TypeName {
    type Err = InvalidTypeName;

    fn from_str(text: &str) -> Result<Self, InvalidTypeName> {
        Self::new(text)
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl Serialize for TypeName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TypeName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The data does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data is not a {event_type}: {reason}")]
pub struct InvalidPayload {
    /// The type it was published under.
    pub event_type: TypeName,
    /// The field that does not fit, and what was expected.
    pub reason: String,
}

/// Our own structs have string keys and finite numbers, so writing them cannot fail; if one ever
/// did, `null` would be sent and refused by the decoder of the other side rather than a thread lost
/// here.
fn written<T: Serialize>(payload: &T) -> Json {
    Json::of(payload).unwrap_or_else(|_| Json::null())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One golden text per type: the wire form is a promise to every client, so a change here is a
    /// breaking change.
    #[test]
    fn every_type_is_written_as_the_design_says() {
        let time: Timestamp = "2024-01-01T12:00:00Z".parse().unwrap();
        let id = |text: &str| text.parse::<EventId>().unwrap();
        let golden = |event_type| match event_type {
            EventType::Message => (
                Payload::Message(Message {
                    message: "Hello World".into(),
                    timestamp: time,
                }),
                r#"{"message":"Hello World","timestamp":"2024-01-01T12:00:00Z"}"#,
            ),
            EventType::Notification => (
                Payload::Notification(Notification {
                    severity: Severity::Info,
                    message: "New user joined".into(),
                }),
                r#"{"type":"info","message":"New user joined"}"#,
            ),
            EventType::Update => (
                Payload::Update(Update {
                    content: "Page content updated".into(),
                }),
                r#"{"content":"Page content updated"}"#,
            ),
            EventType::Heartbeat => (
                Payload::Heartbeat(Heartbeat {
                    status: HeartbeatStatus::Ok,
                    time,
                }),
                r#"{"status":"ok","time":"2024-01-01T12:00:00Z"}"#,
            ),
            EventType::Chat => (
                Payload::Chat(Chat {
                    user: "Ada".into(),
                    text: "p99 flat".into(),
                    time,
                }),
                r#"{"user":"Ada","text":"p99 flat","time":"2024-01-01T12:00:00Z"}"#,
            ),
            EventType::Presence => (
                Payload::Presence(Presence {
                    users: vec!["Ada".into(), "Grace".into()],
                    watching: 3,
                }),
                r#"{"users":["Ada","Grace"],"watching":3}"#,
            ),
            EventType::Typing => (
                Payload::Typing(Typing {
                    user: "Grace".into(),
                }),
                r#"{"user":"Grace"}"#,
            ),
            EventType::Metrics => (
                Payload::Metrics(Metrics([("cpu".into(), 23.4), ("load".into(), 1.0)].into())),
                r#"{"cpu":23.4,"load":1}"#,
            ),
            EventType::Gap => (
                Payload::Gap(Gap {
                    after: id("9f2c41d7-12"),
                    resumed_at: id("9f2c41d7-40"),
                    lost: Some(28),
                }),
                r#"{"after":"9f2c41d7-12","resumed_at":"9f2c41d7-40","lost":28}"#,
            ),
        };
        for &event_type in EventType::ALL {
            let (payload, text) = golden(event_type);
            assert_eq!(payload.json().as_str(), text);
            assert_eq!(payload.event_type(), TypeName::from(event_type));
            assert_eq!(
                Payload::decode(&event_type.into(), &Json::parse(text).unwrap()),
                payload
            );
        }
    }

    #[test]
    fn severities_are_the_seeds_four_words() {
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

    #[test]
    fn a_type_the_table_does_not_know_still_arrives_whole() {
        let name = TypeName::new("com.ci.deploy").unwrap();
        let json = Json::parse(r#"{"service":"api","version":"v2.31.0"}"#).unwrap();
        assert_eq!(
            Payload::decode(&name, &json),
            Payload::Other {
                event_type: name.clone(),
                json: json.clone()
            }
        );
        assert_eq!(Payload::check(&name, &json), Ok(()));
    }

    #[test]
    fn data_that_does_not_fit_its_type_is_refused_with_the_field() {
        let json = Json::parse(r#"{"type":"fatal","message":"x"}"#).unwrap();
        let error = Payload::check(&EventType::Notification.into(), &json).unwrap_err();
        assert!(
            error.to_string().contains("unknown variant `fatal`"),
            "{error}"
        );
        let error =
            Payload::check(&EventType::Update.into(), &Json::parse("{}").unwrap()).unwrap_err();
        assert!(
            error.to_string().contains("missing field `content`"),
            "{error}"
        );
    }

    #[test]
    fn fields_no_struct_knows_do_not_hinder() {
        let json = Json::parse(r#"{"content":"x","author":"Ada"}"#).unwrap();
        assert_eq!(
            Payload::decode(&EventType::Update.into(), &json),
            Payload::Update(Update {
                content: "x".into()
            })
        );
    }

    #[test]
    fn names_a_stream_or_a_browser_cannot_carry_are_refused() {
        for text in ["", "a b", "a\nb", "a\r", "a\0b", "\u{85}", &"x".repeat(101)] {
            assert_eq!(TypeName::new(text), Err(InvalidTypeName::Text), "{text:?}");
        }
        assert_eq!(TypeName::new("error"), Err(InvalidTypeName::BrowserEvent));
        assert_eq!(TypeName::new("open"), Err(InvalidTypeName::BrowserEvent));
    }
}
