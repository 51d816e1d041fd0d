//! Streams for the tests of this folder, from a hub of their own.

use std::{sync::Arc, time::Duration};

use pulseboard_contract::{Attributes, Epoch, Framing, Json, Timestamp, Topic, TypeName};
use pulseboard_hub::{Filter, Hub, NewEvent, Options, Retention, SqliteLog, Start, Subscription};
use tokio::sync::watch;

use super::stream::{Stream, StreamGuards};
use crate::{
    budget::{Admission, Budget},
    connection::{ConnectionGuard, Phase},
    metrics::Metrics,
    presence::{Arrival, Presence},
    sqlite_hub::SqliteHub,
};

/// A hub, and everything that counts a stream as open.
#[derive(Clone)]
pub(super) struct TestHub {
    pub(super) hub: SqliteHub,
    presence: Presence,
    metrics: Arc<Metrics>,
    budget: Budget,
    phase: watch::Sender<Phase>,
}

impl TestHub {
    pub(super) fn start() -> Self {
        let log = SqliteLog::in_memory(Epoch::new(7), Retention::default()).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let hub = Hub::start(log, Options::new(move || now)).unwrap();
        Self {
            presence: Presence::start(hub.clone(), Duration::ZERO),
            metrics: Arc::new(Metrics::new(|_| {})),
            budget: Budget::new(256, None).unwrap(),
            phase: watch::Sender::new(Phase::Serving),
            hub,
        }
    }

    pub(super) fn subscribers(&self) -> usize {
        self.hub.subscribers()
    }

    /// Opens a stream of the topic `a`.
    pub(super) fn open(&self, start: Start) -> Stream {
        let topic = Topic::new("a").unwrap();
        let subscription =
            Subscription::new(Filter::new([(&topic).into()], []), Framing::Unnamed, start);
        Stream {
            subscriber: self.hub.subscribe(subscription),
            guards: StreamGuards::new(
                self.presence.enter(Arrival::default(), &Filter::all()).1,
                self.metrics.opened(Framing::Unnamed, start),
                self.budget.stream().unwrap(),
            ),
        }
    }

    pub(super) async fn connection(&self) -> ConnectionGuard {
        let Admission::Admitted(permit) = self.budget.admit().await else {
            unreachable!("there is room")
        };
        ConnectionGuard::new(&self.phase, permit)
    }

    /// Publishes this text on the topic `a`.
    pub(super) async fn publish(&self, text: &str) {
        let event = NewEvent {
            id: None,
            source: "/test".to_owned(),
            event_type: TypeName::new("x").unwrap(),
            topic: Topic::new("a").unwrap(),
            time: self.hub.now(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(&format!("\"{text}\"")).unwrap(),
        };
        self.hub.publish(vec![event]).await.unwrap();
    }
}
