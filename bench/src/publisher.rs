//! The publishers of a run: keep-alive connections that post events, at a steady rate or as fast as
//! they are answered.
//!
//! They have a thread of their own, so that reading deliveries does not hold up the schedule. Each
//! waits for its answer before it publishes again: an event that was acknowledged is one that must
//! arrive.

use std::{
    io::Write as _,
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
    check::{Pairs, Published},
    clock::Clock,
    delivery::EventId,
    failure::Failure,
    histogram::Histogram,
    http::{Head, Response},
    load::Load,
    payload::{Payload, Shape},
    target::Target,
};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a publisher waits before it repeats an event, unless the server says how long.
const REPEAT_AFTER: Duration = Duration::from_millis(250);

/// How fast events are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// So many a second, whatever the server does, as far as answers allow.
    Steady(u32),
    /// The next as soon as the one before is answered.
    Saturated,
}

/// What is to be published.
#[derive(Debug)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// The topic published to.
    pub topic: Arc<str>,
    /// The clock payloads are stamped with.
    pub clock: Clock,
    /// What payloads look like.
    pub shape: Arc<Shape>,
    /// How much, and by how many.
    pub load: Load,
    /// How fast.
    pub pace: Pace,
    /// Nothing is published after this long.
    pub limit: Duration,
    /// How many events were acknowledged, told while it goes on.
    pub acknowledged: Arc<AtomicU64>,
    /// The server is going to be away for a while.
    pub outage: Option<watch::Receiver<Signal>>,
}

/// What publishers do about a server that goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Publish. An event that fails is published again until it is answered, where the server
    /// stores it once.
    Go,
    /// Publish nothing more for now.
    Pause,
    /// Publish nothing more.
    Stop,
}

/// What was published.
#[derive(Debug, Default)]
pub struct Publishing {
    /// What the subscribers are judged by.
    pub published: Published,
    /// How long answers took.
    pub answers: Histogram,
    /// When publishing began, in nanoseconds of the run's clock.
    pub began: u64,
    /// When the last answer came.
    pub ended: u64,
    /// How far behind the schedule the latest event left, in nanoseconds.
    pub behind: u64,
    /// Why a publisher stopped early.
    pub failure: Option<Failure>,
}

impl Plan {
    /// Publishes everything, on a thread of its own.
    pub async fn run(self) -> Result<Publishing, Failure> {
        let (done, outcome) = oneshot::channel();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let publishing = runtime
                .map_err(|error| Failure::run(format!("no thread for the publishers: {error}")))
                .and_then(|runtime| runtime.block_on(Arc::new(self).publish()));
            // Nobody waits any more when the run was given up.
            let _ = done.send(publishing);
        };
        std::thread::Builder::new()
            .name("publishers".to_owned())
            .spawn(work)
            .map_err(|error| Failure::run(format!("no thread for the publishers: {error}")))?;
        outcome
            .await
            .map_err(|_| Failure::run("the publishers broke"))?
    }

    async fn publish(self: Arc<Self>) -> Result<Publishing, Failure> {
        let mut connections = Vec::with_capacity(self.load.publishers);
        for _ in 0..self.load.publishers {
            connections.push(Connection::open(self.target).await?);
        }
        let start = Start {
            instant: Instant::now(),
            nanos: self.clock.nanos(),
        };
        let mut lanes = JoinSet::new();
        for (number, connection) in connections.into_iter().enumerate() {
            let mut lane = Lane {
                number,
                acknowledged: 0,
                pairs: Pairs::default(),
                some_id: None,
                publishing: Publishing::default(),
            };
            let plan = Arc::clone(&self);
            lanes.spawn(async move {
                lane.publishing.failure = lane.run(&plan, connection, start).await.err();
                lane
            });
        }
        let mut whole = Publishing {
            began: start.nanos,
            ended: start.nanos,
            ..Publishing::default()
        };
        whole.published.lanes = vec![0; self.load.publishers];
        while let Some(lane) = lanes.join_next().await {
            let lane = lane.map_err(|error| Failure::run(format!("a publisher broke: {error}")))?;
            whole.published.lanes[lane.number] = lane.acknowledged;
            whole.published.pairs += lane.pairs;
            whole.published.some_id = whole.published.some_id.or(lane.some_id);
            whole.answers.merge(&lane.publishing.answers);
            whole.ended = whole.ended.max(lane.publishing.ended);
            whole.behind = whole.behind.max(lane.publishing.behind);
            whole.failure = whole.failure.or(lane.publishing.failure);
        }
        Ok(whole)
    }

    /// When event `n` is due, counted from the start.
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

#[derive(Clone, Copy)]
struct Start {
    instant: Instant,
    nanos: u64,
}

/// The work of one publisher: every `publishers`-th event.
struct Lane {
    number: usize,
    acknowledged: u64,
    pairs: Pairs,
    some_id: Option<EventId>,
    publishing: Publishing,
}

impl Lane {
    async fn run(
        &mut self,
        plan: &Plan,
        mut connection: Connection,
        start: Start,
    ) -> Result<(), Failure> {
        let (mut body, mut request, head) = (Vec::new(), Vec::new(), plan.head());
        let mut outage = plan.outage.clone();
        for n in (self.number as u64..plan.load.planned).step_by(plan.load.publishers) {
            if let Some(outage) = &mut outage {
                // Behind a pause the server is another process.
                connection.broken |= *outage.borrow() == Signal::Pause;
                // A run that is given up stops its publishers, too.
                let signal = outage
                    .wait_for(|signal| *signal != Signal::Pause)
                    .await
                    .map_or(Signal::Stop, |signal| *signal);
                if signal == Signal::Stop {
                    break;
                }
            }
            let due = start.instant + plan.due(n);
            let now = Instant::now();
            if now.duration_since(start.instant) > plan.limit {
                break;
            }
            if plan.pace != Pace::Saturated {
                if due > now {
                    sleep_until(due).await;
                }
                let behind = u64::try_from(due.elapsed().as_nanos()).unwrap_or(u64::MAX);
                self.publishing.behind = self.publishing.behind.max(behind);
            }
            let sent = plan.clock.nanos();
            body.clear();
            plan.shape.write(Payload { n, sent }, &mut body);
            request.clear();
            // Writing to a `Vec` cannot fail.
            let identity = outage
                .as_ref()
                .and_then(|_| plan.target.peer.protocol().identity(&plan.topic, n));
            let _ = write!(
                request,
                "{head}{}Content-Length: {}\r\n\r\n",
                identity.as_deref().unwrap_or_default(),
                body.len()
            );
            request.extend_from_slice(&body);
            let id = loop {
                let failure = match timeout(ANSWER_WITHIN, connection.post(&request)).await {
                    Ok(Ok(id)) => break id,
                    Ok(Err(failure)) => Failure::run(format!("event {n}: {failure}")),
                    Err(_) => Failure::run(format!(
                        "event {n} was not answered within {} s",
                        ANSWER_WITHIN.as_secs()
                    )),
                };
                let given_up = outage
                    .as_ref()
                    .is_none_or(|outage| *outage.borrow() == Signal::Stop);
                if identity.is_none() || given_up || start.instant.elapsed() > plan.limit {
                    return Err(failure);
                }
                sleep(connection.wait.take().unwrap_or(REPEAT_AFTER)).await;
                connection.broken = true;
            };
            self.publishing.ended = plan.clock.nanos();
            self.publishing
                .answers
                .record(self.publishing.ended.saturating_sub(sent));
            if let Some(id) = id {
                self.pairs.add(n, id);
                self.some_id = Some(id);
            }
            self.acknowledged += 1;
            plan.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Makes a topic, where publishing to it would not.
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
        .ask(request.as_bytes())
        .await?;
    if matches!(head.status, 200 | 201) {
        return Ok(());
    }
    Err(Failure::run(format!(
        "{topic}: the topic could not be made, answer {}",
        head.status
    )))
}

impl Plan {
    /// A publish up to its length.
    fn head(&self) -> String {
        format!(
            "{}Host: {}\r\n",
            self.target.peer.protocol().publish(&self.topic),
            self.target.address
        )
    }
}

/// A keep-alive connection, opened anew when the server closes it.
struct Connection {
    target: Target,
    socket: TcpStream,
    buffer: Box<[u8]>,
    answer: Vec<u8>,
    /// The socket is of no more use.
    broken: bool,
    /// How long the last answer asked to wait.
    wait: Option<Duration>,
}

impl Connection {
    async fn open(target: Target) -> Result<Self, Failure> {
        let socket = connect(target).await?;
        Ok(Self {
            target,
            socket,
            buffer: vec![0; 8 << 10].into_boxed_slice(),
            answer: Vec::new(),
            broken: false,
            wait: None,
        })
    }

    /// Publishes: sends a request and returns the event id of its answer, where it has one.
    async fn post(&mut self, request: &[u8]) -> Result<Option<EventId>, Failure> {
        if self.broken {
            self.socket = connect(self.target).await?;
            self.broken = false;
        }
        let head = self.ask(request).await?;
        (self.broken, self.wait) = (head.close, head.retry_after);
        self.target
            .peer
            .protocol()
            .acknowledged(&head, &self.answer)
    }

    /// Sends a request and reads its answer, the body of it into `self.answer`.
    async fn ask(&mut self, request: &[u8]) -> Result<Head, Failure> {
        let broke = |error| Failure::run(format!("the connection broke: {error}"));
        self.socket.write_all(request).await.map_err(broke)?;
        self.answer.clear();
        let mut response = Response::new();
        while !response.is_complete() {
            let length = self.socket.read(&mut self.buffer).await.map_err(broke)?;
            if length == 0 {
                return Err(Failure::run(
                    "the server closed the connection without an answer",
                ));
            }
            let taken = response.feed(&self.buffer[..length], |piece| {
                self.answer.extend_from_slice(piece);
                Ok(())
            })?;
            if taken < length {
                return Err(Failure::run("the server sent more than one answer"));
            }
        }
        response
            .into_head()
            .ok_or_else(|| Failure::run("an answer has no head"))
    }
}

async fn connect(target: Target) -> Result<TcpStream, Failure> {
    let refused = |error| Failure::run(format!("{}: {error}", target.address));
    let socket = timeout(ANSWER_WITHIN, TcpStream::connect(target.address))
        .await
        .map_err(|_| {
            Failure::run(format!(
                "{}: no connection within {} s",
                target.address,
                ANSWER_WITHIN.as_secs()
            ))
        })?
        .map_err(refused)?;
    socket.set_nodelay(true).map_err(refused)?;
    Ok(socket)
}
