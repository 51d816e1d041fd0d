//! The fan-out run: publishers send events to many subscribers, and every delivery is checked. Some
//! subscribers may be stalled: they stop reading.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{
    check::{PublishedEvents, Violations},
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::{ReadFrom, ReadMode},
    process::{Meter, Usage},
    publisher::{Pace, PublishResult},
    setup::{LINGER, SETTLE, Setup},
    subscriber::{StartMode, SubscriberOutcome, Subscribers},
    summary::{Summary, summarize},
    target::Target,
};

/// The time that a steady run may take beyond its duration if the server does not keep up.
const GRACE: Duration = Duration::from_secs(5);
/// How long the stalled streams are read at the end. That shows whether they still work; it is not a
/// replay run.
const READ_STALLED_WITHIN: Duration = Duration::from_secs(10);

/// The options of a fan-out run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// The number of streams that are read.
    pub subscribers: usize,
    /// The number of further streams that are opened and then not read.
    pub stalled: usize,
    /// The events to publish.
    pub load: Load,
    /// How fast it is published.
    pub pace: Pace,
    /// How long it is published.
    pub duration: Duration,
    /// The id of the server's process.
    pub pid: Option<u32>,
}

/// The result of a fan-out run.
#[derive(Debug)]
pub struct Report {
    /// The options of the run.
    pub options: Options,
    /// The number of acknowledged events.
    pub published: u64,
    /// The time from the first published event to the last response.
    pub publishing: Duration,
    /// The time from the first published event to the last delivery.
    pub elapsed: Duration,
    /// The number of events that arrived, at all subscribers together.
    pub deliveries: u64,
    /// The times from the publisher's time stamp to the subscriber's read.
    pub latency: Histogram,
    /// The times from the publisher's time stamp to the response.
    pub response_times: Histogram,
    /// The longest delay of an event behind the schedule.
    pub schedule_delay: Duration,
    /// The counts of stalled streams, if there were any.
    pub stalled: Option<StalledCounts>,
    /// The wrong content.
    pub violations: Violations,
    /// The first failure of the run.
    pub failure: Option<Failure>,
    /// The resources that the server used, if its process is known.
    pub server: Option<Usage>,
    /// The processor time of the generator itself.
    pub own_cpu: Duration,
}

/// The numbers of stalled streams by their state at the end of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StalledCounts {
    /// Streams that the server ended.
    pub ended: u64,
    /// Open streams from which every event was read.
    pub read_out: u64,
    /// Open streams from which some events were not read in time.
    pub behind: u64,
}

/// Performs the run.
///
/// # Errors
/// If the run cannot start or continue. Wrong content is not an error; it is in the report.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let setup = Setup::prepare("fan-out", options.target, options.pid, options.load).await?;
    let limit = if options.pace == Pace::Saturated {
        options.duration
    } else {
        options.duration + GRACE
    };
    let open = async |count, start| {
        Subscribers::open(
            count,
            setup.subscription(ReadFrom::Now, ReadMode::Stream, start)?,
        )
        .await
    };
    let stalled = open(options.stalled, StartMode::Stalled).await?;
    let subscribers = open(options.subscribers, StartMode::OnConnect).await?;
    sleep(SETTLE).await;

    let meter = Meter::start(setup.server.as_ref())?;
    let publishing = setup.plan(options.pace, limit).run().await?;
    subscribers.drain(publishing.published.total()).await;
    let (server, own_cpu) = meter.finish()?;
    sleep(LINGER).await;
    let summary = summarize(subscribers.close().await?, &publishing.published);

    stalled.begin();
    // A stream that needs more time than this is cut off: it is enough to see that it is still open.
    let _ = timeout(
        READ_STALLED_WITHIN,
        stalled.drain(publishing.published.total()),
    )
    .await;
    let stalled = stalled.close().await?;
    Ok(report(
        options, publishing, summary, stalled, server, own_cpu,
    ))
}

fn report(
    options: Options,
    publishing: PublishResult,
    mut summary: Summary,
    stalled: Vec<SubscriberOutcome>,
    server: Option<Usage>,
    own_cpu: Duration,
) -> Report {
    let PublishResult {
        published,
        response_times,
        began,
        ended,
        schedule_delay,
        failure,
    } = publishing;
    let stalled = (options.stalled > 0).then(|| {
        let (counts, violations) = check_stalled(stalled, &published);
        summary.violations += violations;
        counts
    });
    // A saturated run may end with its duration. A steady run that does so was a smaller load than
    // the requested one.
    let incomplete = (options.pace != Pace::Saturated && published.total() < options.load.planned).then(|| {
        let (total, planned) = (published.total(), options.load.planned);
        Failure::run(format!("the server acknowledged only {total} of {planned} events in time: try more --publishers or a lower --rate"))
    });
    Report {
        options,
        published: published.total(),
        publishing: Duration::from_nanos(ended.saturating_sub(began)),
        elapsed: Duration::from_nanos(summary.last.max(ended).saturating_sub(began)),
        deliveries: summary.deliveries,
        latency: summary.latency,
        response_times,
        schedule_delay: Duration::from_nanos(schedule_delay),
        stalled,
        violations: summary.violations,
        failure: failure.or(summary.failure).or(incomplete),
        server,
        own_cpu,
    }
}

/// Counts the stalled streams by their state and checks the events that arrived. A stalled reader
/// may miss events at the end of its stream.
fn check_stalled(
    outcomes: Vec<SubscriberOutcome>,
    published: &PublishedEvents,
) -> (StalledCounts, Violations) {
    let (mut counts, mut violations) = (StalledCounts::default(), Violations::default());
    for outcome in outcomes {
        if outcome.ended.is_some() {
            counts.ended += 1;
        } else if outcome.checker.delivered() >= published.total() {
            counts.read_out += 1;
        } else {
            counts.behind += 1;
        }
        violations += outcome.checker.finish_early(published);
    }
    (counts, violations)
}
