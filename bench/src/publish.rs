//! The publish run: many publishers without subscribers, each publishing as soon as it has its
//! response. Afterwards one reader reads all acknowledged events back, and they are checked.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::Violations,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::ReadFrom,
    process::{Meter, Usage},
    publisher::{Pace, PublishResult},
    setup::{LINGER, Setup},
    subscriber::{StartMode, Subscribers},
    summary::{Summary, summarize},
    target::Target,
};

/// The options of a publish run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// The events to publish.
    pub load: Load,
    /// The maximum duration.
    pub duration: Duration,
    /// The id of the server's process.
    pub pid: Option<u32>,
}

/// The result of a publish run.
#[derive(Debug)]
pub struct Report {
    /// The options of the run.
    pub options: Options,
    /// The number of acknowledged events.
    pub published: u64,
    /// The time from the first published event to the last response.
    pub elapsed: Duration,
    /// The times from the publisher's time stamp to the response.
    pub response_times: Histogram,
    /// The number of events that were read back.
    pub read_back: u64,
    /// The wrong content in the events that were read back.
    pub violations: Violations,
    /// The first failure of the run.
    pub failure: Option<Failure>,
    /// The resources that the server used during publishing, if its process is known.
    pub server: Option<Usage>,
    /// The processor time of the generator during publishing.
    pub own_cpu: Duration,
}

/// Performs the run.
///
/// # Errors
/// If the run cannot start or continue. Wrong content is not an error; it is in the report.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let setup = Setup::prepare("publish", options.target, options.pid, options.load).await?;
    let meter = Meter::start(setup.server.as_ref())?;
    let publishing = setup.plan(Pace::Saturated, options.duration).run().await?;
    let (server, own_cpu) = meter.finish()?;
    let PublishResult {
        published,
        response_times,
        began,
        ended,
        failure,
        ..
    } = publishing;

    let mode = options.target.peer.protocol().read_back();
    let reader = Subscribers::open(
        1,
        setup.subscription(
            ReadFrom::Beginning(published.some_id),
            mode,
            StartMode::Together,
        )?,
    )
    .await?;
    reader.begin();
    reader.drain(published.total()).await;
    sleep(LINGER).await;
    let read = summarize(reader.close().await?, &published);
    let Summary {
        deliveries: read_back,
        violations,
        ..
    } = read;
    Ok(Report {
        options,
        published: published.total(),
        elapsed: Duration::from_nanos(ended.saturating_sub(began)),
        response_times,
        read_back,
        violations,
        failure: failure.or(read.failure),
        server,
        own_cpu,
    })
}
