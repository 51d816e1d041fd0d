//! Event types: the table of all there are, and what is derived from it.
//!
//! `table.rs` has one row for each type; `define.rs` derives [`EventType`] and
//! [`Payload`](crate::Payload) from the rows. `docs/add-an-event-type.md` shows how to add one.

#[macro_use]
mod define;
mod name;
mod table;

pub use name::{InvalidTypeName, TypeName};
pub use table::{EventType, Payload};

/// Who may publish events of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publisher {
    Anyone,
    /// Only the server: such an event from anybody else would misinform every page.
    Server,
}

/// Whether the log stores events of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    Stored,
    /// Sent to the subscribers of this moment, and not stored.
    Ephemeral,
}

impl EventType {
    /// Whether only the server may publish events of this type.
    pub const fn is_reserved(self) -> bool {
        matches!(self.publisher(), Publisher::Server)
    }

    /// Whether events of this type are sent to the subscribers of this moment and not stored.
    pub const fn is_ephemeral(self) -> bool {
        matches!(self.storage(), Storage::Ephemeral)
    }

    /// The example as a publisher writes it: without the time, which the server fills in.
    ///
    /// ```
    /// use pulseboard_contract::EventType;
    ///
    /// assert_eq!(EventType::Chat.draft(), r#"{"user":"Ada","text":"p99 flat"}"#);
    /// ```
    pub fn draft(self) -> String {
        let example = self.example();
        let time = self.time_field().map(|field| format!(",\"{field}\":"));
        match time.and_then(|time| example.split_once(&time)) {
            Some((before, _)) => format!("{before}}}"),
            None => example.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InvalidPayload, Json};

    fn parse(event_type: EventType, text: &str) -> Result<Payload, InvalidPayload> {
        Payload::parse(&event_type.into(), &Json::parse(text).unwrap())
    }

    /// The wire form is a promise to every client: a change of an example is a breaking change.
    #[test]
    fn the_example_of_every_type_decodes_to_that_type_and_is_written_the_same() {
        for &event_type in EventType::ALL {
            let name = TypeName::from(event_type);
            let payload = parse(event_type, event_type.example()).unwrap();
            assert_eq!(payload.known(), Some(event_type));
            assert_eq!(payload.event_type(), name);
            assert_eq!(payload.json().as_str(), event_type.example());
            assert_eq!(Payload::decode(&name, &payload.json()), payload);
            assert_eq!(EventType::from_name(name.as_str()), Some(event_type));
        }
    }

    #[test]
    fn the_examples_are_the_wire_forms_of_the_design() {
        for (name, example) in [
            (
                "message",
                r#"{"message":"Hello World","timestamp":"2024-01-01T12:00:00Z"}"#,
            ),
            (
                "notification",
                r#"{"type":"info","message":"New user joined"}"#,
            ),
            ("update", r#"{"content":"Page content updated"}"#),
            (
                "heartbeat",
                r#"{"status":"ok","time":"2024-01-01T12:00:00Z"}"#,
            ),
            (
                "chat",
                r#"{"user":"Ada","text":"p99 flat","time":"2024-01-01T12:00:00Z"}"#,
            ),
            ("presence", r#"{"users":["Ada","Grace"],"watching":3}"#),
            ("typing", r#"{"user":"Grace"}"#),
            ("metrics", r#"{"cpu":23.4,"load":1}"#),
            (
                "gap",
                r#"{"after":"9f2c41d7-12","resumed_at":"9f2c41d7-40","lost":28}"#,
            ),
        ] {
            let known = EventType::from_name(name).map(EventType::example);
            assert_eq!(known, Some(example), "{name}");
        }
    }

    #[test]
    fn every_payload_has_a_text() {
        let text = |event_type| parse(event_type, event_type.example()).unwrap().text();
        for (event_type, expected) in [
            (EventType::Message, "Hello World"),
            (EventType::Notification, "info: New user joined"),
            (EventType::Update, "Page content updated"),
            (EventType::Heartbeat, "alive at 2024-01-01T12:00:00Z"),
            (EventType::Chat, "Ada: p99 flat"),
            (EventType::Presence, "3 watching, present: Ada, Grace"),
            (EventType::Typing, "Grace is typing"),
            (EventType::Metrics, "cpu=23.4 load=1"),
            (
                EventType::Gap,
                "history is missing: 28 events after 9f2c41d7-12 are gone",
            ),
        ] {
            assert_eq!(text(event_type), expected);
        }
        for &event_type in EventType::ALL {
            assert_ne!(text(event_type), "");
        }
    }

    #[test]
    fn a_draft_has_no_time() {
        for &event_type in EventType::ALL {
            let draft = Json::parse(&event_type.draft()).unwrap();
            if let Some(field) = event_type.time_field() {
                assert!(event_type.example().contains(field), "{event_type:?}");
                assert!(!draft.as_str().contains(field), "{draft}");
            } else {
                assert_eq!(draft.as_str(), event_type.example());
            }
        }
    }

    #[test]
    fn an_unknown_type_arrives_whole() {
        let name = TypeName::new("com.ci.deploy").unwrap();
        let json = Json::parse(r#"{"service":"api","version":"v2.31.0"}"#).unwrap();
        let other = Payload::Other {
            event_type: name.clone(),
            json: json.clone(),
        };
        assert_eq!(Payload::decode(&name, &json), other);
        assert_eq!(Payload::parse(&name, &json), Ok(other));
    }

    #[test]
    fn data_that_does_not_fit_its_type_is_refused_with_the_field() {
        let error = |event_type, text| parse(event_type, text).unwrap_err().to_string();
        let unknown = error(EventType::Notification, r#"{"type":"fatal","message":"x"}"#);
        assert!(unknown.contains("unknown variant `fatal`"), "{unknown}");
        let missing = error(EventType::Update, "{}");
        assert!(missing.contains("missing field `content`"), "{missing}");
    }

    #[test]
    fn a_message_may_be_any_json() {
        assert!(matches!(
            parse(EventType::Message, "[1]"),
            Ok(Payload::Other { .. })
        ));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        assert_eq!(
            parse(EventType::Update, r#"{"content":"x","author":"Ada"}"#),
            Ok(Payload::Update(crate::Update {
                content: "x".into()
            }))
        );
    }
}
