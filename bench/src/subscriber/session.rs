//! One running subscriber: it requests its stream, reads it, and reconnects after a broken stream if
//! the run asks for that.

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

use super::{Progress, Recovery, StartMode, SubscriberOutcome, Subscription};
use crate::{
    check::Checker,
    delivery::Delivery,
    failure::Failure,
    histogram::Histogram,
    http::Response,
    peer::{ReadFrom, ReadMode},
    reader::Reader,
};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const READ_BUFFER: usize = 128 << 10;
/// The wait before reconnecting if the stream has no `retry:`. Browsers wait a few seconds (HTML
/// standard, "reconnection time").
const RETRY: Duration = Duration::from_secs(3);
/// The receive buffer of a stalled subscriber. With the default size the kernel accepts megabytes,
/// and the server would not notice the stall for most of the run.
const STALLED_BUFFER: u32 = 16 << 10;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into_boxed_slice());
}

/// The state of one subscriber.
pub(super) struct Session {
    subscription: Arc<Subscription>,
    progress: Arc<Progress>,
    /// Held until the stream is established.
    opening: Option<OwnedSemaphorePermit>,
    response: Response,
    reader: Reader,
    /// The first block of the current stream has arrived.
    established: bool,
    checker: Checker,
    latency: Histogram,
    last: u64,
    /// The cursor to resume after; `None` before the first event id.
    cursor: Option<String>,
    /// How long to wait before reconnecting. The stream can change it.
    retry: Duration,
    recovery: Recovery,
    /// The number of events at which the subscriber has caught up after a reconnection.
    catch_up_at: Option<u64>,
}

/// Why reading stopped without an error.
enum ReadEnd {
    /// The body is complete, or the run is over.
    Finished,
    /// The stream is established, and this subscriber stalls.
    Stalled,
}

impl Session {
    pub(super) fn new(subscription: Arc<Subscription>, progress: Arc<Progress>) -> Self {
        let checker = Checker::new(
            subscription.load.publishers,
            subscription.load.planned,
            subscription.first_request.has_ids,
        );
        let reader = Reader::new(subscription.first_request.format);
        Self {
            subscription,
            progress,
            opening: None,
            response: Response::new(),
            reader,
            established: false,
            checker,
            latency: Histogram::default(),
            last: 0,
            cursor: None,
            retry: RETRY,
            recovery: Recovery::default(),
            catch_up_at: None,
        }
    }

    pub(super) async fn run(
        mut self,
        opening: Arc<Semaphore>,
        mut begin: watch::Receiver<bool>,
        mut stopped: oneshot::Receiver<()>,
    ) -> SubscriberOutcome {
        self.opening = opening.acquire_owned().await.ok();
        let mut ended = self.follow(&mut begin, &mut stopped).await.err();
        while ended.is_some()
            && self.subscription.reconnects
            && self.progress.ready.load(Ordering::Relaxed)
        {
            let wait = self.disconnected();
            select! {
                () = sleep(wait) => ended = self.follow(&mut begin, &mut stopped).await.err(),
                _ = &mut stopped => break,
            }
        }
        if let Some(failure) = &ended {
            // Setting it cannot fail: only this task sets it, and only here.
            let _ = self.progress.ended.set(failure.clone());
        }
        self.progress.over.store(true, Ordering::Relaxed);
        SubscriberOutcome {
            checker: self.checker,
            latency: self.latency,
            last: self.last,
            ended,
            recovery: self.recovery,
        }
    }

    /// Requests the stream and reads it until the body is complete or the run is over. A stream that
    /// ends or breaks before is an error.
    async fn follow(
        &mut self,
        begin: &mut watch::Receiver<bool>,
        stopped: &mut oneshot::Receiver<()>,
    ) -> Result<(), Failure> {
        let mut socket = self.connect(begin).await?;
        if let ReadEnd::Stalled = self
            .read(
                &mut socket,
                stopped,
                self.subscription.start == StartMode::Stalled,
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

    /// Counts a broken stream or a failed request. Returns how long to wait before the next request.
    fn disconnected(&mut self) -> Duration {
        if self.established {
            self.recovery.disconnects += 1;
        } else {
            self.recovery.failed_requests += 1;
        }
        let retry_after = self
            .response
            .head()
            .and_then(|head| head.retry_after)
            .filter(|_| !self.established);
        // All subscribers get the same `Retry-After`, so each adds up to half of it to spread the
        // requests.
        retry_after.map_or(self.retry, |wait| {
            wait + wait.mul_f64(0.5 * random_fraction())
        })
    }

    /// Returns the request for the stream: the first request, or one that resumes after the cursor.
    fn request(&mut self) -> Result<String, Failure> {
        let Subscription {
            target,
            ref topic,
            ref first_request,
            ..
        } = *self.subscription;
        let newest = self
            .checker
            .last()
            .map(|id| id.to_string())
            .or_else(|| self.reader.cursor());
        // A stream that was never established has no new cursor.
        self.cursor = newest.or(self.cursor.take());
        let resume = |cursor: &String| {
            target
                .peer
                .protocol()
                .read(topic, ReadFrom::After(cursor), ReadMode::Stream)
        };
        let resume = self.cursor.as_ref().map(resume).transpose()?;
        let request = resume.as_ref().unwrap_or(first_request);
        let (path, headers, accept) = (
            &request.path,
            &request.headers,
            request.format.content_type(),
        );
        Ok(format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\n{headers}\r\n",
            target.address
        ))
    }

    /// Connects and sends the request.
    async fn connect(&mut self, begin: &mut watch::Receiver<bool>) -> Result<TcpStream, Failure> {
        let request = self.request()?;
        let reader = Reader::new(self.subscription.first_request.format);
        (self.response, self.reader, self.established) = (Response::new(), reader, false);
        let Subscription { target, start, .. } = *self.subscription;
        let failed = |error| Failure::run(format!("{}: {error}", target.address));
        let socket = TcpSocket::new_v4().map_err(failed)?;
        if start == StartMode::Stalled {
            socket
                .set_recv_buffer_size(STALLED_BUFFER)
                .map_err(failed)?;
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
            .map_err(failed)?;
        if start == StartMode::Together {
            self.opening = None;
            self.progress.ready.store(true, Ordering::Relaxed);
            begin
                .wait_for(|begun| *begun)
                .await
                .map_err(|_| Failure::run("the run was cancelled"))?;
        }
        socket.write_all(request.as_bytes()).await.map_err(failed)?;
        Ok(socket)
    }

    /// Reads until there is nothing more to read. A broken stream is an error.
    async fn read(
        &mut self,
        socket: &mut TcpStream,
        stopped: &mut oneshot::Receiver<()>,
        stall: bool,
    ) -> Result<ReadEnd, Failure> {
        poll_fn(|context| {
            // This comes first, because a stream that never pauses must still stop.
            if Future::poll(Pin::new(&mut *stopped), context).is_ready() {
                return Poll::Ready(Ok(ReadEnd::Finished));
            }
            BUFFER.with_borrow_mut(|buffer| {
                loop {
                    let mut read = ReadBuf::new(buffer);
                    // A read that does not fill the buffer has emptied the socket. The runtime knows
                    // that, so the next poll makes no system call.
                    ready!(Pin::new(&mut *socket).poll_read(context, &mut read))
                        .map_err(|error| Failure::run(format!("a stream broke: {error}")))?;
                    if read.filled().is_empty() {
                        return Poll::Ready(Err(Failure::run("the server closed a stream")));
                    }
                    self.receive(read.filled())?;
                    if self.response.is_complete() {
                        return Poll::Ready(self.reader.end().map(|()| ReadEnd::Finished));
                    }
                    if stall && self.checker.is_ready() {
                        return Poll::Ready(Ok(ReadEnd::Stalled));
                    }
                }
            })
        })
        .await
    }

    /// Checks the next bytes of the connection and updates the progress.
    fn receive(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let now = self.subscription.clock.nanos();
        let codec = &*self.subscription.codec;
        let head_known = self.response.head().is_some();
        let was_established = self.established;
        self.response.feed(bytes, |piece| {
            self.reader.feed(piece, codec, |delivery| {
                if let Delivery::Retry(retry) = delivery {
                    self.retry = retry;
                    return;
                }
                self.established = true;
                if let Some(payload) = self.checker.take(delivery) {
                    self.latency.record(now.saturating_sub(payload.sent));
                    self.last = now;
                }
            })
        })?;
        let expected = self.subscription.first_request.format.content_type();
        if !head_known
            && let Some(head) = self.response.head()
            && (head.status != 200 || !head.content_type.starts_with(expected))
        {
            // The body of this response was not a stream.
            self.established = false;
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
        if self.subscription.reconnects {
            self.track_recovery(was_established, now);
        }
        Ok(())
    }

    /// Notes when a new stream is established after a broken one, and when every event that was
    /// acknowledged by then has arrived.
    fn track_recovery(&mut self, was_established: bool, now: u64) {
        if self.established && !was_established && self.recovery.disconnects > 0 {
            self.recovery.reconnected_at = Some(now);
            self.catch_up_at = Some(self.subscription.acknowledged.load(Ordering::Relaxed));
        }
        if self
            .catch_up_at
            .is_some_and(|count| self.checker.delivered() >= count)
        {
            self.catch_up_at = None;
            self.recovery.caught_up_at = Some(now);
            self.progress.recovered.store(true, Ordering::Relaxed);
        }
    }
}

/// Returns a random number from 0 to 1. The random keys of the standard library's hash maps are
/// random enough to spread requests.
fn random_fraction() -> f64 {
    let random = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    f64::from(random) / f64::from(u32::MAX)
}
