//! The subscribers of a run: one connection each, read and judged as it comes in.
//!
//! A subscriber is a socket and about six kilobytes; the read buffer belongs to the thread, not to
//! the connection, and nothing is allocated for a delivery.

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
    payload::Shape,
    peer::{ReadMode, Reading, Since},
    target::Target,
};

/// How many connections are being opened at a time: fewer than any listener's backlog holds.
const OPENING: usize = 100;
const READY_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(5);
/// What has not arrived when nothing has arrived for this long is lost.
const QUIET: Duration = Duration::from_secs(5);
const DRAIN_WITHIN: Duration = Duration::from_mins(1);

/// What all subscribers of a run have in common.
#[derive(Debug)]
pub struct Subscription {
    /// The server.
    pub target: Target,
    /// The topic that is read.
    pub topic: Arc<str>,
    /// What is asked for at first.
    pub reading: Reading,
    /// When it is asked for.
    pub start: Start,
    /// A stream that breaks is asked for again from its cursor, as a browser does it.
    pub returns: bool,
    /// The clock that the publishers stamp with.
    pub clock: Clock,
    /// What payloads look like.
    pub shape: Arc<Shape>,
    /// What is published.
    pub load: Load,
    /// How many events were acknowledged so far.
    pub acknowledged: Arc<AtomicU64>,
}

impl Subscription {
    /// The same, by subscribers that come back.
    pub fn returning(self) -> Result<Self, Failure> {
        // Whether this server has a cursor at all is better known now than when the first stream
        // breaks.
        self.target
            .peer
            .protocol()
            .read(&self.topic, Since::After("0"), ReadMode::Stream)?;
        Ok(Self {
            returns: true,
            ..self
        })
    }
}

/// When subscribers send their requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Each when it is connected; they are open when each has its first block.
    EachReady,
    /// All at once at [`Subscribers::begin`]; they are open when each is connected.
    Together,
    /// As [`Start::EachReady`]; but then they stop reading, until [`Subscribers::begin`].
    Stalled,
}

/// The open subscribers of a run. Dropping them closes their connections.
#[derive(Debug)]
pub struct Subscribers {
    tasks: JoinSet<Outcome>,
    handles: Vec<Handle>,
    begin: watch::Sender<bool>,
}

#[derive(Debug)]
struct Handle {
    progress: Arc<Progress>,
    /// Dropping it stops the subscriber.
    _stop: oneshot::Sender<()>,
}

/// What others may know of a subscriber while it runs. It writes once a read, not once an event.
#[derive(Debug, Default)]
struct Progress {
    ready: AtomicBool,
    delivered: AtomicU64,
    ended: OnceLock<Failure>,
    /// Nothing more comes: it ended, or its body is whole.
    over: AtomicBool,
    /// Its stream broke, and it has come back and has everything again.
    recovered: AtomicBool,
}

/// What a subscriber leaves behind.
#[derive(Debug)]
pub struct Outcome {
    /// The judge, who has seen the whole stream.
    pub checker: Checker,
    /// How long events took from the publisher to here.
    pub latency: Histogram,
    /// When the last event came, in nanoseconds of the run's clock.
    pub last: u64,
    /// Why the stream ended before it was closed from here.
    pub ended: Option<Failure>,
    /// How it came back.
    pub comeback: Comeback,
}

/// How a subscriber whose stream broke came back. Times are nanoseconds of the run's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comeback {
    /// How often its stream broke.
    pub broke: u32,
    /// How often it asked in vain: refused, told to wait, or cut off before the first block.
    pub in_vain: u32,
    /// When its stream stood again.
    pub back: Option<u64>,
    /// When it had everything that was acknowledged up to then.
    pub whole: Option<u64>,
}

impl Subscribers {
    /// Opens `count` connections and waits until all are [ready](Start).
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

    /// All send their requests now, or read on.
    pub fn begin(&self) {
        self.begin.send_replace(true);
    }

    /// Waits until everything has arrived everywhere, or nothing does any more.
    pub async fn drain(&self, events: u64) {
        let deadline = Instant::now() + DRAIN_WITHIN;
        let (mut delivered, mut moved) = (self.delivered(), Instant::now());
        while !self.all_have(events) && Instant::now() < deadline && moved.elapsed() < QUIET {
            sleep(POLL_EVERY).await;
            let now = self.delivered();
            if now > delivered {
                (delivered, moved) = (now, Instant::now());
            }
        }
    }

    /// Waits until every stream broke and is back with everything, but no longer than this.
    pub async fn recovered(&self, within: Duration) {
        let deadline = Instant::now() + within;
        let recovered = |handle: &Handle| handle.progress.recovered.load(Ordering::Relaxed);
        while !self.handles.iter().all(recovered) && Instant::now() < deadline {
            sleep(POLL_EVERY).await;
        }
    }

    /// How many events came in so far, everywhere.
    fn delivered(&self) -> u64 {
        self.handles
            .iter()
            .map(|handle| handle.progress.delivered.load(Ordering::Relaxed))
            .sum()
    }

    /// Every subscriber that is still there has at least `events` events.
    fn all_have(&self, events: u64) -> bool {
        self.handles
            .iter()
            .map(|handle| &handle.progress)
            .all(|progress| {
                progress.delivered.load(Ordering::Relaxed) >= events
                    || progress.over.load(Ordering::Relaxed)
            })
    }

    /// Why the first stream that ended early did so.
    fn failure(&self) -> Option<&Failure> {
        self.handles
            .iter()
            .find_map(|handle| handle.progress.ended.get())
    }

    /// Closes every stream.
    pub async fn close(self) -> Result<Vec<Outcome>, Failure> {
        let Self {
            mut tasks,
            handles,
            begin,
        } = self;
        drop((handles, begin));
        let mut outcomes = Vec::with_capacity(tasks.len());
        while let Some(outcome) = tasks.join_next().await {
            outcomes.push(
                outcome.map_err(|error| Failure::run(format!("a subscriber broke: {error}")))?,
            );
        }
        Ok(outcomes)
    }
}
