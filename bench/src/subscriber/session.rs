//! One subscriber at work: it asks for its stream, reads it, and comes back when it breaks, if that
//! is what it is for.

use std::{
    cell::RefCell,
    future::poll_fn,
    hash::{BuildHasher as _, RandomState},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf},
    net::{TcpSocket, TcpStream},
    select,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    time::{sleep, timeout},
};

use super::{Comeback, Outcome, Progress, Start, Subscription};
use crate::{
    check::Checker,
    delivery::Delivery,
    failure::Failure,
    histogram::Histogram,
    http::Response,
    peer::{ReadMode, Since},
    reader::Reader,
};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const READ_BUFFER: usize = 128 << 10;
/// A browser waits a few seconds where the stream says nothing (HTML standard, "reconnection
/// time").
const RETRY: Duration = Duration::from_secs(3);
/// The receive buffer of one that stops reading. With the usual one the kernel would take megabytes
/// in its place, and the server would notice nothing for most of the run.
const STALLED_BUFFER: u32 = 16 << 10;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into_boxed_slice());
}

pub(super) struct Session {
    subscription: Arc<Subscription>,
    progress: Arc<Progress>,
    /// Held until the subscription stands.
    opening: Option<OwnedSemaphorePermit>,
    response: Response,
    reader: Reader,
    /// This stream has had its first block.
    stands: bool,
    checker: Checker,
    latency: Histogram,
    last: u64,
    /// Where the stream goes on; none before there was one.
    cursor: Option<String>,
    /// How long to wait before coming back, as the stream said.
    retry: Duration,
    comeback: Comeback,
    /// With how many events everything has been made up for.
    missing_until: Option<u64>,
}

/// Why nothing is read any more, or for now.
enum Pause {
    /// The body is whole, or the run is over.
    Over,
    /// The stream stands, and this subscriber stops reading there.
    Stall,
}

impl Session {
    pub(super) fn new(subscription: Arc<Subscription>, progress: Arc<Progress>) -> Self {
        let checker = Checker::new(
            subscription.load.publishers,
            subscription.load.planned,
            subscription.reading.ids,
        );
        let reader = Reader::new(subscription.reading.coding);
        Self {
            subscription,
            progress,
            opening: None,
            response: Response::new(),
            reader,
            stands: false,
            checker,
            latency: Histogram::default(),
            last: 0,
            cursor: None,
            retry: RETRY,
            comeback: Comeback::default(),
            missing_until: None,
        }
    }

    pub(super) async fn run(
        mut self,
        opening: Arc<Semaphore>,
        mut begin: watch::Receiver<bool>,
        mut stopped: oneshot::Receiver<()>,
    ) -> Outcome {
        self.opening = opening.acquire_owned().await.ok();
        let mut ended = self.follow(&mut begin, &mut stopped).await.err();
        while ended.is_some()
            && self.subscription.returns
            && self.progress.ready.load(Ordering::Relaxed)
        {
            let wait = self.leave();
            select! {
                () = sleep(wait) => ended = self.follow(&mut begin, &mut stopped).await.err(),
                _ = &mut stopped => break,
            }
        }
        if let Some(failure) = &ended {
            // Only this task sets it, and only here.
            let _ = self.progress.ended.set(failure.clone());
        }
        self.progress.over.store(true, Ordering::Relaxed);
        Outcome {
            checker: self.checker,
            latency: self.latency,
            last: self.last,
            ended,
            comeback: self.comeback,
        }
    }

    /// Asks for the stream and reads it until it ends or breaks (an error), the body is whole, or
    /// the run is over.
    async fn follow(
        &mut self,
        begin: &mut watch::Receiver<bool>,
        stopped: &mut oneshot::Receiver<()>,
    ) -> Result<(), Failure> {
        let mut socket = self.ask(begin).await?;
        if let Pause::Stall = self
            .read(
                &mut socket,
                stopped,
                self.subscription.start == Start::Stalled,
            )
            .await?
        {
            select! {
                _ = begin.wait_for(|begun| *begun) => {}
                _ = &mut *stopped => return Ok(()),
            }
            self.read(&mut socket, stopped, false).await?;
        }
        Ok(())
    }

    /// The stream broke, or was not to be had: how long to wait before it is asked for again.
    fn leave(&mut self) -> Duration {
        if self.stands {
            self.comeback.broke += 1;
        } else {
            self.comeback.in_vain += 1;
        }
        let told = self
            .response
            .head()
            .and_then(|head| head.retry_after)
            .filter(|_| !self.stands);
        // Told to wait, all were told the same: the herd spreads itself over half as long again.
        told.map_or(self.retry, |wait| wait + wait.mul_f64(0.5 * part()))
    }

    /// The request for the stream, from its beginning or from where the one before broke.
    fn request(&mut self) -> Result<String, Failure> {
        let Subscription {
            target,
            ref topic,
            ref reading,
            ..
        } = *self.subscription;
        // A stream that never stood has told nothing new.
        let told = self
            .checker
            .last()
            .map(|id| id.to_string())
            .or_else(|| self.reader.cursor());
        self.cursor = told.or(self.cursor.take());
        let after = |cursor: &String| {
            target
                .peer
                .protocol()
                .read(topic, Since::After(cursor), ReadMode::Stream)
        };
        let again = self.cursor.as_ref().map(after).transpose()?;
        let reading = again.as_ref().unwrap_or(reading);
        let (path, headers, accept) = (
            &reading.path,
            &reading.headers,
            reading.coding.content_type(),
        );
        Ok(format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\n{headers}\r\n",
            target.address
        ))
    }

    async fn ask(&mut self, begin: &mut watch::Receiver<bool>) -> Result<TcpStream, Failure> {
        let request = self.request()?;
        let reader = Reader::new(self.subscription.reading.coding);
        (self.response, self.reader, self.stands) = (Response::new(), reader, false);
        let Subscription { target, start, .. } = *self.subscription;
        let broke = |error| Failure::run(format!("{}: {error}", target.address));
        let socket = TcpSocket::new_v4().map_err(broke)?;
        if start == Start::Stalled {
            socket.set_recv_buffer_size(STALLED_BUFFER).map_err(broke)?;
        }
        let mut socket = timeout(CONNECT_WITHIN, socket.connect(target.address))
            .await
            .map_err(|_| {
                Failure::run(format!(
                    "{}: no connection within {} s",
                    target.address,
                    CONNECT_WITHIN.as_secs()
                ))
            })?
            .map_err(broke)?;
        if start == Start::Together {
            self.opening = None;
            self.progress.ready.store(true, Ordering::Relaxed);
            begin
                .wait_for(|begun| *begun)
                .await
                .map_err(|_| Failure::run("the run was given up"))?;
        }
        socket.write_all(request.as_bytes()).await.map_err(broke)?;
        Ok(socket)
    }

    /// Reads until the stream breaks (an error), or there is nothing more to read.
    async fn read(
        &mut self,
        socket: &mut TcpStream,
        stopped: &mut oneshot::Receiver<()>,
        stall: bool,
    ) -> Result<Pause, Failure> {
        poll_fn(|context| {
            // First, or a stream that never pauses could not be stopped.
            if Future::poll(Pin::new(&mut *stopped), context).is_ready() {
                return Poll::Ready(Ok(Pause::Over));
            }
            BUFFER.with_borrow_mut(|buffer| {
                loop {
                    let mut read = ReadBuf::new(buffer);
                    // A read that leaves room has emptied the socket, and the runtime knows: no
                    // second system call.
                    ready!(Pin::new(&mut *socket).poll_read(context, &mut read))
                        .map_err(|error| Failure::run(format!("a stream broke: {error}")))?;
                    if read.filled().is_empty() {
                        return Poll::Ready(Err(Failure::run("the server closed a stream")));
                    }
                    self.receive(read.filled())?;
                    if self.response.is_complete() {
                        return Poll::Ready(self.reader.end().map(|()| Pause::Over));
                    }
                    if stall && self.checker.is_ready() {
                        return Poll::Ready(Ok(Pause::Stall));
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
        let stood = self.stands;
        self.response.feed(bytes, |piece| {
            self.reader.feed(piece, shape, |delivery| {
                if let Delivery::Retry(retry) = delivery {
                    self.retry = retry;
                    return;
                }
                self.stands = true;
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
            // What came with it is not a stream's.
            self.stands = false;
            let (status, content_type) = (head.status, &head.content_type);
            return Err(Failure::run(format!(
                "expected {expected}, got {status} with type {content_type:?}"
            )));
        }
        if self.checker.is_ready() && self.opening.take().is_some() {
            self.progress.ready.store(true, Ordering::Relaxed);
        }
        self.progress
            .delivered
            .store(self.checker.delivered(), Ordering::Relaxed);
        if self.subscription.returns {
            self.make_up(stood, now);
        }
        Ok(())
    }

    /// Notes when a stream that broke stands again, and when all has come that was acknowledged up
    /// to then.
    fn make_up(&mut self, stood: bool, now: u64) {
        if self.stands && !stood && self.comeback.broke > 0 {
            self.comeback.back = Some(now);
            self.missing_until = Some(self.subscription.acknowledged.load(Ordering::Relaxed));
        }
        if self
            .missing_until
            .is_some_and(|count| self.checker.delivered() >= count)
        {
            self.missing_until = None;
            self.comeback.whole = Some(now);
            self.progress.recovered.store(true, Ordering::Relaxed);
        }
    }
}

/// A random part of 1. The standard library draws keys for its hash maps; that is random enough to
/// spread a herd.
fn part() -> f64 {
    let drawn = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    f64::from(drawn) / f64::from(u32::MAX)
}
