//! The publish run: many publishers, as fast as they are answered, and nobody listening. What was acknowledged is read
//! back from the server afterwards and judged.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    check::Tally,
    clock::Clock,
    failure::Failure,
    histogram::Histogram,
    payload::Shape,
    peer::Since,
    process::{Meter, Process, Usage},
    publisher::{self, Pace, Plan, Publishing},
    subscriber::{Start, Subscribers, Subscription},
    target::Target,
    topic,
};

/// A late duplicate still arrives.
const LINGER: Duration = Duration::from_millis(300);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// How many publishing connections.
    pub publishers: usize,
    /// How many events.
    pub planned: u64,
    /// How long at most.
    pub duration: Duration,
    /// The length of a payload.
    pub bytes: usize,
    /// The server's process.
    pub pid: Option<u32>,
}

/// What came out.
#[derive(Debug)]
pub struct Report {
    /// What was asked for.
    pub options: Options,
    /// Events that were acknowledged.
    pub published: u64,
    /// From the first event published to the last answer.
    pub elapsed: Duration,
    /// From a publisher's stamp to the answer.
    pub answers: Histogram,
    /// Events that were read back.
    pub read_back: u64,
    /// What was wrong with them.
    pub tally: Tally,
    /// The first thing that broke on the way.
    pub failure: Option<Failure>,
    /// What the server used while events were published, where its process is known.
    pub server: Option<Usage>,
    /// Processor time of the generator meanwhile.
    pub own_cpu: Duration,
}

impl Report {
    /// Everything acknowledged was there.
    pub fn is_correct(&self) -> bool {
        self.tally.is_clean() && self.failure.is_none()
    }
}

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let Options { target, publishers, planned, .. } = options;
    let server = options.pid.map(Process::open).transpose()?;
    let (clock, shape, topic) = (Clock::start(), Arc::new(Shape::new(options.bytes)), topic::fresh("publish"));
    let plan = Plan {
        target,
        topic: Arc::clone(&topic),
        clock,
        shape: Arc::clone(&shape),
        publishers,
        planned,
        pace: Pace::Saturated,
        limit: options.duration,
    };
    publisher::create(target, &topic).await?;
    let meter = Meter::start(server.as_ref())?;
    let Publishing { published, answers, began, ended, failure, .. } = plan.run().await?;
    let (server, own_cpu) = meter.finish()?;

    let protocol = target.peer.protocol();
    let reading = protocol.read(&topic, Since::Start(published.some_id), protocol.read_back())?;
    let subscription = Subscription { target, reading, start: Start::Together, clock, shape, publishers, planned };
    let reader = Subscribers::open(1, subscription).await?;
    reader.begin();
    reader.drain(published.total()).await;
    sleep(LINGER).await;
    let mut report = Report {
        options,
        published: published.total(),
        elapsed: Duration::from_nanos(ended.saturating_sub(began)),
        answers,
        read_back: 0,
        tally: Tally::default(),
        failure,
        server,
        own_cpu,
    };
    for outcome in reader.close().await? {
        report.read_back += outcome.checker.delivered();
        report.tally += outcome.checker.finish(&published, outcome.ended.is_some());
        report.failure = report.failure.or(outcome.ended);
    }
    Ok(report)
}
