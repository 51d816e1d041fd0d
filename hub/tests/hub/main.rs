//! The hub's guarantees, one file each.

// Here a failed unwrap is a failed assertion, in helpers as in tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod close;
mod conflate;
mod delivery;
mod disk;
mod durable;
mod fan_out;
mod follower;
mod gaps;
mod log;
mod model;
mod replay;
mod retention;
mod worker;

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

/// The period of heartbeats and pruning; no test lasts that long.
pub(crate) const PERIOD: Duration = Duration::from_hours(24);

/// How long a test waits for something that must happen. Only a test that hangs reaches it.
pub(crate) const HANG_GUARD: Duration = Duration::from_mins(5);

pub(crate) fn now() -> Timestamp {
    "2024-01-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn id(seq: u64) -> EventId {
    EventId {
        epoch: Epoch::new(EPOCH),
        seq,
    }
}

/// A hub over a log that the test also holds.
pub(crate) type SqliteHub = Hub<Arc<SqliteLog>>;

/// A hub, and its log for tests that use it directly.
pub(crate) struct TestHub {
    pub(crate) hub: SqliteHub,
    pub(crate) log: Arc<SqliteLog>,
}

impl Deref for TestHub {
    type Target = SqliteHub;

    fn deref(&self) -> &SqliteHub {
        &self.hub
    }
}

impl TestHub {
    pub(crate) fn over(log: SqliteLog, options: Options) -> Self {
        let log = Arc::new(log);
        Self {
            hub: Hub::start(log.clone(), options).unwrap(),
            log,
        }
    }

    /// How many events the log holds.
    pub(crate) fn log_count(&self) -> u64 {
        self.recent_topics(usize::MAX)
            .iter()
            .map(|topic| topic.count)
            .sum()
    }

    /// Prunes until no limit is exceeded. The hub's own ticker never prunes in these tests.
    pub(crate) fn prune(&self) {
        self.prune_at(now());
    }

    pub(crate) fn prune_at(&self, now: Timestamp) {
        while self.log.maintain(now).unwrap() {}
    }
}

/// A hub whose log in memory keeps `kept` events and whose ring holds `ring` entries.
pub(crate) fn hub(kept: u64, ring: usize) -> TestHub {
    keeping(retention(kept), ring)
}

pub(crate) fn keeping(retention: Retention, ring: usize) -> TestHub {
    TestHub::over(
        SqliteLog::in_memory(Epoch::new(EPOCH), retention).unwrap(),
        options(ring),
    )
}

/// At most this many events, whatever their age and size.
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
    // Nothing happens by itself, however slow the machine: tests prune explicitly, and those that
    // want a heartbeat advance the time.
    Options {
        ring_entries: ring,
        heartbeat_every: PERIOD,
        maintain_every: PERIOD,
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

/// A stream and the decoder of its client.
pub(crate) struct Client {
    subscriber: Subscriber<Arc<SqliteLog>>,
    decoder: Decoder,
    received: std::collections::VecDeque<MessageEvent>,
}

impl Client {
    pub(crate) fn open(hub: &SqliteHub, filter: Filter, start: Start) -> Self {
        Self::with_framing(hub, filter, start, Framing::Envelope)
    }

    pub(crate) fn with_framing(
        hub: &SqliteHub,
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
        event_of(&self.message().await.expect("the stream continues"))
    }

    /// The numbers of the next `count` numbered events.
    pub(crate) async fn numbers(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.push(self.event().await.data.read().unwrap());
        }
        numbers
    }

    /// The `Last-Event-ID` of a reconnect.
    pub(crate) fn cursor(&self) -> EventId {
        self.decoder.last_event_id().parse().unwrap()
    }
}
