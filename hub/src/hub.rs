//! The hub: the handle everybody publishes and subscribes through.

use std::{
    io,
    sync::{
        Arc, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
    thread,
    time::Duration,
};

use prometheus_client::registry::Registry;
use pulseboard_contract::{EventId, Timestamp};
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    delivery::{Delivery, Doorbell},
    feed::Wrapping,
    log::{Log, LogError, NewEvent, Page, Query, TopicPage, TopicQuery, TopicSummary},
    metrics::HubMetrics,
    replay::Replay,
    ring::{Entry, Ring, RingLimits},
    subscriber::{Subscriber, Subscription},
    writer::{self, Publish, PublishError, Published, Request},
};

/// Tells the time; passed in, so that tests decide what it says.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How many publishes may wait for the writer; the queue must not become the log.
const QUEUED_PUBLISHES: usize = 1024;
/// And how much data, in KiB: 64 MiB.
const QUEUED_KIB: u32 = 64 * 1024;
/// How many threads read history at the same time.
const HISTORY_READERS: usize = 4;
/// How often the log is pruned.
const MAINTAIN_EVERY: Duration = Duration::from_secs(1);

/// How a hub behaves.
#[derive(Clone)]
pub struct Options {
    /// Tells the time of heartbeats, and when events are stored.
    pub clock: Clock,
    /// How often every stream gets a heartbeat.
    pub heartbeat_every: Duration,
    /// How many events are kept in memory for streams that keep up.
    pub ring_entries: usize,
    /// How many bytes of them, encodings included.
    pub ring_bytes: usize,
    /// How many bytes streams of the same filter hold for those among them that are slower; sixteen
    /// times that for all.
    pub feed_bytes: usize,
}

impl Options {
    /// A heartbeat every 15 s; 16,384 events or 32 MiB in memory, 1 MiB of a feed.
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            heartbeat_every: Duration::from_secs(15),
            ring_entries: 16_384,
            ring_bytes: 32 * 1024 * 1024,
            feed_bytes: 1024 * 1024,
        }
    }
}

/// The hub. Cheap to clone; every clone is the same hub. When the last one goes, so does its
/// writer.
pub struct Hub<L> {
    shared: Arc<Shared<L>>,
    requests: mpsc::Sender<Request>,
    queue: Arc<Semaphore>,
    history: Arc<Semaphore>,
}

impl<L> Clone for Hub<L> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            requests: self.requests.clone(),
            queue: self.queue.clone(),
            history: self.history.clone(),
        }
    }
}

/// What the handles, the writer and the subscribers share.
pub(crate) struct Shared<L> {
    pub(crate) log: L,
    pub(crate) options: Options,
    pub(crate) replay: Replay,
    pub(crate) metrics: HubMetrics,
    /// Set by the clock, taken by the writer.
    pub(crate) is_maintenance_due: AtomicBool,
    /// A std lock: it is held for a few pushes or clones of an `Arc`, and never across an await.
    ring: RwLock<Ring>,
    /// The order of the next entry of the ring; what subscribers wait on. Sent once more,
    /// unchanged, when the hub has closed.
    pub(crate) end: watch::Sender<u64>,
    /// Apart from the end, so that who waits for this one is not woken by every event.
    phase: watch::Sender<Phase>,
    /// Of the deliveries. They are few, and come and go with the process.
    doorbells: RwLock<Vec<Weak<Doorbell>>>,
}

/// Where the hub is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// No publish is accepted any more; those accepted are still being written.
    Closing,
    /// The writer is done: nothing comes after what the ring holds.
    Closed,
}

impl<L> Shared<L> {
    pub(crate) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    pub(crate) fn read_ring<T>(&self, read: impl FnOnce(&Ring) -> T) -> T {
        read(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the ring and wakes the subscribers.
    pub(crate) fn fan_out(&self, push: impl FnOnce(&mut Ring)) {
        let (end, evicted) = {
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            push(&mut ring);
            (ring.end(), ring.take_evicted())
        };
        self.end.send_if_modified(|known| {
            // Heartbeats and events are fanned out side by side; the later end is the one that
            // counts.
            let is_new = *known < end;
            *known = end.max(*known);
            is_new
        });
        self.ring_doorbells();
        // After the streams are on their way.
        drop(evicted);
    }
}

impl<L> Shared<L> {
    pub(crate) fn install(&self, doorbell: &Arc<Doorbell>) {
        let mut doorbells = self
            .doorbells
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        doorbells.retain(|doorbell| doorbell.strong_count() > 0);
        doorbells.push(Arc::downgrade(doorbell));
    }

    fn ring_doorbells(&self) {
        for doorbell in self
            .doorbells
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter_map(Weak::upgrade)
        {
            doorbell.ring();
        }
    }

    /// Says that nothing comes any more.
    pub(crate) fn has_closed(&self) {
        self.phase.send_replace(Phase::Closed);
        self.end.send_modify(|_| ());
        self.ring_doorbells();
    }

    /// Whether nothing comes after what the ring holds.
    pub(crate) fn is_closed(&self) -> bool {
        *self.phase.borrow() == Phase::Closed
    }
}

impl<L: Log> Hub<L> {
    /// Starts a hub over a log, with a thread of its own that writes. Must be called within a tokio
    /// runtime.
    pub fn start(log: L, options: Options) -> io::Result<Self> {
        let floor = EventId {
            epoch: log.epoch(),
            seq: log.bounds().last,
        };
        let limits = RingLimits {
            entries: options.ring_entries,
            bytes: options.ring_bytes,
        };
        let shared = Arc::new(Shared {
            log,
            options,
            replay: Replay::default(),
            metrics: HubMetrics::default(),
            is_maintenance_due: AtomicBool::new(false),
            ring: RwLock::new(Ring::new(floor, limits)),
            end: watch::Sender::new(0),
            phase: watch::Sender::new(Phase::Open),
            doorbells: RwLock::default(),
        });
        let (requests, receiver) = mpsc::channel(QUEUED_PUBLISHES);
        let writing = shared.clone();
        thread::Builder::new()
            .name("pulseboard-log".into())
            .spawn(move || writer::run(&writing, receiver))?;
        tokio::spawn(pulse(
            shared.clone(),
            shared.phase.subscribe(),
            requests.downgrade(),
        ));
        let queue = Arc::new(Semaphore::new(QUEUED_KIB as usize));
        let history = Arc::new(Semaphore::new(HISTORY_READERS));
        Ok(Self {
            shared,
            requests,
            queue,
            history,
        })
    }

    /// Publishes the events, all or none, in order; returns once the log has them. The answers
    /// stand in their order.
    ///
    /// Dropping the future does not take the publish back.
    pub async fn publish(&self, events: Vec<NewEvent>) -> Result<Vec<Published>, PublishError> {
        if *self.shared.phase.borrow() != Phase::Open {
            return Err(PublishError::Closed);
        }
        let bytes: usize = events.iter().map(NewEvent::bytes).sum();
        let kib = u32::try_from(bytes / 1024 + 1)
            .unwrap_or(QUEUED_KIB)
            .min(QUEUED_KIB);
        let room = self
            .queue
            .clone()
            .acquire_many_owned(kib)
            .await
            .map_err(|_| PublishError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let publish = Publish {
            events,
            bytes,
            answer,
            _room: room,
        };
        self.requests
            .send(Request::Publish(publish))
            .await
            .map_err(|_| PublishError::Closed)?;
        answered.await.map_err(|_| PublishError::Closed)?
    }

    /// Opens a stream. From this moment on nothing it selects is missed, whenever it is first read.
    pub fn subscribe(&self, subscription: Subscription) -> Subscriber<L> {
        Subscriber::new(self.shared.clone(), subscription)
    }

    /// Serves streams from a thread of the caller's, which the waker wakes when there is news for
    /// one that [sleeps](Delivery::falls_asleep).
    pub fn delivery<C: io::Write>(&self, wrapping: Wrapping, waker: Waker) -> Delivery<L, C> {
        Delivery::new(self.shared.clone(), wrapping, waker)
    }

    /// Where the log stands: a stream that starts after it gets everything published later.
    pub fn position(&self) -> EventId {
        self.shared.read_ring(Ring::position)
    }

    /// Reads stored events.
    pub async fn history(&self, query: Query) -> Result<Page, LogError> {
        self.blocking(move |log| log.read(&query)).await
    }

    /// The topics that have events, by name, each with its newest event.
    pub async fn topics(&self, query: TopicQuery) -> Result<TopicPage, LogError> {
        self.blocking(move |log| log.topics(&query)).await
    }

    /// The topics that had an event last, the newest first.
    pub fn recent_topics(&self, limit: usize) -> Vec<TopicSummary> {
        self.shared.log.recent_topics(limit)
    }

    /// Whether publishes are taken, found out by writing.
    pub async fn check(&self) -> Result<(), PublishError> {
        let (answer, answered) = oneshot::channel();
        self.requests
            .send(Request::Check(answer))
            .await
            .map_err(|_| PublishError::Closed)?;
        Ok(answered.await.map_err(|_| PublishError::Closed)??)
    }

    /// The time, as the hub tells it.
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// Streams open now.
    pub fn subscribers(&self) -> usize {
        self.shared.end.receiver_count()
    }

    /// Adds what the hub and its log measure to the measures of the process.
    pub fn register(&self, registry: &mut Registry) {
        self.shared.metrics.register(registry);
        self.shared.log.register(registry);
    }

    /// Ends the hub: what was published before is still stored and sent, then every stream ends; a
    /// publish after this is answered with [`PublishError::Closed`].
    pub fn close(&self) {
        self.shared.phase.send_if_modified(|phase| {
            let is_open = *phase == Phase::Open;
            if is_open {
                *phase = Phase::Closing;
            }
            is_open
        });
    }

    /// Waits until the hub has ended and the last accepted publish is in the log.
    pub async fn closed(&self) {
        // The sender lives in what this handle shares, so it cannot go away first.
        let _ = self
            .shared
            .phase
            .subscribe()
            .wait_for(|phase| *phase == Phase::Closed)
            .await;
    }

    async fn blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce(&L) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        // It is never closed. The permit goes with the read: whoever asked may go away, and the
        // read goes on.
        let permit = self.history.clone().acquire_owned().await;
        let shared = self.shared.clone();
        let work = move || {
            let _permit = permit;
            read(&shared.log)
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(LogError::Failed(error.to_string().into())))
    }
}

/// What happens by itself: heartbeats, pruning, and the end. Holds no sender of its own, so it
/// keeps no writer alive.
async fn pulse<L: Log>(
    shared: Arc<Shared<L>>,
    mut phase: watch::Receiver<Phase>,
    requests: mpsc::WeakSender<Request>,
) {
    let every = |period| {
        let mut interval = interval_at(Instant::now() + period, period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval
    };
    let mut heartbeat = every(shared.options.heartbeat_every);
    let mut maintenance = every(MAINTAIN_EVERY);
    loop {
        tokio::select! {
            _ = heartbeat.tick() => shared.fan_out(|ring| {
                let position = ring.position();
                ring.push(Entry::heartbeat(shared.now(), position));
            }),
            _ = maintenance.tick() => {
                let Some(requests) = requests.upgrade() else { return };
                shared.is_maintenance_due.store(true, Ordering::Release);
                // Where the queue is full the writer is awake.
                let _ = requests.try_send(Request::Wake);
            }
            () = until_closing(&mut phase) => {
                if let Some(requests) = requests.upgrade() {
                    // It has ended by itself where nobody receives this.
                    let _ = requests.send(Request::Close).await;
                }
                return;
            }
        }
    }
}

async fn until_closing(phase: &mut watch::Receiver<Phase>) {
    // The sender lives in what the pulse itself holds, so it cannot go away first.
    let _ = phase.wait_for(|phase| *phase != Phase::Open).await;
}
