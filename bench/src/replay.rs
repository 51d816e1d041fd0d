//! The replay run: events are stored, then many clients read all of them from the start at the same
//! time. The events of every client are checked.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::Violations,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::{ReadFrom, ReadMode},
    process::{Meter, Usage},
    publisher::{Pace, PublishResult},
    setup::{LINGER, SETTLE, Setup},
    subscriber::{StartMode, Subscribers},
    summary::summarize,
    target::Target,
};

/// How long storing may take. It is not part of the measurement.
const STORE_WITHIN: Duration = Duration::from_mins(5);

/// The options of a replay run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// The number of clients.
    pub clients: usize,
    /// The events to store and read.
    pub load: Load,
    /// How the events are read.
    pub mode: ReadMode,
    /// The id of the server's process.
    pub pid: Option<u32>,
}

/// The result of a replay run.
#[derive(Debug)]
pub struct Report {
    /// The options of the run.
    pub options: Options,
    /// The number of stored events.
    pub stored: u64,
    /// The number of events that arrived, at all clients together.
    pub deliveries: u64,
    /// The time from the requests to the last event of the last client.
    pub elapsed: Duration,
    /// The times from the requests to the last event of each client.
    pub finished: Histogram,
    /// The wrong content.
    pub violations: Violations,
    /// The first failure of the run.
    pub failure: Option<Failure>,
    /// The resources that the server used while clients read, if its process is known.
    pub server: Option<Usage>,
    /// The processor time of the generator while clients read.
    pub own_cpu: Duration,
}

/// Performs the run.
///
/// # Errors
/// If the run cannot start or continue. Wrong content is not an error; it is in the report.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let setup = Setup::prepare("replay", options.target, options.pid, options.load).await?;
    let PublishResult {
        published, failure, ..
    } = setup.plan(Pace::Saturated, STORE_WITHIN).run().await?;

    let subscription = setup.subscription(
        ReadFrom::Beginning(published.some_id),
        options.mode,
        StartMode::Together,
    )?;
    let readers = Subscribers::open(options.clients, subscription).await?;
    sleep(SETTLE).await;
    let meter = Meter::start(setup.server.as_ref())?;
    let began = setup.clock.nanos();
    readers.begin();
    readers.drain(published.total()).await;
    let (server, own_cpu) = meter.finish()?;
    sleep(LINGER).await;

    let outcomes = readers.close().await?;
    let mut finished = Histogram::default();
    for outcome in &outcomes {
        finished.record(outcome.last.saturating_sub(began));
    }
    let read = summarize(outcomes, &published);
    Ok(Report {
        options,
        stored: published.total(),
        deliveries: read.deliveries,
        elapsed: Duration::from_nanos(read.last.saturating_sub(began)),
        finished,
        violations: read.violations,
        failure: failure.or(read.failure),
        server,
        own_cpu,
    })
}
