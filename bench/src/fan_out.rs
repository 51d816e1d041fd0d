//! The fan-out run: many subscribers, some publishers, every delivery judged.

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
    subscriber::{Outcome, Start, Subscribers, Subscription},
    target::Target,
    topic,
};

/// The server's accept work is over before its processor time is read.
const SETTLE: Duration = Duration::from_millis(300);
/// A late duplicate still arrives.
const LINGER: Duration = Duration::from_millis(300);
/// How long a steady run may take beyond its time when the server does not keep up.
const GRACE: Duration = Duration::from_secs(5);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// How many streams.
    pub subscribers: usize,
    /// How many publishing connections.
    pub publishers: usize,
    /// How fast.
    pub pace: Pace,
    /// How many events at most.
    pub planned: u64,
    /// How long.
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
    pub publishing: Duration,
    /// From the first event published to the last delivery.
    pub elapsed: Duration,
    /// Events that arrived, at all subscribers together.
    pub deliveries: u64,
    /// From a publisher's stamp to a subscriber's read.
    pub latency: Histogram,
    /// From a publisher's stamp to the answer.
    pub answers: Histogram,
    /// How far the latest event left behind its time.
    pub behind: Duration,
    /// What was wrong.
    pub tally: Tally,
    /// The first thing that broke on the way.
    pub failure: Option<Failure>,
    /// What the server used, where its process is known.
    pub server: Option<Usage>,
    /// Processor time of the generator itself.
    pub own_cpu: Duration,
}

impl Report {
    /// Everything planned was published, and everything published arrived as it should.
    pub fn is_correct(&self) -> bool {
        self.tally.is_clean() && self.failure.is_none()
    }
}

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let server = options.pid.map(Process::open).transpose()?;
    let (clock, shape, topic) = (Clock::start(), Arc::new(Shape::new(options.bytes)), topic::fresh("fan-out"));
    let plan = Plan {
        target: options.target,
        topic: Arc::clone(&topic),
        clock,
        shape: Arc::clone(&shape),
        publishers: options.publishers,
        planned: options.planned,
        pace: options.pace,
        limit: if options.pace == Pace::Saturated { options.duration } else { options.duration + GRACE },
    };
    publisher::create(options.target, &topic).await?;
    let subscription = Subscription {
        target: options.target,
        reading: options.target.peer.protocol().read(&topic, Since::Now, Way::Stream)?,
        start: Start::EachReady,
        clock,
        shape,
        publishers: options.publishers,
        planned: options.planned,
    };
    let subscribers = Subscribers::open(options.subscribers, subscription).await?;
    sleep(SETTLE).await;

    let meter = Meter::start(server.as_ref())?;
    let publishing = plan.run().await?;
    subscribers.drain(publishing.published.total()).await;
    let (server, own_cpu) = meter.finish()?;
    sleep(LINGER).await;
    let outcomes = subscribers.close().await?;
    Ok(judge(options, publishing, outcomes, server, own_cpu))
}

fn judge(options: Options, publishing: Publishing, outcomes: Vec<Outcome>, server: Option<Usage>, own_cpu: Duration) -> Report {
    let Publishing { published, answers, began, ended, behind, mut failure } = publishing;
    let (mut tally, mut latency, mut deliveries, mut last) = (Tally::default(), Histogram::default(), 0, ended);
    for outcome in outcomes {
        latency.merge(&outcome.latency);
        last = last.max(outcome.last);
        deliveries += outcome.checker.delivered();
        tally += outcome.checker.finish(&published, outcome.ended.is_some());
        failure = failure.or(outcome.ended);
    }
    // A saturated run may stop at its time; a steady one that did was not the load that was asked for.
    if options.pace != Pace::Saturated && published.total() < options.planned {
        let (total, planned) = (published.total(), options.planned);
        let line = format!("only {total} of {planned} events were answered in time: try more --publishers or a lower --rate");
        failure = failure.or(Some(Failure::run(line)));
    }
    Report {
        options,
        published: published.total(),
        publishing: Duration::from_nanos(ended.saturating_sub(began)),
        elapsed: Duration::from_nanos(last.saturating_sub(began)),
        deliveries,
        latency,
        answers,
        behind: Duration::from_nanos(behind),
        tally,
        failure,
        server,
        own_cpu,
    }
}
