//! The event: one thing that happened, and how it is written on a stream and in JSON.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};

use crate::{AttributeValue, Attributes, EventId, Json, Payload, Timestamp, Topic, TypeName, sse};

/// One thing that happened, as the hub accepted it.
///
/// Its JSON form is the `CloudEvents` 1.0 envelope with three extension attributes, `topic`,
/// `eventid` and `expires`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its position in the log; none for an ephemeral event, which is not stored.
    pub event_id: Option<EventId>,
    /// The producer's id, or one the hub gave.
    pub id: String,
    /// Who says so: a URI reference.
    pub source: String,
    /// Its type.
    pub event_type: TypeName,
    /// Where it was published.
    pub topic: Topic,
    /// When it happened.
    pub time: Timestamp,
    /// From when on it is of no use: it is neither replayed nor in the history any more.
    pub expires: Option<Timestamp>,
    /// What else the producer said about it.
    pub attributes: Attributes,
    /// Its data, as published.
    pub data: Json,
}

/// How events are written on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// `event:` carries the type, `data:` the payload: for `addEventListener`.
    Named,
    /// No `event:`; `data:` is the payload: for `onmessage`.
    Unnamed,
    /// No `event:`; `data:` is the whole event as `CloudEvents` JSON: one listener sees every type.
    Envelope,
}

/// The text names no framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a framing is one of named, unnamed, envelope")]
pub struct InvalidFraming;

impl Framing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Named, Self::Unnamed, Self::Envelope];

    /// The word in a query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Unnamed => "unnamed",
            Self::Envelope => "envelope",
        }
    }
}

impl FromStr for Framing {
    type Err = InvalidFraming;

    fn from_str(text: &str) -> Result<Self, InvalidFraming> {
        Self::ALL
            .into_iter()
            .find(|framing| framing.name() == text)
            .ok_or(InvalidFraming)
    }
}

impl Event {
    /// The typed view of the data.
    pub fn payload(&self) -> Payload {
        Payload::decode(&self.event_type, &self.data)
    }

    /// About how many bytes it takes to write: everything anybody may have said in it.
    pub fn weight(&self) -> usize {
        self.data.as_str().len()
            + self.attributes.weight()
            + self.id.len()
            + self.source.len()
            + self.topic.as_str().len()
            + self.event_type.as_str().len()
    }

    /// The event as one SSE block, blank line included.
    ///
    /// Heartbeats and gaps speak of the stream, not on a topic, so they are named in every framing:
    /// they reach only who listens for them, and never a chat page's `onmessage`.
    pub fn to_sse(&self, framing: Framing) -> String {
        let id = self.event_id.map(|id| id.to_string());
        let envelope;
        let (event, data) = match framing {
            Framing::Named => (Some(self.event_type.as_str()), self.data.as_str()),
            Framing::Unnamed => (None, self.data.as_str()),
            Framing::Envelope => {
                envelope = self.to_json();
                (None, envelope.as_str())
            }
        };
        sse::Block {
            id: id.as_deref(),
            event,
            data: Some(data),
            retry_millis: None,
        }
        .to_string()
    }

    /// The event as `CloudEvents` JSON, on one line.
    pub fn to_json(&self) -> Json {
        // An event's parts are all valid JSON already, so this cannot fail.
        Json::of(self).unwrap_or_else(|_| Json::null())
    }
}

/// The one version of the specification there is, and the one content type data has here.
const SPEC_VERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";

impl Serialize for Event {
    /// The envelope, its fields in the order of the `CloudEvents` specification.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut envelope = serializer.serialize_map(None)?;
        envelope.serialize_entry("specversion", SPEC_VERSION)?;
        envelope.serialize_entry("id", &self.id)?;
        envelope.serialize_entry("source", &self.source)?;
        envelope.serialize_entry("type", &self.event_type)?;
        envelope.serialize_entry("time", &self.time)?;
        envelope.serialize_entry("datacontenttype", CONTENT_TYPE)?;
        envelope.serialize_entry("topic", &self.topic)?;
        if let Some(event_id) = self.event_id {
            envelope.serialize_entry("eventid", &event_id)?;
        }
        if let Some(expires) = self.expires {
            envelope.serialize_entry("expires", &expires)?;
        }
        for (name, value) in self.attributes.iter() {
            envelope.serialize_entry(name, value)?;
        }
        envelope.serialize_entry("data", &self.data)?;
        envelope.end()
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

/// Reads an envelope by hand: `#[serde(flatten)]`, which would collect the further attributes,
/// cannot carry data as text.
struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CloudEvents envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let (mut id, mut source, mut event_type, mut time, mut topic) =
            (None, None, None, None, None);
        let (mut event_id, mut expires, mut data, mut version) = (None, None, None, None::<String>);
        let mut attributes = Attributes::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "specversion" => version = Some(map.next_value()?),
                "id" => id = Some(map.next_value()?),
                "source" => source = Some(map.next_value()?),
                "type" => event_type = Some(map.next_value()?),
                "time" => time = Some(map.next_value()?),
                "datacontenttype" => {
                    map.next_value::<IgnoredAny>()?;
                }
                "topic" => topic = Some(map.next_value()?),
                "eventid" => event_id = map.next_value()?,
                "expires" => expires = map.next_value()?,
                "data" => data = Some(map.next_value()?),
                name => {
                    if let Some(value) = map.next_value::<Option<AttributeValue>>()? {
                        attributes.insert(name, value).map_err(A::Error::custom)?;
                    }
                }
            }
        }
        let missing = A::Error::missing_field;
        if version.ok_or_else(|| missing("specversion"))? != SPEC_VERSION {
            return Err(A::Error::custom("this version of CloudEvents is not known"));
        }
        Ok(Event {
            event_id,
            id: id.ok_or_else(|| missing("id"))?,
            source: source.ok_or_else(|| missing("source"))?,
            event_type: event_type.ok_or_else(|| missing("type"))?,
            topic: topic.ok_or_else(|| missing("topic"))?,
            time: time.ok_or_else(|| missing("time"))?,
            expires,
            attributes,
            data: data.ok_or_else(|| missing("data"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Epoch, EventType, sse::Decoder};

    fn sample() -> Event {
        Event {
            event_id: Some("9f2c41d7-48211".parse().unwrap()),
            id: "build-77".into(),
            source: "/ci".into(),
            event_type: TypeName::new("com.ci.deploy").unwrap(),
            topic: Topic::new("deploys").unwrap(),
            time: "2024-01-01T12:00:00Z".parse().unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(r#"{"service":"api"}"#).unwrap(),
        }
    }

    #[test]
    fn what_else_the_producer_said_travels_with_the_envelope() {
        let mut event = Event {
            expires: Some("2024-01-02T00:00:00Z".parse().unwrap()),
            ..sample()
        };
        event
            .attributes
            .insert("subject", AttributeValue::Text("api".into()))
            .unwrap();
        event
            .attributes
            .insert("attempt", AttributeValue::Integer(3))
            .unwrap();
        let json = event.to_json();
        assert!(
            json.as_str().contains(
                r#""expires":"2024-01-02T00:00:00Z","attempt":3,"subject":"api","data":{"#
            ),
            "{json}"
        );
        assert_eq!(json.read::<Event>().unwrap(), event);
    }

    #[test]
    fn the_three_framings_are_written_as_the_design_says() {
        let event = sample();
        assert_eq!(
            event.to_sse(Framing::Named),
            "id: 9f2c41d7-48211\nevent: com.ci.deploy\ndata: {\"service\":\"api\"}\n\n"
        );
        assert_eq!(
            event.to_sse(Framing::Unnamed),
            "id: 9f2c41d7-48211\ndata: {\"service\":\"api\"}\n\n"
        );
        assert_eq!(
            event.to_sse(Framing::Envelope),
            "id: 9f2c41d7-48211\ndata: {\"specversion\":\"1.0\",\"id\":\"build-77\",\"source\":\"/ci\",\"type\":\"com.ci.deploy\",\
             \"time\":\"2024-01-01T12:00:00Z\",\"datacontenttype\":\"application/json\",\"topic\":\"deploys\",\
             \"eventid\":\"9f2c41d7-48211\",\"data\":{\"service\":\"api\"}}\n\n"
        );
    }

    #[test]
    fn an_ephemeral_event_moves_no_cursor() {
        let event = Event {
            event_id: None,
            ..sample()
        };
        for framing in Framing::ALL {
            let text = event.to_sse(framing);
            assert!(
                !text.contains("id: ") && !text.contains("eventid"),
                "{text}"
            );
        }
    }

    #[test]
    fn an_envelope_of_another_version_is_refused() {
        let text = sample().to_json().as_str().replace("\"1.0\"", "\"0.3\"");
        assert!(serde_json::from_str::<Event>(&text).is_err());
    }

    /// Everything that has ever broken a stream: line ends of all kinds, the separators that look
    /// like them, NUL, BOM, text that looks like fields, spaces at the edges, surrogate pairs.
    fn awkward_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\r".to_owned()),
            Just("\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("\u{85}".to_owned()),
            Just("\u{2028}".to_owned()),
            Just("\0".to_owned()),
            Just("\u{feff}".to_owned()),
            Just("data: x".to_owned()),
            Just("\n\n".to_owned()),
            Just(":".to_owned()),
            Just(" ".to_owned()),
            Just("\u{1f980}".to_owned()),
            ".{0,6}",
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    fn any_data() -> impl Strategy<Value = (TypeName, Json)> {
        let known = proptest::sample::select(EventType::ALL).prop_map(TypeName::from);
        let name = prop_oneof![known, Just(TypeName::new("com.example.größe").unwrap())];
        (name, awkward_text(), any::<i64>(), any::<bool>()).prop_map(
            |(name, text, number, bare)| {
                let json = if bare {
                    Json::of(&text)
                } else {
                    Json::of(&serde_json::json!({"message": text, "user": text, "n": number}))
                };
                (name, json.unwrap())
            },
        )
    }

    proptest! {
        #[test]
        fn any_payload_in_any_framing_cut_anywhere_decodes_to_one_equal_event(
            (event_type, data) in any_data(),
            framing in proptest::sample::select(&Framing::ALL[..]),
            seq: u64,
            bits: u32,
            stored: bool,
            cuts in proptest::collection::vec(0.0..1.0f64, 0..12),
        ) {
            let event_id = stored.then_some(EventId { epoch: Epoch::new(bits), seq });
            let event = Event { event_id, event_type, data, ..sample() };
            let text = event.to_sse(framing).into_bytes();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let mut at: Vec<usize> = cuts.iter().map(|part| (part * text.len() as f64) as usize).collect();
            at.extend([0, text.len()]);
            at.sort_unstable();

            let mut decoder = Decoder::default();
            let mut received = Vec::new();
            for pair in at.windows(2) {
                decoder.push(&text[pair[0]..pair[1]], |message| received.push(message)).unwrap();
            }

            prop_assert_eq!(received.len(), 1);
            let message = &received[0];
            prop_assert_eq!(&message.last_event_id, &event_id.map(|id| id.to_string()).unwrap_or_default());
            match framing {
                Framing::Named => {
                    prop_assert_eq!(&message.event_type, event.event_type.as_str());
                    prop_assert_eq!(&message.data, event.data.as_str());
                }
                Framing::Unnamed => {
                    prop_assert_eq!(&message.event_type, "message");
                    prop_assert_eq!(&message.data, event.data.as_str());
                }
                Framing::Envelope => prop_assert_eq!(serde_json::from_str::<Event>(&message.data).unwrap(), event),
            }
        }
    }
}
