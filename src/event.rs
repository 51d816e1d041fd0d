//! The event: one thing that happened, and how it is written on a stream and in JSON.

mod envelope;

use crate::{Attributes, EventId, Framing, Json, Payload, Timestamp, Topic, TypeName, sse};

/// One thing that happened, as the hub accepted it.
///
/// Its JSON form is the `CloudEvents` 1.0 envelope with three extension attributes, `topic`,
/// `eventid` and `expires`.
///
/// ```
/// use pulseboard_contract::{Event, Framing};
///
/// let json = r#"{"specversion":"1.0","id":"build-77","source":"/ci","type":"update","time":"2024-01-01T12:00:00Z","topic":"deploys","eventid":"9f2c41d7-5","data":{"content":"v2"}}"#;
/// let event: Event = serde_json::from_str(json)?;
/// assert_eq!(event.payload().text(), "v2");
/// assert_eq!(
///     event.to_sse(Framing::Named),
///     "id: 9f2c41d7-5\nevent: update\ndata: {\"content\":\"v2\"}\n\n"
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its position in the log; none if the event is ephemeral, so not stored.
    pub event_id: Option<EventId>,
    /// The producer's id, or one that the hub assigned.
    pub id: String,
    /// Who produced it: a URI reference.
    pub source: String,
    /// Its type.
    pub event_type: TypeName,
    /// Where it was published.
    pub topic: Topic,
    /// When it happened.
    pub time: Timestamp,
    /// When it expires: from then on it is neither replayed nor in the history.
    pub expires: Option<Timestamp>,
    /// The producer's extension attributes.
    pub attributes: Attributes,
    /// Its data, as published.
    pub data: Json,
}

impl Event {
    /// The typed form of the data. It is decoded on every call.
    pub fn payload(&self) -> Payload {
        Payload::decode(&self.event_type, &self.data)
    }

    /// About how many bytes it takes to write: the sum of everything a publisher can choose.
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
    /// Heartbeats and gaps are about the stream, not a topic, so the hub writes them named in every
    /// framing: they reach only those who listen for them, and never a chat page's `onmessage`.
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
        // All parts of an event are valid JSON, so this cannot fail.
        Json::of(self).unwrap_or_else(|_| Json::null())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{AttributeValue, Epoch, EventType, sse::Decoder};

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
    fn extension_attributes_travel_with_the_envelope() {
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
