//! The idle run: the cost of subscribers that receive no events.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::{PublishedEvents, Violations},
    failure::Failure,
    load::Load,
    peer::{ReadFrom, ReadMode},
    process::Process,
    setup::Setup,
    subscriber::{StartMode, Subscribers},
    summary::{Summary, summarize},
    target::Target,
};

/// The options of an idle run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// The number of streams.
    pub subscribers: usize,
    /// How long they stay open.
    pub duration: Duration,
    /// The id of the server's process.
    pub pid: u32,
}

/// The result of an idle run.
#[derive(Debug)]
pub struct Report {
    /// The options of the run.
    pub options: Options,
    /// The server's resident memory before the first subscriber, in bytes.
    pub before: u64,
    /// The server's resident memory at the end of the idle time, with all subscribers open.
    pub after: u64,
    /// The server's highest resident memory since its start.
    pub highest: u64,
    /// The server's processor time for accepting the subscribers.
    pub opening_cpu: Duration,
    /// The server's processor time while the subscribers were idle.
    pub idle_cpu: Duration,
    /// The wrong content.
    pub violations: Violations,
    /// Why the first stream that ended did so.
    pub failure: Option<Failure>,
}

/// Performs the run.
///
/// # Errors
/// If the run cannot start or continue. Wrong content is not an error; it is in the report.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let server = Process::open(options.pid)?;
    let (before, start) = (server.resident()?, server.cpu()?);
    let load = Load {
        publishers: 1,
        planned: 0,
        bytes: 0,
    };
    let setup = Setup::prepare("idle", options.target, None, load).await?;
    let subscription = setup.subscription(ReadFrom::Now, ReadMode::Stream, StartMode::OnConnect)?;
    let subscribers = Subscribers::open(options.subscribers, subscription).await?;
    let open = server.cpu()?;
    sleep(options.duration).await;
    let (after, highest, end) = (
        server.resident()?,
        server.highest_resident()?,
        server.cpu()?,
    );
    let Summary {
        violations,
        failure,
        ..
    } = summarize(subscribers.close().await?, &PublishedEvents::default());
    let (opening_cpu, idle_cpu) = (open.since(&start), end.since(&open));
    Ok(Report {
        options,
        before,
        after,
        highest,
        opening_cpu,
        idle_cpu,
        violations,
        failure,
    })
}
