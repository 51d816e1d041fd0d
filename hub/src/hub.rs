//! The hub: the handle everybody publishes and subscribes through.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use pulseboard::{EventId, Timestamp};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    log::{Log, LogError, NewEvent, Page, Query, TopicSummary},
    ring::{Ring, RingLimits},
    subscriber::{Subscriber, Subscription},
    writer::{self, PublishError, Published, Request},
};

/// Tells the time; passed in, so that tests decide what it says.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a hub behaves.
#[derive(Clone)]
pub struct Options {
    /// Tells the time of heartbeats.
    pub clock: Clock,
    /// How often every stream gets a heartbeat.
    pub heartbeat_every: Duration,
    /// How many events are kept in memory for streams that keep up.
    pub ring_entries: usize,
    /// How many bytes of them, encodings included.
    pub ring_bytes: usize,
}

impl Options {
    /// A heartbeat every 15 s; 16,384 events or 32 MiB in memory.
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            heartbeat_every: Duration::from_secs(15),
            ring_entries: 16_384,
            ring_bytes: 32 * 1024 * 1024,
        }
    }
}

/// The hub. Cheap to clone; every clone is the same hub. When the last one goes, so does its writer.
pub struct Hub<L> {
    shared: Arc<Shared<L>>,
    requests: mpsc::Sender<Request>,
}

impl<L> Clone for Hub<L> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), requests: self.requests.clone() }
    }
}

/// What the handles, the writer and the subscribers share.
pub(crate) struct Shared<L> {
    pub(crate) log: L,
    pub(crate) options: Options,
    /// A std lock: it is held for a few pushes or clones of an `Arc`, and never across an await.
    ring: RwLock<Ring>,
    pub(crate) progress: watch::Sender<Progress>,
}

/// How far the hub has come; what subscribers wait on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The order of the next entry of the ring.
    pub(crate) end: u64,
    pub(crate) phase: Phase,
}

/// Where the hub is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// No publish is accepted any more; those accepted are still being written.
    Closing,
    /// The writer is done: nothing comes after what the ring holds.
    Closed,
}

impl<L> Shared<L> {
    pub(crate) fn read_ring<T>(&self, read: impl FnOnce(&Ring) -> T) -> T {
        read(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the ring and wakes the subscribers.
    pub(crate) fn fan_out(&self, push: impl FnOnce(&mut Ring)) {
        let end = {
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            push(&mut ring);
            ring.end()
        };
        self.progress.send_if_modified(|progress| {
            let is_new = progress.end != end;
            progress.end = end;
            is_new
        });
    }
}

impl<L: Log> Hub<L> {
    /// Starts a hub over a log. Must be called within a tokio runtime, which runs its writer.
    pub fn start(log: L, options: Options) -> Self {
        let floor = EventId { epoch: log.epoch(), seq: log.bounds().last };
        let limits = RingLimits { entries: options.ring_entries, bytes: options.ring_bytes };
        let shared = Arc::new(Shared {
            log,
            options,
            ring: RwLock::new(Ring::new(floor, limits)),
            progress: watch::Sender::new(Progress { end: 0, phase: Phase::Open }),
        });
        // Publishers wait when so many are queued already; the queue must not become the log.
        let (requests, receiver) = mpsc::channel(1024);
        let progress = shared.progress.subscribe();
        tokio::spawn(writer::run(shared.clone(), receiver, progress));
        Self { shared, requests }
    }

    /// Publishes the events, all or none, in order; returns once the log has them. The answers stand in their order.
    ///
    /// Dropping the future does not take the publish back.
    pub async fn publish(&self, events: Vec<NewEvent>) -> Result<Vec<Published>, PublishError> {
        if self.shared.progress.borrow().phase != Phase::Open {
            return Err(PublishError::Closed);
        }
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { events, answer }).await.map_err(|_| PublishError::Closed)?;
        answered.await.map_err(|_| PublishError::Closed)?
    }

    /// Opens a stream. From this moment on nothing it selects is missed, whenever it is first read.
    pub fn subscribe(&self, subscription: Subscription) -> Subscriber<L> {
        Subscriber::new(self.shared.clone(), subscription)
    }

    /// Where the log stands: a stream that starts after it gets everything published later.
    pub fn position(&self) -> EventId {
        self.shared.read_ring(Ring::position)
    }

    /// Reads stored events.
    pub async fn history(&self, query: Query) -> Result<Page, LogError> {
        self.shared.log.read(query).await
    }

    /// The topics that have events.
    pub async fn topics(&self) -> Result<Vec<TopicSummary>, LogError> {
        self.shared.log.topics().await
    }

    /// The time, as the hub tells it.
    pub fn now(&self) -> Timestamp {
        (self.shared.options.clock)()
    }

    /// Streams open now.
    pub fn subscribers(&self) -> usize {
        // The writer listens as well.
        self.shared.progress.receiver_count().saturating_sub(1)
    }

    /// Ends the hub: what was published before is still stored and sent, then every stream ends; a publish after this is
    /// answered with [`PublishError::Closed`].
    pub fn close(&self) {
        self.shared.progress.send_if_modified(|progress| {
            let is_open = progress.phase == Phase::Open;
            if is_open {
                progress.phase = Phase::Closing;
            }
            is_open
        });
    }
}
