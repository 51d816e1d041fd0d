//! The publishers of a run: keep-alive connections that post events, at a steady rate or each as soon
//! as it has its response.
//!
//! All publishers run on one thread of their own, so that reading deliveries does not delay the
//! schedule. Each waits for its response before it publishes again. An acknowledged event must
//! arrive.

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    check::{IdChecksum, PublishedEvents},
    clock::Clock,
    delivery::EventId,
    failure::Failure,
    histogram::Histogram,
    http::{Head, Response},
    load::Load,
    payload::{Payload, PayloadCodec},
    target::Target,
};

const RESPONSE_WITHIN: Duration = Duration::from_secs(10);
/// How long a publisher waits before it repeats an event, unless the server sends `Retry-After`.
const REPEAT_AFTER: Duration = Duration::from_millis(250);

/// How fast events are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// This many per second, as far as the responses allow.
    Steady(u32),
    /// Each publisher sends its next event as soon as it has its response.
    Saturated,
}

/// The events to publish, and how.
#[derive(Debug)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// The topic to publish to.
    pub topic: Arc<str>,
    /// The clock of the time stamps in payloads.
    pub clock: Clock,
    /// The format of the payloads.
    pub codec: Arc<PayloadCodec>,
    /// The events, their size and the number of publishers.
    pub load: Load,
    /// How fast to publish.
    pub pace: Pace,
    /// Nothing is published after this time.
    pub limit: Duration,
    /// The number of acknowledged events, updated while events are published.
    pub acknowledged: Arc<AtomicU64>,
    /// The signals of a run that stops the server for a while; `None` if the server keeps running.
    pub outage: Option<watch::Receiver<Signal>>,
}

/// The instruction to publishers in a run that stops the server for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Publish. If the server stores a repeated event once, a failed event is published again until
    /// it has a response.
    Go,
    /// Publish nothing until the next signal.
    Pause,
    /// Stop publishing.
    Stop,
}

/// The result of publishing.
#[derive(Debug, Default)]
pub struct PublishResult {
    /// The acknowledged events, which the streams are compared with.
    pub published: PublishedEvents,
    /// The times from the time stamp to the response.
    pub response_times: Histogram,
    /// When publishing began, in nanoseconds of the run's clock.
    pub began: u64,
    /// When the last response arrived.
    pub ended: u64,
    /// The longest delay of an event behind the schedule, in nanoseconds.
    pub schedule_delay: u64,
    /// Why the first publisher that stopped early did so.
    pub failure: Option<Failure>,
}

impl Plan {
    /// Publishes everything, on a thread of its own.
    ///
    /// # Errors
    /// If the thread does not start, a connection cannot be opened, or a publisher panics.
    pub async fn run(self) -> Result<PublishResult, Failure> {
        let (done, result) = oneshot::channel();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let publishing = runtime
                .map_err(thread_failure)
                .and_then(|runtime| runtime.block_on(Arc::new(self).publish()));
            // Sending fails only if the run was cancelled and nothing waits for the result.
            let _ = done.send(publishing);
        };
        std::thread::Builder::new()
            .name("publishers".to_owned())
            .spawn(work)
            .map_err(thread_failure)?;
        result
            .await
            .map_err(|_| Failure::run("the publishers failed"))?
    }

    async fn publish(self: Arc<Self>) -> Result<PublishResult, Failure> {
        let mut connections = Vec::with_capacity(self.load.publishers);
        for _ in 0..self.load.publishers {
            connections.push(Connection::open(self.target).await?);
        }
        let start = StartTime {
            instant: Instant::now(),
            nanos: self.clock.nanos(),
        };
        let mut publishers = JoinSet::new();
        for (number, connection) in connections.into_iter().enumerate() {
            let mut publisher = Publisher {
                number,
                outage: self.outage.clone(),
                acknowledged: 0,
                checksum: IdChecksum::default(),
                some_id: None,
                result: PublishResult::default(),
            };
            let plan = Arc::clone(&self);
            publishers.spawn(async move {
                publisher.result.failure = publisher.run(&plan, connection, start).await.err();
                publisher
            });
        }
        let mut total = PublishResult {
            began: start.nanos,
            ended: start.nanos,
            ..PublishResult::default()
        };
        total.published.lanes = vec![0; self.load.publishers];
        while let Some(publisher) = publishers.join_next().await {
            let publisher =
                publisher.map_err(|error| Failure::run(format!("a publisher failed: {error}")))?;
            total.published.lanes[publisher.number] = publisher.acknowledged;
            total.published.checksum += publisher.checksum;
            total.published.some_id = total.published.some_id.or(publisher.some_id);
            total.response_times.merge(&publisher.result.response_times);
            total.ended = total.ended.max(publisher.result.ended);
            total.schedule_delay = total.schedule_delay.max(publisher.result.schedule_delay);
            total.failure = total.failure.or(publisher.result.failure);
        }
        Ok(total)
    }

    /// Returns when event `n` is due, counted from the start.
    fn due(&self, n: u64) -> Duration {
        match self.pace {
            Pace::Saturated => Duration::ZERO,
            Pace::Steady(rate) => {
                let rate = u64::from(rate.max(1));
                Duration::from_secs(n / rate)
                    + Duration::from_nanos(n % rate * 1_000_000_000 / rate)
            }
        }
    }
}

fn thread_failure(error: io::Error) -> Failure {
    Failure::run(format!("cannot start a thread for the publishers: {error}"))
}

/// The start of publishing, on both clocks.
#[derive(Clone, Copy)]
struct StartTime {
    instant: Instant,
    nanos: u64,
}

/// One publisher, which publishes every `publishers`-th event: its lane.
struct Publisher {
    number: usize,
    outage: Option<watch::Receiver<Signal>>,
    acknowledged: u64,
    checksum: IdChecksum,
    some_id: Option<EventId>,
    result: PublishResult,
}

impl Publisher {
    async fn run(
        &mut self,
        plan: &Plan,
        mut connection: Connection,
        start: StartTime,
    ) -> Result<(), Failure> {
        let (mut body, mut request) = (Vec::new(), Vec::new());
        let protocol = plan.target.peer.protocol();
        let head = format!(
            "{}Host: {}\r\n",
            protocol.publish(&plan.topic),
            plan.target.address
        );
        for n in (self.number as u64..plan.load.planned).step_by(plan.load.publishers) {
            if !self.may_publish(&mut connection).await || start.instant.elapsed() > plan.limit {
                break;
            }
            self.wait_until_due(start.instant + plan.due(n), plan.pace)
                .await;
            let sent = plan.clock.nanos();
            body.clear();
            plan.codec.encode(Payload { n, sent }, &mut body);
            request.clear();
            let identity = self
                .outage
                .as_ref()
                .and_then(|_| protocol.identity(&plan.topic, n));
            // Writing to a `Vec` cannot fail.
            let _ = write!(
                request,
                "{head}{}Content-Length: {}\r\n\r\n",
                identity.as_deref().unwrap_or_default(),
                body.len()
            );
            request.extend_from_slice(&body);
            let repeat_until = identity.map(|_| start.instant + plan.limit);
            let id = self
                .post(&mut connection, n, &request, repeat_until)
                .await?;
            self.result.ended = plan.clock.nanos();
            self.result
                .response_times
                .record(self.result.ended.saturating_sub(sent));
            if let Some(id) = id {
                self.checksum.add(n, id);
                self.some_id = Some(id);
            }
            self.acknowledged += 1;
            plan.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits while the run pauses publishing. Returns `false` when publishing is over.
    async fn may_publish(&mut self, connection: &mut Connection) -> bool {
        let Some(outage) = &mut self.outage else {
            return true;
        };
        // After a pause the server is a new process.
        connection.broken |= *outage.borrow() == Signal::Pause;
        // A cancelled run drops the sender. Its publishers stop, too.
        let signal = outage
            .wait_for(|signal| *signal != Signal::Pause)
            .await
            .map_or(Signal::Stop, |signal| *signal);
        signal != Signal::Stop
    }

    /// Waits for the event's time in the schedule and notes its delay. A saturated run has no
    /// schedule.
    async fn wait_until_due(&mut self, due: Instant, pace: Pace) {
        if pace == Pace::Saturated {
            return;
        }
        if due > Instant::now() {
            sleep_until(due).await;
        }
        let delay = u64::try_from(due.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.result.schedule_delay = self.result.schedule_delay.max(delay);
    }

    /// Publishes event `n`. An event with an identity is repeated until it has a response, the run
    /// stops, or `repeat_until` has passed.
    async fn post(
        &self,
        connection: &mut Connection,
        n: u64,
        request: &[u8],
        repeat_until: Option<Instant>,
    ) -> Result<Option<EventId>, Failure> {
        loop {
            let failure = match timeout(RESPONSE_WITHIN, connection.post(request)).await {
                Ok(Ok(id)) => return Ok(id),
                Ok(Err(failure)) => Failure::run(format!("event {n}: {failure}")),
                Err(_) => Failure::run(format!(
                    "event {n} had no response within {} s",
                    RESPONSE_WITHIN.as_secs()
                )),
            };
            let stopped = self
                .outage
                .as_ref()
                .is_none_or(|outage| *outage.borrow() == Signal::Stop);
            if stopped || repeat_until.is_none_or(|end| Instant::now() > end) {
                return Err(failure);
            }
            sleep(connection.retry_after.take().unwrap_or(REPEAT_AFTER)).await;
            connection.broken = true;
        }
    }
}

/// Creates a topic, if this kind of server does not create it on the first publish.
///
/// # Errors
/// If the server cannot be reached or refuses the topic.
pub async fn create(target: Target, topic: &str) -> Result<(), Failure> {
    let Some(head) = target.peer.protocol().create(topic) else {
        return Ok(());
    };
    let request = format!(
        "{head}Host: {}\r\nContent-Length: 0\r\n\r\n",
        target.address
    );
    let head = Connection::open(target)
        .await?
        .exchange(request.as_bytes())
        .await?;
    if matches!(head.status, 200 | 201) {
        return Ok(());
    }
    Err(Failure::run(format!(
        "{topic}: the server did not create the topic (status {})",
        head.status
    )))
}

/// A keep-alive connection. It reconnects after the server has closed it.
struct Connection {
    target: Target,
    socket: TcpStream,
    buffer: Box<[u8]>,
    /// The body of the last response.
    body: Vec<u8>,
    /// The socket can no longer be used.
    broken: bool,
    /// The `Retry-After` of the last response.
    retry_after: Option<Duration>,
}

impl Connection {
    async fn open(target: Target) -> Result<Self, Failure> {
        let socket = connect(target).await?;
        Ok(Self {
            target,
            socket,
            buffer: vec![0; 8 << 10].into_boxed_slice(),
            body: Vec::new(),
            broken: false,
            retry_after: None,
        })
    }

    /// Publishes an event. Returns the event id of the response, if it has one.
    async fn post(&mut self, request: &[u8]) -> Result<Option<EventId>, Failure> {
        if self.broken {
            self.socket = connect(self.target).await?;
            self.broken = false;
        }
        let head = self.exchange(request).await?;
        (self.broken, self.retry_after) = (head.close, head.retry_after);
        self.target.peer.protocol().acknowledged(&head, &self.body)
    }

    /// Sends a request and reads its response. The body goes into `self.body`.
    async fn exchange(&mut self, request: &[u8]) -> Result<Head, Failure> {
        let broke = |error| Failure::run(format!("the connection broke: {error}"));
        self.socket.write_all(request).await.map_err(broke)?;
        self.body.clear();
        let mut response = Response::new();
        while !response.is_complete() {
            let length = self.socket.read(&mut self.buffer).await.map_err(broke)?;
            if length == 0 {
                return Err(Failure::run(
                    "the server closed the connection without a response",
                ));
            }
            let taken = response.feed(&self.buffer[..length], |piece| {
                self.body.extend_from_slice(piece);
                Ok(())
            })?;
            if taken < length {
                return Err(Failure::run("the server sent more than one response"));
            }
        }
        response
            .into_head()
            .ok_or_else(|| Failure::run("a response has no head"))
    }
}

async fn connect(target: Target) -> Result<TcpStream, Failure> {
    let failed = |error| Failure::run(format!("{}: {error}", target.address));
    let socket = timeout(RESPONSE_WITHIN, TcpStream::connect(target.address))
        .await
        .map_err(|_| {
            Failure::run(format!(
                "{}: no connection within {} s",
                target.address,
                RESPONSE_WITHIN.as_secs()
            ))
        })?
        .map_err(failed)?;
    socket.set_nodelay(true).map_err(failed)?;
    Ok(socket)
}
