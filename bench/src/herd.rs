//! The herd run: while events are published, the server is killed and started again, and all its
//! subscribers come back at once, each with its cursor. Every one must end up with every event,
//! once and in order.

use std::time::Duration;

use tokio::{sync::watch, time::sleep};

use crate::{
    check::Tally,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::{ReadMode, Since},
    process::{Meter, Process, Usage},
    publisher::{Pace, Signal},
    served::Served,
    stage::{LINGER, SETTLE, Stage, judge},
    subscriber::{Start, Subscribers},
    target::Target,
};

/// Who is not back with everything by then does not count as coming back.
const RECOVERED_WITHIN: Duration = Duration::from_mins(1);
/// How long a publisher that must not repeat events is silent before the server is killed: all is
/// answered then.
const SILENCE: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server will listen.
    pub target: Target,
    /// What starts it, and starts it again.
    pub command: Vec<String>,
    /// How many streams.
    pub subscribers: usize,
    /// What is published.
    pub load: Load,
    /// How many events a second.
    pub rate: u32,
    /// How long to publish before the server is killed, and again when all are back.
    pub calm: Duration,
}

impl Options {
    /// How long anything is published at all.
    pub fn longest(calm: Duration) -> Duration {
        2 * calm + SILENCE + RECOVERED_WITHIN
    }
}

/// What came out. Times run from the moment the server was killed.
#[derive(Debug)]
pub struct Report {
    /// What was asked for.
    pub options: Options,
    /// Publishing paused while the server was away, because it may store an event twice that is
    /// published again.
    pub paused: bool,
    /// Events that were acknowledged.
    pub published: u64,
    /// Events that arrived, at all subscribers together.
    pub deliveries: u64,
    /// Until the server accepted connections again.
    pub listens: Duration,
    /// Until each subscriber had its stream again.
    pub back: Histogram,
    /// Until each had all that was acknowledged by the time it was back.
    pub whole: Histogram,
    /// How many streams broke, in all.
    pub broke: u64,
    /// How many requests for a stream were in vain, in all.
    pub in_vain: u64,
    /// What was wrong.
    pub tally: Tally,
    /// The first thing that broke on the way, the kill aside.
    pub failure: Option<Failure>,
    /// What the server used from its second start until all were whole.
    pub server: Usage,
}

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let mut served = Served::start(options.command.clone(), options.target).await?;
    let stage = Stage::set("herd", options.target, None, options.load).await?;
    let returning = stage
        .subscription(Since::Now, ReadMode::Stream, Start::EachReady)?
        .returning()?;
    let subscribers = Subscribers::open(options.subscribers, returning).await?;
    sleep(SETTLE).await;

    let (signal, heeded) = watch::channel(Signal::Go);
    let mut plan = stage.plan(Pace::Steady(options.rate), Options::longest(options.calm));
    plan.outage = Some(heeded);
    let publishing = tokio::spawn(plan.run());
    sleep(options.calm).await;
    let paused = options.target.peer.protocol().identity("", 0).is_none();
    if paused {
        signal.send_replace(Signal::Pause);
        sleep(SILENCE).await;
    }

    let killed = stage.clock.nanos();
    served.crash()?;
    let process = Process::open(served.pid())?;
    let meter = Meter::start(Some(&process))?;
    served.listens().await?;
    let listens = Duration::from_nanos(stage.clock.nanos().saturating_sub(killed));
    subscribers.recovered(RECOVERED_WITHIN).await;
    let (usage, _) = meter.finish()?;
    let server = usage.ok_or_else(|| Failure::run("the server was not measured"))?;

    signal.send_replace(Signal::Go);
    sleep(options.calm).await;
    signal.send_replace(Signal::Stop);
    let publishing = publishing
        .await
        .map_err(|error| Failure::run(format!("the publishers broke: {error}")))??;
    subscribers.drain(publishing.published.total()).await;
    sleep(LINGER).await;

    let (mut back, mut whole, mut broke, mut in_vain) =
        (Histogram::default(), Histogram::default(), 0, 0);
    let outcomes = subscribers.close().await?;
    for outcome in &outcomes {
        let comeback = outcome.comeback;
        comeback
            .back
            .iter()
            .for_each(|at| back.record(at.saturating_sub(killed)));
        comeback
            .whole
            .iter()
            .for_each(|at| whole.record(at.saturating_sub(killed)));
        broke += u64::from(comeback.broke);
        in_vain += u64::from(comeback.in_vain);
    }
    let all = judge(outcomes, &publishing.published);
    let missing = options.subscribers as u64 - whole.count();
    let absent = (missing > 0)
        .then(|| Failure::run(format!("{missing} subscribers did not come back whole")));
    Ok(Report {
        options,
        paused,
        published: publishing.published.total(),
        deliveries: all.deliveries,
        listens,
        back,
        whole,
        broke,
        in_vain,
        tally: all.tally,
        failure: publishing.failure.or(all.failure).or(absent),
        server,
    })
}
