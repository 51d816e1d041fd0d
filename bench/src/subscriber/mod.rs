//! The subscribers of a run. Each has one connection and checks its stream while it reads.
//!
//! A subscriber takes one socket and about six kilobytes. The read buffer belongs to the thread, not
//! to the connection, and a delivery allocates nothing.

mod session;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep},
};

use self::session::Session;
use crate::{
    check::Checker,
    clock::Clock,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    payload::PayloadCodec,
    peer::{ReadFrom, ReadMode, ReadRequest},
    target::Target,
};

/// The number of connections that are opened at a time. The backlog of every listener holds more.
const OPENING: usize = 100;
const READY_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(5);
/// After this time without any delivery, the events that have not arrived count as lost.
const QUIET: Duration = Duration::from_secs(5);
const DRAIN_WITHIN: Duration = Duration::from_mins(1);

/// The settings that all subscribers of a run share.
#[derive(Debug)]
pub struct Subscription {
    /// The server.
    pub target: Target,
    /// The topic to read.
    pub topic: Arc<str>,
    /// The first request of each subscriber.
    pub first_request: ReadRequest,
    /// When the first request is sent.
    pub start: StartMode,
    /// Whether subscribers reconnect with their cursor after a broken stream, as browsers do.
    pub reconnects: bool,
    /// The clock of the publishers' time stamps.
    pub clock: Clock,
    /// The format of the payloads.
    pub codec: Arc<PayloadCodec>,
    /// The published events.
    pub load: Load,
    /// The number of events acknowledged so far.
    pub acknowledged: Arc<AtomicU64>,
}

impl Subscription {
    /// Returns the same subscription, whose subscribers reconnect.
    ///
    /// # Errors
    /// If this kind of server has no cursor.
    pub fn reconnecting(self) -> Result<Self, Failure> {
        // Without a cursor the run fails now, not when the first stream breaks.
        self.target
            .peer
            .protocol()
            .read(&self.topic, ReadFrom::After("0"), ReadMode::Stream)?;
        Ok(Self {
            reconnects: true,
            ..self
        })
    }
}

/// When subscribers send their requests, and when they count as ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartMode {
    /// Each sends its request when it is connected. It is ready when it has its first block.
    OnConnect,
    /// All send their requests at [`Subscribers::begin`]. Each is ready when it is connected.
    Together,
    /// As [`StartMode::OnConnect`], but each then stops reading until [`Subscribers::begin`].
    Stalled,
}

/// The open subscribers of a run. Dropping this closes their connections.
#[derive(Debug)]
pub struct Subscribers {
    tasks: JoinSet<SubscriberOutcome>,
    handles: Vec<Handle>,
    begin: watch::Sender<bool>,
}

#[derive(Debug)]
struct Handle {
    progress: Arc<Progress>,
    /// Dropping it stops the subscriber.
    _stop: oneshot::Sender<()>,
}

/// The progress of a running subscriber. The subscriber updates it once per read, not once per event.
#[derive(Debug, Default)]
struct Progress {
    ready: AtomicBool,
    delivered: AtomicU64,
    ended: OnceLock<Failure>,
    /// The subscriber reads no more: its stream ended or its body is complete.
    over: AtomicBool,
    /// The stream broke, and the subscriber has reconnected and caught up.
    recovered: AtomicBool,
}

/// The result of one subscriber.
#[derive(Debug)]
pub struct SubscriberOutcome {
    /// The checker, which has checked the whole stream.
    pub checker: Checker,
    /// The times from the publisher's time stamp to the read.
    pub latency: Histogram,
    /// When the last event arrived, in nanoseconds of the run's clock.
    pub last: u64,
    /// Why the stream ended, unless the run closed it.
    pub ended: Option<Failure>,
    /// How the subscriber recovered from broken streams.
    pub recovery: Recovery,
}

/// How a subscriber recovered from broken streams. Times are nanoseconds of the run's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// How often its stream broke.
    pub disconnects: u32,
    /// How often a request failed: no connection, a refusal, or a stream that broke before its first
    /// block.
    pub failed_requests: u32,
    /// When the first block of its new stream arrived.
    pub reconnected_at: Option<u64>,
    /// When it had every event that was acknowledged by that time.
    pub caught_up_at: Option<u64>,
}

impl Subscribers {
    /// Opens `count` connections and waits until all are [ready](StartMode).
    ///
    /// # Errors
    /// If a subscriber fails, or if not all are ready in time.
    pub async fn open(count: usize, subscription: Subscription) -> Result<Self, Failure> {
        let subscription = Arc::new(subscription);
        let opening = Arc::new(Semaphore::new(OPENING));
        let begin = watch::Sender::new(false);
        let mut all = Self {
            tasks: JoinSet::new(),
            handles: Vec::with_capacity(count),
            begin,
        };
        for _ in 0..count {
            let progress = Arc::<Progress>::default();
            let (stop, stopped) = oneshot::channel();
            let session = Session::new(Arc::clone(&subscription), Arc::clone(&progress));
            all.tasks
                .spawn(session.run(Arc::clone(&opening), all.begin.subscribe(), stopped));
            all.handles.push(Handle {
                progress,
                _stop: stop,
            });
        }
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(failure) = all.failure() {
                return Err(failure.clone());
            }
            let ready = all
                .handles
                .iter()
                .filter(|handle| handle.progress.ready.load(Ordering::Relaxed))
                .count();
            if ready == count {
                return Ok(all);
            }
            if Instant::now() > deadline {
                let seconds = READY_WITHIN.as_secs();
                return Err(Failure::run(format!(
                    "only {ready} of {count} subscribers were ready after {seconds} s"
                )));
            }
            sleep(POLL_EVERY).await;
        }
    }

    /// Makes all subscribers send their requests, or read again if they are stalled.
    pub fn begin(&self) {
        self.begin.send_replace(true);
    }

    /// Waits until every subscriber has `events` events, or until no more events arrive.
    pub async fn drain(&self, events: u64) {
        let deadline = Instant::now() + DRAIN_WITHIN;
        let (mut delivered, mut last_delivery) = (self.delivered(), Instant::now());
        while !self.all_have(events) && Instant::now() < deadline && last_delivery.elapsed() < QUIET
        {
            sleep(POLL_EVERY).await;
            let now = self.delivered();
            if now > delivered {
                (delivered, last_delivery) = (now, Instant::now());
            }
        }
    }

    /// Waits until every subscriber has recovered from a broken stream, for at most this long.
    pub async fn wait_until_recovered(&self, within: Duration) {
        let deadline = Instant::now() + within;
        let recovered = |handle: &Handle| handle.progress.recovered.load(Ordering::Relaxed);
        while !self.handles.iter().all(recovered) && Instant::now() < deadline {
            sleep(POLL_EVERY).await;
        }
    }

    /// Returns the number of events that have arrived at all subscribers.
    fn delivered(&self) -> u64 {
        self.handles
            .iter()
            .map(|handle| handle.progress.delivered.load(Ordering::Relaxed))
            .sum()
    }

    /// Returns whether every subscriber that still reads has at least `events` events.
    fn all_have(&self, events: u64) -> bool {
        self.handles
            .iter()
            .map(|handle| &handle.progress)
            .all(|progress| {
                progress.delivered.load(Ordering::Relaxed) >= events
                    || progress.over.load(Ordering::Relaxed)
            })
    }

    /// Returns why the first stream that ended early did so.
    fn failure(&self) -> Option<&Failure> {
        self.handles
            .iter()
            .find_map(|handle| handle.progress.ended.get())
    }

    /// Closes every stream and returns the results.
    ///
    /// # Errors
    /// If a subscriber's task panicked.
    pub async fn close(self) -> Result<Vec<SubscriberOutcome>, Failure> {
        let Self {
            mut tasks,
            handles,
            begin,
        } = self;
        drop((handles, begin));
        let mut outcomes = Vec::with_capacity(tasks.len());
        while let Some(outcome) = tasks.join_next().await {
            outcomes.push(
                outcome.map_err(|error| Failure::run(format!("a subscriber failed: {error}")))?,
            );
        }
        Ok(outcomes)
    }
}
