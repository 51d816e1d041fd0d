//! The hub's promises, one file each.

// Here a failed unwrap is a failed assertion, in helpers as in tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod close;
mod fan_out;
mod log;
mod model;
mod replay;

use std::time::Duration;

use pulseboard::{Attributes, Epoch, Event, EventId, Framing, Json, Timestamp, Topic, TypeName, sse::Decoder, sse::MessageEvent};
use pulseboard_hub::{Filter, Hub, MemoryLimits, MemoryLog, NewEvent, Options, Start, Subscriber, Subscription};

pub(crate) const EPOCH: u32 = 0x9f2c_41d7;

pub(crate) fn now() -> Timestamp {
    "2024-01-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn id(seq: u64) -> EventId {
    EventId { epoch: Epoch::new(EPOCH), seq }
}

/// A hub whose log keeps `kept` events and whose ring holds `ring` of them.
pub(crate) fn hub(kept: usize, ring: usize) -> Hub<MemoryLog> {
    let log = MemoryLog::with_limits(Epoch::new(EPOCH), MemoryLimits { events: kept, ..MemoryLimits::default() });
    // Tests that want a heartbeat move the clock there.
    Hub::start(log, Options { ring_entries: ring, heartbeat_every: Duration::from_secs(15), ..Options::new(now) })
}

pub(crate) fn event(topic: &str, event_type: &str, data: &str) -> NewEvent {
    NewEvent {
        id: None,
        source: "/test".into(),
        event_type: TypeName::new(event_type).unwrap(),
        topic: Topic::new(topic).unwrap(),
        time: now(),
        expires: None,
        attributes: Attributes::default(),
        data: Json::parse(data).unwrap(),
    }
}

/// A numbered event on topic `n`.
pub(crate) fn numbered(n: u64) -> NewEvent {
    event("n", "count", &n.to_string())
}

pub(crate) fn filter(topics: &[&str], types: &[&str]) -> Filter {
    Filter::new(topics.iter().map(|t| t.parse().unwrap()), types.iter().map(|t| t.parse().unwrap()))
}

/// A stream and the decoder that follows it, as a client would.
pub(crate) struct Client {
    subscriber: Subscriber<MemoryLog>,
    decoder: Decoder,
    received: std::collections::VecDeque<MessageEvent>,
}

impl Client {
    pub(crate) fn open(hub: &Hub<MemoryLog>, filter: Filter, start: Start) -> Self {
        Self::with_framing(hub, filter, start, Framing::Envelope)
    }

    pub(crate) fn with_framing(hub: &Hub<MemoryLog>, filter: Filter, start: Start, framing: Framing) -> Self {
        let subscriber = hub.subscribe(Subscription::new(filter, framing, start));
        Self { subscriber, decoder: Decoder::default(), received: std::collections::VecDeque::default() }
    }

    /// The next message, or `None` at the end of the stream.
    pub(crate) async fn message(&mut self) -> Option<MessageEvent> {
        loop {
            if let Some(message) = self.received.pop_front() {
                return Some(message);
            }
            let chunk = self.subscriber.next().await?;
            self.decoder.push(&chunk, |message| self.received.push_back(message)).unwrap();
        }
    }

    pub(crate) async fn event(&mut self) -> Event {
        let message = self.message().await.expect("the stream goes on");
        assert_eq!(message.event_type, "message", "{message:?}");
        serde_json::from_str(&message.data).unwrap()
    }

    /// The numbers of the next `count` numbered events.
    pub(crate) async fn numbers(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.push(self.event().await.data.read().unwrap());
        }
        numbers
    }

    /// What a reconnect would send as `Last-Event-ID`.
    pub(crate) fn cursor(&self) -> EventId {
        self.decoder.last_event_id().parse().unwrap()
    }
}
