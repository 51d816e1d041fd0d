//! The idle run: what a subscriber costs that only listens.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    check::{Published, Tally},
    clock::Clock,
    failure::Failure,
    payload::Shape,
    peer::{Since, Way},
    process::Process,
    publisher,
    subscriber::{Start, Subscribers, Subscription},
    target::Target,
    topic,
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

impl Report {
    /// Every stream stood to the end and carried nothing it should not.
    pub fn is_correct(&self) -> bool {
        self.tally.is_clean() && self.failure.is_none()
    }
}

/// Does the run.
pub async fn run(options: Options) -> Result<Report, Failure> {
    let server = Process::open(options.pid)?;
    let (before, cpu_before) = (server.resident()?, server.cpu()?);
    let topic = topic::fresh("idle");
    publisher::create(options.target, &topic).await?;
    let subscription = Subscription {
        target: options.target,
        reading: options.target.peer.protocol().read(&topic, Since::Now, Way::Stream)?,
        start: Start::EachReady,
        clock: Clock::start(),
        shape: Arc::new(Shape::new(0)),
        publishers: 1,
        planned: 0,
    };
    let subscribers = Subscribers::open(options.subscribers, subscription).await?;
    let cpu_open = server.cpu()?;
    sleep(options.duration).await;
    let (after, highest, cpu_after) = (server.resident()?, server.highest_resident()?, server.cpu()?);
    let (mut tally, mut failure) = (Tally::default(), None);
    for outcome in subscribers.close().await? {
        tally += outcome.checker.finish(&Published::default(), outcome.ended.is_some());
        failure = failure.or(outcome.ended);
    }
    Ok(Report {
        options,
        before,
        after,
        highest,
        opening_cpu: cpu_open.saturating_sub(cpu_before),
        idle_cpu: cpu_after.saturating_sub(cpu_open),
        tally,
        failure,
    })
}
