//! The idle run: what a subscriber costs that only listens.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::{Published, Tally},
    failure::Failure,
    load::Load,
    peer::{ReadMode, Since},
    process::Process,
    stage::{Judged, Stage, judge},
    subscriber::{Start, Subscribers},
    target::Target,
};

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// How many streams.
    pub subscribers: usize,
    /// How long they stay.
    pub duration: Duration,
    /// The server's process.
    pub pid: u32,
}

/// What came out.
#[derive(Debug)]
pub struct Report {
    /// What was asked for.
    pub options: Options,
    /// Resident bytes of the server before the first subscriber came.
    pub before: u64,
    /// Resident bytes of the server at the end of the idle time, all subscribers still there.
    pub after: u64,
    /// The most resident bytes since the server began.
    pub highest: u64,
    /// The server's processor time for accepting the subscribers.
    pub opening_cpu: Duration,
    /// The server's processor time while they idled.
    pub idle_cpu: Duration,
    /// What was wrong.
    pub tally: Tally,
    /// Why the first stream that ended did so.
    pub failure: Option<Failure>,
}

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let server = Process::open(options.pid)?;
    let (before, start) = (server.resident()?, server.cpu()?);
    let load = Load {
        publishers: 1,
        planned: 0,
        bytes: 0,
    };
    let stage = Stage::set("idle", options.target, None, load).await?;
    let subscription = stage.subscription(Since::Now, ReadMode::Stream, Start::EachReady)?;
    let subscribers = Subscribers::open(options.subscribers, subscription).await?;
    let open = server.cpu()?;
    sleep(options.duration).await;
    let (after, highest, end) = (
        server.resident()?,
        server.highest_resident()?,
        server.cpu()?,
    );
    let Judged { tally, failure, .. } = judge(subscribers.close().await?, &Published::default());
    let (opening_cpu, idle_cpu) = (open.since(&start), end.since(&open));
    Ok(Report {
        options,
        before,
        after,
        highest,
        opening_cpu,
        idle_cpu,
        tally,
        failure,
    })
}
