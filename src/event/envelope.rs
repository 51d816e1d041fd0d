//! An event as `CloudEvents` JSON.

use std::fmt;

use serde::{
    Deserialize, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};

use crate::{AttributeValue, Attributes, Event};

/// The version of the specification, and the content type of all data.
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

/// Reads an envelope by hand: `#[serde(flatten)]` would collect the extension attributes, but it
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
            return Err(A::Error::custom("specversion must be 1.0"));
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
