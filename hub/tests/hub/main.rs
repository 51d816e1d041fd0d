//! The hub's promises, one file each.

// Here a failed unwrap is a failed assertion, in helpers as in tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod close;
mod conflate;
mod delivery;
mod disk;
mod durable;
mod fan_out;
mod log;
mod model;
mod replay;
mod retention;

use std::{ops::Deref, sync::Arc, time::Duration};

use pulseboard_contract::{
    Attributes, Epoch, Event, EventId, Framing, Json, Timestamp, Topic, TypeName, sse::Decoder,
    sse::MessageEvent,
};
use pulseboard_hub::{
    Filter, Hub, Limits, Log, NewEvent, Options, Retention, SqliteLog, Start, Subscriber,
    Subscription,
};

pub(crate) const EPOCH: u32 = 0x9f2c_41d7;

pub(crate) fn now() -> Timestamp {
    "2024-01-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn id(seq: u64) -> EventId {
    EventId {
        epoch: Epoch::new(EPOCH),
        seq,
    }
}

pub(crate) type TestHub = Hub<Arc<SqliteLog>>;

/// A hub, and its log for tests that look behind it.
pub(crate) struct Board {
    pub(crate) hub: TestHub,
    pub(crate) log: Arc<SqliteLog>,
}

impl Deref for Board {
    type Target = TestHub;

    fn deref(&self) -> &TestHub {
        &self.hub
    }
}

impl Board {
    pub(crate) fn over(log: SqliteLog, options: Options) -> Self {
        let log = Arc::new(log);
        Self {
            hub: Hub::start(log.clone(), options).unwrap(),
            log,
        }
    }

    /// How many events the log has.
    pub(crate) fn log_count(&self) -> u64 {
        self.recent_topics(usize::MAX)
            .iter()
            .map(|topic| topic.count)
            .sum()
    }

    /// Prunes until nothing is over a limit, as happens by itself once a second.
    pub(crate) fn prune(&self) {
        self.prune_at(now());
    }

    pub(crate) fn prune_at(&self, now: Timestamp) {
        while self.log.maintain(now).unwrap() {}
    }
}

/// A hub whose log in memory keeps `kept` events and whose ring holds `ring` of them.
pub(crate) fn hub(kept: u64, ring: usize) -> Board {
    keeping(retention(kept), ring)
}

pub(crate) fn keeping(retention: Retention, ring: usize) -> Board {
    Board::over(
        SqliteLog::in_memory(Epoch::new(EPOCH), retention).unwrap(),
        options(ring),
    )
}

/// At most so many events, whatever their age and size.
pub(crate) fn retention(events: u64) -> Retention {
    Retention {
        whole: Limits {
            events: Some(events),
            ..Limits::default()
        },
        ..Retention::default()
    }
}

pub(crate) fn options(ring: usize) -> Options {
    // Tests that want a heartbeat ask for it.
    Options {
        ring_entries: ring,
        heartbeat_every: Duration::from_hours(1),
        ..Options::new(now)
    }
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
    Filter::new(
        topics.iter().map(|t| t.parse().unwrap()),
        types.iter().map(|t| t.parse().unwrap()),
    )
}

/// The event in an enveloped message.
pub(crate) fn event_of(message: &MessageEvent) -> Event {
    assert_eq!(message.event_type, "message", "{message:?}");
    serde_json::from_str(&message.data).unwrap()
}

/// A stream and the decoder that follows it, as a client would.
pub(crate) struct Client {
    subscriber: Subscriber<Arc<SqliteLog>>,
    decoder: Decoder,
    received: std::collections::VecDeque<MessageEvent>,
}

impl Client {
    pub(crate) fn open(hub: &TestHub, filter: Filter, start: Start) -> Self {
        Self::with_framing(hub, filter, start, Framing::Envelope)
    }

    pub(crate) fn with_framing(
        hub: &TestHub,
        filter: Filter,
        start: Start,
        framing: Framing,
    ) -> Self {
        let subscriber = hub.subscribe(Subscription::new(filter, framing, start));
        Self {
            subscriber,
            decoder: Decoder::default(),
            received: std::collections::VecDeque::default(),
        }
    }

    /// The next message, or `None` at the end of the stream.
    pub(crate) async fn message(&mut self) -> Option<MessageEvent> {
        loop {
            if let Some(message) = self.received.pop_front() {
                return Some(message);
            }
            let chunk = self.subscriber.next().await?;
            self.decoder
                .push(&chunk, |message| self.received.push_back(message))
                .unwrap();
        }
    }

    pub(crate) async fn event(&mut self) -> Event {
        event_of(&self.message().await.expect("the stream goes on"))
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
