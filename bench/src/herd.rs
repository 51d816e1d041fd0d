//! The herd run: while events are published, the server is killed and started again. All subscribers
//! reconnect at the same time, each with its cursor. In the end every subscriber must have every
//! event, once and in order.

use std::time::Duration;

use tokio::{sync::watch, time::sleep};

use crate::{
    check::Violations,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    peer::{ReadFrom, ReadMode},
    process::{Meter, Process, Usage},
    publisher::{Pace, Signal},
    server_process::ServerProcess,
    setup::{LINGER, SETTLE, Setup},
    subscriber::{StartMode, SubscriberOutcome, Subscribers},
    summary::summarize,
    target::Target,
};

/// A subscriber that has not caught up within this time counts as not recovered.
const RECOVERED_WITHIN: Duration = Duration::from_mins(1);
/// How long publishers that must not repeat events pause before the server is killed, so that every
/// event has its response.
const SILENCE: Duration = Duration::from_secs(1);

/// The options of a herd run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address on which the server listens.
    pub target: Target,
    /// The command that starts the server.
    pub command: Vec<String>,
    /// The number of streams.
    pub subscribers: usize,
    /// The events to publish.
    pub load: Load,
    /// The number of events per second.
    pub rate: u32,
    /// How long to publish before the server is killed, and after all subscribers have recovered.
    pub calm: Duration,
}

impl Options {
    /// Returns the longest time that events are published.
    pub fn longest(calm: Duration) -> Duration {
        2 * calm + SILENCE + RECOVERED_WITHIN
    }
}

/// The result of a herd run. Times are counted from the kill of the server.
#[derive(Debug)]
pub struct Report {
    /// The options of the run.
    pub options: Options,
    /// Whether publishers paused during the outage, because this kind of server may store a repeated
    /// event twice.
    pub paused: bool,
    /// The number of acknowledged events.
    pub published: u64,
    /// The number of events that arrived, at all subscribers together.
    pub deliveries: u64,
    /// The time until the server accepted connections again.
    pub listening: Duration,
    /// The time until each subscriber had a new stream.
    pub reconnected: Histogram,
    /// The time until each subscriber had every event that was acknowledged when it reconnected.
    pub caught_up: Histogram,
    /// The number of broken streams of all subscribers.
    pub disconnects: u64,
    /// The number of failed requests of all subscribers.
    pub failed_requests: u64,
    /// The wrong content.
    pub violations: Violations,
    /// The first failure of the run, apart from the kill.
    pub failure: Option<Failure>,
    /// The resources that the server used from its second start until all subscribers caught up.
    pub server: Usage,
}

/// Performs the run.
///
/// # Errors
/// If the run cannot start or continue. Wrong content is not an error; it is in the report.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let mut server_process = ServerProcess::start(options.command.clone(), options.target).await?;
    let setup = Setup::prepare("herd", options.target, None, options.load).await?;
    let subscription = setup
        .subscription(ReadFrom::Now, ReadMode::Stream, StartMode::OnConnect)?
        .reconnecting()?;
    let subscribers = Subscribers::open(options.subscribers, subscription).await?;
    sleep(SETTLE).await;

    let (signal, receiver) = watch::channel(Signal::Go);
    let mut plan = setup.plan(Pace::Steady(options.rate), Options::longest(options.calm));
    plan.outage = Some(receiver);
    let publishing = tokio::spawn(plan.run());
    sleep(options.calm).await;
    let paused = options.target.peer.protocol().identity("", 0).is_none();
    if paused {
        signal.send_replace(Signal::Pause);
        sleep(SILENCE).await;
    }

    let killed = setup.clock.nanos();
    server_process.crash()?;
    let process = Process::open(server_process.pid())?;
    let meter = Meter::start(Some(&process))?;
    server_process.wait_until_listening().await?;
    let listening = Duration::from_nanos(setup.clock.nanos().saturating_sub(killed));
    subscribers.wait_until_recovered(RECOVERED_WITHIN).await;
    let (usage, _) = meter.finish()?;
    let server = usage.ok_or_else(|| Failure::run("the server was not measured"))?;

    signal.send_replace(Signal::Go);
    sleep(options.calm).await;
    signal.send_replace(Signal::Stop);
    let publishing = publishing
        .await
        .map_err(|error| Failure::run(format!("the publishers failed: {error}")))??;
    subscribers.drain(publishing.published.total()).await;
    sleep(LINGER).await;

    let outcomes = subscribers.close().await?;
    let herd = HerdRecovery::of(&outcomes, killed);
    let summary = summarize(outcomes, &publishing.published);
    let missing = options.subscribers as u64 - herd.caught_up.count();
    let incomplete =
        (missing > 0).then(|| Failure::run(format!("{missing} subscribers did not catch up")));
    Ok(Report {
        options,
        paused,
        published: publishing.published.total(),
        deliveries: summary.deliveries,
        listening,
        reconnected: herd.reconnected,
        caught_up: herd.caught_up,
        disconnects: herd.disconnects,
        failed_requests: herd.failed_requests,
        violations: summary.violations,
        failure: publishing.failure.or(summary.failure).or(incomplete),
        server,
    })
}

/// How all subscribers together recovered. Times are counted from the kill.
#[derive(Debug, Default)]
struct HerdRecovery {
    reconnected: Histogram,
    caught_up: Histogram,
    disconnects: u64,
    failed_requests: u64,
}

impl HerdRecovery {
    fn of(outcomes: &[SubscriberOutcome], killed: u64) -> Self {
        let mut herd = Self::default();
        for SubscriberOutcome { recovery, .. } in outcomes {
            if let Some(at) = recovery.reconnected_at {
                herd.reconnected.record(at.saturating_sub(killed));
            }
            if let Some(at) = recovery.caught_up_at {
                herd.caught_up.record(at.saturating_sub(killed));
            }
            herd.disconnects += u64::from(recovery.disconnects);
            herd.failed_requests += u64::from(recovery.failed_requests);
        }
        herd
    }
}
