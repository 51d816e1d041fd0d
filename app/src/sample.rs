//! Sample events for the tests of this crate.

use pulseboard_contract::{Attributes, Epoch, Event, EventId, Json, Timestamp, Topic, TypeName};

/// An event whose time is `seq` seconds after noon on 2024-01-01.
pub(crate) fn event(seq: u64, topic: &str, event_type: &str, data: &str) -> Event {
    Event {
        event_id: (seq > 0).then_some(EventId {
            epoch: Epoch::new(7),
            seq,
        }),
        id: seq.to_string(),
        source: "/test".into(),
        event_type: TypeName::new(event_type).unwrap(),
        topic: Topic::new(topic).unwrap(),
        time: Timestamp::from_millis(1_704_110_400_000 + i64::try_from(seq).unwrap() * 1_000)
            .unwrap(),
        expires: None,
        attributes: Attributes::default(),
        data: Json::parse(data).unwrap(),
    }
}
