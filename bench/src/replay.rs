//! The replay run: events are stored, then many clients read all of them from the start at the same moment, and every
//! client is judged.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    check::Tally,
    clock::Clock,
    failure::Failure,
    histogram::Histogram,
    payload::Shape,
    peer::{Since, Way},
    process::{Meter, Process, Usage},
    publisher::{self, Pace, Plan, Publishing},
    subscriber::{Start, Subscribers, Subscription},
    target::Target,
    topic,
};

/// The server's accept work is over before its processor time is read.
const SETTLE: Duration = Duration::from_millis(300);
/// A late duplicate still arrives.
const LINGER: Duration = Duration::from_millis(300);
/// Storing may take this long; it is no part of what is measured.
const STORE_WITHIN: Duration = Duration::from_mins(5);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// How many read.
    pub clients: usize,
    /// How many events there are to read.
    pub events: u64,
    /// The length of a payload.
    pub bytes: usize,
    /// How many connections store them.
    pub publishers: usize,
    /// How they are read.
    pub way: Way,
    /// The server's process.
    pub pid: Option<u32>,
}

/// What came out.
#[derive(Debug)]
pub struct Report {
    /// What was asked for.
    pub options: Options,
    /// Events that were stored.
    pub stored: u64,
    /// Events that arrived, at all clients together.
    pub deliveries: u64,
    /// From the requests to the last event of the last client.
    pub elapsed: Duration,
    /// From the requests to the last event of each client.
    pub finished: Histogram,
    /// What was wrong.
    pub tally: Tally,
    /// The first thing that broke on the way.
    pub failure: Option<Failure>,
    /// What the server used while it was read, where its process is known.
    pub server: Option<Usage>,
    /// Processor time of the generator meanwhile.
    pub own_cpu: Duration,
}

impl Report {
    /// Every client read everything as it was stored.
    pub fn is_correct(&self) -> bool {
        self.tally.is_clean() && self.failure.is_none()
    }
}

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let Options { target, clients, events, publishers, .. } = options;
    let server = options.pid.map(Process::open).transpose()?;
    let (clock, shape, topic) = (Clock::start(), Arc::new(Shape::new(options.bytes)), topic::fresh("replay"));
    let plan = Plan {
        target,
        topic: Arc::clone(&topic),
        clock,
        shape: Arc::clone(&shape),
        publishers,
        planned: events,
        pace: Pace::Saturated,
        limit: STORE_WITHIN,
    };
    publisher::create(target, &topic).await?;
    let Publishing { published, mut failure, .. } = plan.run().await?;

    let reading = target.peer.protocol().read(&topic, Since::Start(published.some_id), options.way)?;
    let start = Start::Together;
    let subscription = Subscription { target, reading, start, clock, shape, publishers, planned: events };
    let readers = Subscribers::open(clients, subscription).await?;
    sleep(SETTLE).await;
    let meter = Meter::start(server.as_ref())?;
    let began = clock.nanos();
    readers.begin();
    readers.drain(published.total()).await;
    let (server, own_cpu) = meter.finish()?;
    sleep(LINGER).await;

    let (mut tally, mut finished, mut deliveries, mut last) = (Tally::default(), Histogram::default(), 0, began);
    for outcome in readers.close().await? {
        finished.record(outcome.last.saturating_sub(began));
        last = last.max(outcome.last);
        deliveries += outcome.checker.delivered();
        tally += outcome.checker.finish(&published, outcome.ended.is_some());
        failure = failure.or(outcome.ended);
    }
    Ok(Report {
        options,
        stored: published.total(),
        deliveries,
        elapsed: Duration::from_nanos(last.saturating_sub(began)),
        finished,
        tally,
        failure,
        server,
        own_cpu,
    })
}
