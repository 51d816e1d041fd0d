//! The fan-out run: many subscribers, some publishers, every delivery judged.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    check::{Published, Tally},
    clock::Clock,
    failure::Failure,
    histogram::Histogram,
    payload::Shape,
    process::Process,
    publisher::{Pace, Plan, Publishing},
    subscriber::{Outcome, Subscribers, Subscription},
    target::Target,
};

const TOPIC: &str = "bench/fan-out";
/// The server's accept work is over before its processor time is read.
const SETTLE: Duration = Duration::from_millis(300);
/// A late duplicate still arrives.
const LINGER: Duration = Duration::from_millis(300);
const POLL_EVERY: Duration = Duration::from_millis(10);
/// What has not arrived when nothing has arrived for this long is lost.
const QUIET: Duration = Duration::from_secs(5);
const DRAIN_WITHIN: Duration = Duration::from_mins(1);
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

/// What a process used during a run.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time.
    pub cpu: Duration,
    /// Resident bytes when all subscribers were connected.
    pub resident: u64,
    /// The most resident bytes seen from then on.
    pub peak: u64,
    /// The most resident bytes since the process began.
    pub highest: u64,
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
    let (clock, shape) = (Clock::start(), Arc::new(Shape::new(options.bytes)));
    let subscription = Subscription {
        target: options.target,
        topic: TOPIC,
        clock,
        shape: Arc::clone(&shape),
        publishers: options.publishers,
        planned: options.planned,
    };
    let subscribers = Subscribers::open(options.subscribers, subscription).await?;
    sleep(SETTLE).await;

    let before = server.as_ref().map(|server| Ok((server.cpu()?, server.resident()?))).transpose()?;
    let own_before = Process::own().cpu()?;
    let watch = server.as_ref().map(Process::watch);
    let plan = Plan {
        target: options.target,
        topic: TOPIC,
        clock,
        shape,
        publishers: options.publishers,
        planned: options.planned,
        pace: options.pace,
        limit: if options.pace == Pace::Saturated { options.duration } else { options.duration + GRACE },
    };
    let publishing = plan.run().await?;
    drain(&subscribers, &publishing.published).await;

    let own_cpu = Process::own().cpu()?.saturating_sub(own_before);
    let server = match (server, before, watch) {
        (Some(server), Some((cpu, resident)), Some(watch)) => Some(Usage {
            cpu: server.cpu()?.saturating_sub(cpu),
            resident,
            peak: watch.peak().max(server.resident()?),
            highest: server.highest_resident()?,
        }),
        _ => None,
    };
    sleep(LINGER).await;
    let outcomes = subscribers.close().await?;
    Ok(judge(options, publishing, outcomes, server, own_cpu))
}

/// Waits until everything has arrived, or nothing does any more.
async fn drain(subscribers: &Subscribers, published: &Published) {
    let deadline = Instant::now() + DRAIN_WITHIN;
    let (mut delivered, mut moved) = (subscribers.delivered(), Instant::now());
    while !subscribers.all_have(published.total()) && Instant::now() < deadline && moved.elapsed() < QUIET {
        sleep(POLL_EVERY).await;
        let now = subscribers.delivered();
        if now > delivered {
            (delivered, moved) = (now, Instant::now());
        }
    }
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
