//! The publish run: many publishers, as fast as they are answered, and nobody listening. What was
//! acknowledged is read back from the server afterwards and judged.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::Tally,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::Since,
    process::{Meter, Usage},
    publisher::{Pace, Publishing},
    stage::{Judged, LINGER, Stage, judge},
    subscriber::{Start, Subscribers},
    target::Target,
};

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// What is published.
    pub load: Load,
    /// How long at most.
    pub duration: Duration,
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

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let stage = Stage::set("publish", options.target, options.pid, options.load).await?;
    let meter = Meter::start(stage.server.as_ref())?;
    let publishing = stage.plan(Pace::Saturated, options.duration).run().await?;
    let (server, own_cpu) = meter.finish()?;
    let Publishing {
        published,
        answers,
        began,
        ended,
        failure,
        ..
    } = publishing;

    let way = options.target.peer.protocol().read_back();
    let reader = Subscribers::open(
        1,
        stage.subscription(Since::Start(published.some_id), way, Start::Together)?,
    )
    .await?;
    reader.begin();
    reader.drain(published.total()).await;
    sleep(LINGER).await;
    let read = judge(reader.close().await?, &published);
    let Judged {
        deliveries: read_back,
        tally,
        ..
    } = read;
    Ok(Report {
        options,
        published: published.total(),
        elapsed: Duration::from_nanos(ended.saturating_sub(began)),
        answers,
        read_back,
        tally,
        failure: failure.or(read.failure),
        server,
        own_cpu,
    })
}
