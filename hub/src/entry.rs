//! An entry of the ring: an event or a heartbeat, encoded once per framing.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use pulseboard_contract::{
    Event, EventId, Framing, Heartbeat, HeartbeatStatus, Json, Payload, Timestamp, sse,
};

use crate::filter::Filter;

/// One item that the hub fans out.
pub(crate) struct Entry {
    body: Body,
    /// The log position a stream has passed once it has sent this entry.
    pub(crate) position: EventId,
    encoded: [OnceLock<Bytes>; Framing::ALL.len()],
}

enum Body {
    Event(Arc<Event>),
    /// It has no topic: every stream gets it, whatever its filter.
    Heartbeat(Timestamp),
}

impl Entry {
    pub(crate) fn event(event: Arc<Event>, position: EventId) -> Self {
        Self {
            body: Body::Event(event),
            position,
            encoded: Default::default(),
        }
    }

    pub(crate) fn heartbeat(time: Timestamp, position: EventId) -> Self {
        Self {
            body: Body::Heartbeat(time),
            position,
            encoded: Default::default(),
        }
    }

    /// The event of this entry; `None` for a heartbeat.
    pub(crate) fn as_event(&self) -> Option<&Event> {
        match &self.body {
            Body::Event(event) => Some(event),
            Body::Heartbeat(_) => None,
        }
    }

    pub(crate) fn is_for(&self, filter: &Filter) -> bool {
        match &self.body {
            Body::Event(event) => filter.selects(event),
            Body::Heartbeat(_) => true,
        }
    }

    /// Whether the entry has expired. Few events expire, so `now` is called only for those.
    pub(crate) fn is_expired(&self, now: impl FnOnce() -> Timestamp) -> bool {
        match &self.body {
            Body::Event(event) => event.expires.is_some_and(|expires| expires <= now()),
            Body::Heartbeat(_) => false,
        }
    }

    pub(crate) fn is_heartbeat(&self) -> bool {
        self.as_event().is_none()
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.as_event()
            .is_some_and(|event| event.event_id.is_some())
    }

    /// The entry as SSE bytes. The first stream that needs a framing encodes it; all others share
    /// the bytes.
    pub(crate) fn encoded(&self, framing: Framing) -> &Bytes {
        let index = match framing {
            Framing::Named => 0,
            Framing::Unnamed => 1,
            Framing::Envelope => 2,
        };
        self.encoded[index].get_or_init(|| match &self.body {
            Body::Event(event) => event.to_sse(framing).into(),
            Body::Heartbeat(time) => heartbeat_block(*time, self.position).into(),
        })
    }

    /// An upper estimate of the entry's memory, all three framings encoded.
    pub(crate) fn cost(&self) -> usize {
        match &self.body {
            Body::Event(event) => 800 + 4 * event.weight(),
            Body::Heartbeat(_) => 600,
        }
    }
}

/// The block of a heartbeat. It is a named event in every framing, because a page's script cannot
/// see SSE comments. Its id is the position the stream has passed, so a quiet, filtered stream
/// resumes without a long read.
fn heartbeat_block(time: Timestamp, position: EventId) -> String {
    let payload = Payload::Heartbeat(Heartbeat {
        status: HeartbeatStatus::Ok,
        time,
    });
    control_block(&payload, position)
}

/// The block of an event about the stream itself, with the stream's position as its id.
pub(crate) fn control_block(payload: &Payload, position: EventId) -> String {
    let (id, event_type, data): (_, _, Json) =
        (position.to_string(), payload.event_type(), payload.json());
    sse::Block {
        id: Some(&id),
        event: Some(event_type.as_str()),
        data: Some(data.as_str()),
        retry_millis: None,
    }
    .to_string()
}
