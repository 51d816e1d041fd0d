//! The fan-out run: many subscribers, some publishers, every delivery judged. Beside them there may
//! be subscribers that stop reading.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{
    check::{Published, Tally},
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::{ReadMode, Since},
    process::{Meter, Usage},
    publisher::{Pace, Publishing},
    stage::{Judged, LINGER, SETTLE, Stage, judge},
    subscriber::{Outcome, Start, Subscribers},
    target::Target,
};

/// How long a steady run may take beyond its time when the server does not keep up.
const GRACE: Duration = Duration::from_secs(5);
/// How long those who stopped reading are read out at the end: a glance at how their streams went
/// on, no replay run.
const READ_OUT_WITHIN: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// How many streams are read.
    pub subscribers: usize,
    /// How many further streams are opened and then not read.
    pub stalled: usize,
    /// What is published.
    pub load: Load,
    /// How fast.
    pub pace: Pace,
    /// How long.
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
    /// What became of those who stopped reading, where there were any.
    pub stalled: Option<Stalled>,
    /// What was wrong.
    pub tally: Tally,
    /// The first thing that broke on the way.
    pub failure: Option<Failure>,
    /// What the server used, where its process is known.
    pub server: Option<Usage>,
    /// Processor time of the generator itself.
    pub own_cpu: Duration,
}

/// What those who stopped reading found when they read on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalled {
    /// The server had ended their stream.
    pub ended: u64,
    /// Their stream stood, and all of it came.
    pub whole: u64,
    /// Their stream stood, and some of it had not come when the time was up.
    pub behind: u64,
}

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let stage = Stage::set("fan-out", options.target, options.pid, options.load).await?;
    let limit = if options.pace == Pace::Saturated {
        options.duration
    } else {
        options.duration + GRACE
    };
    let open = async |count, start| {
        Subscribers::open(
            count,
            stage.subscription(Since::Now, ReadMode::Stream, start)?,
        )
        .await
    };
    let stalled = open(options.stalled, Start::Stalled).await?;
    let subscribers = open(options.subscribers, Start::EachReady).await?;
    sleep(SETTLE).await;

    let meter = Meter::start(stage.server.as_ref())?;
    let publishing = stage.plan(options.pace, limit).run().await?;
    subscribers.drain(publishing.published.total()).await;
    let (server, own_cpu) = meter.finish()?;
    sleep(LINGER).await;
    let all = judge(subscribers.close().await?, &publishing.published);

    stalled.begin();
    // Streams that have more to say than the time allows are cut off: that they stood is what is to
    // be seen.
    let _ = timeout(READ_OUT_WITHIN, stalled.drain(publishing.published.total())).await;
    let stalled = stalled.close().await?;
    Ok(report(options, publishing, all, stalled, server, own_cpu))
}

fn report(
    options: Options,
    publishing: Publishing,
    mut all: Judged,
    stalled: Vec<Outcome>,
    server: Option<Usage>,
    own_cpu: Duration,
) -> Report {
    let Publishing {
        published,
        answers,
        began,
        ended,
        behind,
        failure,
    } = publishing;
    let stalled = (options.stalled > 0).then(|| {
        let (found, tally) = read_out(stalled, &published);
        all.tally += tally;
        found
    });
    // A saturated run may stop at its time; a steady one that did was not the load that was asked
    // for.
    let short = (options.pace != Pace::Saturated && published.total() < options.load.planned).then(|| {
        let (total, planned) = (published.total(), options.load.planned);
        Failure::run(format!("only {total} of {planned} events were answered in time: try more --publishers or a lower --rate"))
    });
    Report {
        options,
        published: published.total(),
        publishing: Duration::from_nanos(ended.saturating_sub(began)),
        elapsed: Duration::from_nanos(all.last.max(ended).saturating_sub(began)),
        deliveries: all.deliveries,
        latency: all.latency,
        answers,
        behind: Duration::from_nanos(behind),
        stalled,
        tally: all.tally,
        failure: failure.or(all.failure).or(short),
        server,
        own_cpu,
    }
}

/// What is missing at the end of such a stream is its reader's own fault; what came must be right.
fn read_out(outcomes: Vec<Outcome>, published: &Published) -> (Stalled, Tally) {
    let (mut found, mut wrong) = (Stalled::default(), Tally::default());
    for outcome in outcomes {
        if outcome.ended.is_some() {
            found.ended += 1;
        } else if outcome.checker.delivered() >= published.total() {
            found.whole += 1;
        } else {
            found.behind += 1;
        }
        wrong += outcome.checker.finish_early(published);
    }
    (found, wrong)
}
