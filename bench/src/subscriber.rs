//! The subscribers of a run: one connection each, read and judged as it comes in.
//!
//! A subscriber is a socket and about six kilobytes; the read buffer belongs to the thread, not to the connection, and
//! nothing is allocated for a delivery.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    check::Checker, clock::Clock, failure::Failure, histogram::Histogram, http::Response, payload::Shape, peer::Reading,
    reader::Reader, target::Target,
};

/// How many connections are being opened at a time: fewer than any listener's backlog holds.
const OPENING: usize = 100;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const READY_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(5);
/// What has not arrived when nothing has arrived for this long is lost.
const QUIET: Duration = Duration::from_secs(5);
const DRAIN_WITHIN: Duration = Duration::from_mins(1);
const READ_BUFFER: usize = 128 << 10;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into_boxed_slice());
}

/// What all subscribers of a run have in common.
#[derive(Debug)]
pub struct Subscription {
    /// The server.
    pub target: Target,
    /// What is asked for.
    pub reading: Reading,
    /// When it is asked for.
    pub start: Start,
    /// The clock that the publishers stamp with.
    pub clock: Clock,
    /// What payloads look like.
    pub shape: Arc<Shape>,
    /// How many publishers there are.
    pub publishers: usize,
    /// How many events there are at most.
    pub planned: u64,
}

/// When subscribers send their requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Each when it is connected; they are open when each has its first block.
    EachReady,
    /// All at once at [`Subscribers::begin`]; they are open when each is connected.
    Together,
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
}

impl Subscribers {
    /// Opens `count` connections and waits until all are [ready](Start).
    pub async fn open(count: usize, subscription: Subscription) -> Result<Self, Failure> {
        let subscription = Arc::new(subscription);
        let opening = Arc::new(Semaphore::new(OPENING));
        let begin = watch::Sender::new(subscription.start == Start::EachReady);
        let mut all = Self { tasks: JoinSet::new(), handles: Vec::with_capacity(count), begin };
        for _ in 0..count {
            let progress = Arc::<Progress>::default();
            let (stop, stopped) = oneshot::channel();
            let session = Session::new(Arc::clone(&subscription), Arc::clone(&progress));
            all.tasks.spawn(session.run(Arc::clone(&opening), all.begin.subscribe(), stopped));
            all.handles.push(Handle { progress, _stop: stop });
        }
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(failure) = all.failure() {
                return Err(failure.clone());
            }
            let ready = all.handles.iter().filter(|handle| handle.progress.ready.load(Ordering::Relaxed)).count();
            if ready == count {
                return Ok(all);
            }
            if Instant::now() > deadline {
                let seconds = READY_WITHIN.as_secs();
                return Err(Failure::run(format!("only {ready} of {count} subscribers were ready after {seconds} s")));
            }
            sleep(POLL_EVERY).await;
        }
    }

    /// All send their requests now.
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

    /// How many events came in so far, everywhere.
    fn delivered(&self) -> u64 {
        self.handles.iter().map(|handle| handle.progress.delivered.load(Ordering::Relaxed)).sum()
    }

    /// Every subscriber that is still there has at least `events` events.
    fn all_have(&self, events: u64) -> bool {
        self.handles
            .iter()
            .map(|handle| &handle.progress)
            .all(|progress| progress.delivered.load(Ordering::Relaxed) >= events || progress.over.load(Ordering::Relaxed))
    }

    /// Why the first stream that ended early did so.
    fn failure(&self) -> Option<&Failure> {
        self.handles.iter().find_map(|handle| handle.progress.ended.get())
    }

    /// Closes every stream.
    pub async fn close(self) -> Result<Vec<Outcome>, Failure> {
        let Self { mut tasks, handles, begin } = self;
        drop((handles, begin));
        let mut outcomes = Vec::with_capacity(tasks.len());
        while let Some(outcome) = tasks.join_next().await {
            outcomes.push(outcome.map_err(|error| Failure::run(format!("a subscriber broke: {error}")))?);
        }
        Ok(outcomes)
    }
}

/// One subscriber at work.
struct Session {
    subscription: Arc<Subscription>,
    progress: Arc<Progress>,
    /// Held until the subscription stands.
    opening: Option<OwnedSemaphorePermit>,
    response: Response,
    reader: Reader,
    checker: Checker,
    latency: Histogram,
    last: u64,
}

impl Session {
    fn new(subscription: Arc<Subscription>, progress: Arc<Progress>) -> Self {
        let checker = Checker::new(subscription.publishers, subscription.planned, subscription.reading.ids);
        let reader = Reader::new(subscription.reading.coding);
        Self {
            subscription,
            progress,
            opening: None,
            response: Response::new(),
            reader,
            checker,
            latency: Histogram::default(),
            last: 0,
        }
    }

    async fn run(mut self, opening: Arc<Semaphore>, begin: watch::Receiver<bool>, stopped: oneshot::Receiver<()>) -> Outcome {
        let ended = match self.ask(opening, begin).await {
            Ok(mut socket) => self.read(&mut socket, stopped).await.err(),
            Err(failure) => Some(failure),
        };
        if let Some(failure) = &ended {
            // Only this task sets it, and only here.
            let _ = self.progress.ended.set(failure.clone());
        }
        self.progress.over.store(true, Ordering::Relaxed);
        Outcome { checker: self.checker, latency: self.latency, last: self.last, ended }
    }

    async fn ask(&mut self, opening: Arc<Semaphore>, mut begin: watch::Receiver<bool>) -> Result<TcpStream, Failure> {
        self.opening = opening.acquire_owned().await.ok();
        let Subscription { target, ref reading, start, .. } = *self.subscription;
        let broke = |error| Failure::run(format!("{}: {error}", target.address));
        let mut socket = timeout(CONNECT_WITHIN, TcpStream::connect(target.address))
            .await
            .map_err(|_| Failure::run(format!("{}: no connection within {} s", target.address, CONNECT_WITHIN.as_secs())))?
            .map_err(broke)?;
        let (path, accept) = (&reading.path, reading.coding.content_type());
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\n\r\n", target.address);
        if start == Start::Together {
            self.opening = None;
            self.progress.ready.store(true, Ordering::Relaxed);
            begin.wait_for(|begun| *begun).await.map_err(|_| Failure::run("the run was given up"))?;
        }
        socket.write_all(request.as_bytes()).await.map_err(broke)?;
        Ok(socket)
    }

    /// Reads until the stream ends or breaks (an error), the body is whole, or the run is over.
    async fn read(&mut self, socket: &mut TcpStream, mut stopped: oneshot::Receiver<()>) -> Result<(), Failure> {
        poll_fn(|context| {
            // First, or a stream that never pauses could not be stopped.
            if Future::poll(Pin::new(&mut stopped), context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            BUFFER.with_borrow_mut(|buffer| {
                loop {
                    let mut read = ReadBuf::new(buffer);
                    // A read that leaves room has emptied the socket, and the runtime knows: no second system call.
                    ready!(Pin::new(&mut *socket).poll_read(context, &mut read))
                        .map_err(|error| Failure::run(format!("a stream broke: {error}")))?;
                    if read.filled().is_empty() {
                        return Poll::Ready(Err(Failure::run("the server closed a stream")));
                    }
                    self.receive(read.filled())?;
                    if self.response.is_complete() {
                        return Poll::Ready(self.reader.end());
                    }
                }
            })
        })
        .await
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let now = self.subscription.clock.nanos();
        let shape = &*self.subscription.shape;
        let known = self.response.head().is_some();
        self.response.feed(bytes, |piece| {
            self.reader.feed(piece, shape, |delivery| {
                if let Some(payload) = self.checker.take(delivery) {
                    self.latency.record(now.saturating_sub(payload.sent));
                    self.last = now;
                }
            })
        })?;
        let expected = self.subscription.reading.coding.content_type();
        if !known
            && let Some(head) = self.response.head()
            && (head.status != 200 || !head.content_type.starts_with(expected))
        {
            let (status, content_type) = (head.status, &head.content_type);
            return Err(Failure::run(format!("expected {expected}, got {status} with type {content_type:?}")));
        }
        if self.checker.is_ready() && self.opening.take().is_some() {
            self.progress.ready.store(true, Ordering::Relaxed);
        }
        self.progress.delivered.store(self.checker.delivered(), Ordering::Relaxed);
        Ok(())
    }
}
