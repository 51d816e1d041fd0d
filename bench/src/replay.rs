//! The replay run: events are stored, then many clients read all of them from the start at the same
//! moment, and every client is judged.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::Tally,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::{ReadMode, Since},
    process::{Meter, Usage},
    publisher::{Pace, Publishing},
    stage::{LINGER, SETTLE, Stage, judge},
    subscriber::{Start, Subscribers},
    target::Target,
};

/// Storing may take this long; it is no part of what is measured.
const STORE_WITHIN: Duration = Duration::from_mins(5);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// How many read.
    pub clients: usize,
    /// What there is to read.
    pub load: Load,
    /// How they are read.
    pub way: ReadMode,
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

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let stage = Stage::set("replay", options.target, options.pid, options.load).await?;
    let Publishing {
        published, failure, ..
    } = stage.plan(Pace::Saturated, STORE_WITHIN).run().await?;

    let subscription = stage.subscription(
        Since::Start(published.some_id),
        options.way,
        Start::Together,
    )?;
    let readers = Subscribers::open(options.clients, subscription).await?;
    sleep(SETTLE).await;
    let meter = Meter::start(stage.server.as_ref())?;
    let began = stage.clock.nanos();
    readers.begin();
    readers.drain(published.total()).await;
    let (server, own_cpu) = meter.finish()?;
    sleep(LINGER).await;

    let outcomes = readers.close().await?;
    let mut finished = Histogram::default();
    for outcome in &outcomes {
        finished.record(outcome.last.saturating_sub(began));
    }
    let read = judge(outcomes, &published);
    Ok(Report {
        options,
        stored: published.total(),
        deliveries: read.deliveries,
        elapsed: Duration::from_nanos(read.last.saturating_sub(began)),
        finished,
        tally: read.tally,
        failure: failure.or(read.failure),
        server,
        own_cpu,
    })
}
