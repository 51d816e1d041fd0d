//! What every run begins and ends with: the server's process, a topic of its own, one clock and one
//! shape of payloads for publishers and subscribers alike; and the verdict on all streams together.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use crate::{
    check::{Published, Tally},
    clock::Clock,
    failure::Failure,
    histogram::Histogram,
    load::Load,
    payload::Shape,
    peer::{ReadMode, Since},
    process::Process,
    publisher::{self, Pace, Plan},
    subscriber::{Outcome, Start, Subscription},
    target::Target,
    topic,
};

/// The server's accept work is over before its processor time is read.
pub const SETTLE: Duration = Duration::from_millis(300);
/// A late duplicate still arrives.
pub const LINGER: Duration = Duration::from_millis(300);

/// What publishers and subscribers of a run have in common.
#[derive(Debug)]
pub struct Stage {
    /// The server's process, where it is known.
    pub server: Option<Process>,
    /// Nanoseconds since the run began.
    pub clock: Clock,
    /// How many events were acknowledged so far.
    pub acknowledged: Arc<AtomicU64>,
    target: Target,
    load: Load,
    topic: Arc<str>,
    shape: Arc<Shape>,
}

impl Stage {
    /// Makes the run's topic and starts its clock.
    pub async fn set(
        run: &str,
        target: Target,
        pid: Option<u32>,
        load: Load,
    ) -> Result<Self, Failure> {
        let server = pid.map(Process::open).transpose()?;
        let topic = topic::fresh(run);
        publisher::create(target, &topic).await?;
        let (clock, shape) = (Clock::start(), Arc::new(Shape::new(load.bytes)));
        Ok(Self {
            server,
            clock,
            acknowledged: Arc::default(),
            target,
            load,
            topic,
            shape,
        })
    }

    /// Publish all of it at this pace, and nothing after so long.
    pub fn plan(&self, pace: Pace, limit: Duration) -> Plan {
        Plan {
            target: self.target,
            topic: Arc::clone(&self.topic),
            clock: self.clock,
            shape: Arc::clone(&self.shape),
            load: self.load,
            pace,
            limit,
            acknowledged: Arc::clone(&self.acknowledged),
            outage: None,
        }
    }

    /// Read it; the streams do not come back when they break.
    pub fn subscription(
        &self,
        since: Since<'_>,
        way: ReadMode,
        start: Start,
    ) -> Result<Subscription, Failure> {
        Ok(Subscription {
            target: self.target,
            topic: Arc::clone(&self.topic),
            reading: self.target.peer.protocol().read(&self.topic, since, way)?,
            start,
            returns: false,
            clock: self.clock,
            shape: Arc::clone(&self.shape),
            load: self.load,
            acknowledged: Arc::clone(&self.acknowledged),
        })
    }
}

/// All streams of a run together.
#[derive(Debug, Default)]
pub struct Judged {
    /// What was wrong.
    pub tally: Tally,
    /// Events that arrived.
    pub deliveries: u64,
    /// From a publisher's stamp to a subscriber's read.
    pub latency: Histogram,
    /// When the last event came, in nanoseconds of the run's clock.
    pub last: u64,
    /// Why the first stream that ended early did so.
    pub failure: Option<Failure>,
}

/// Judges every stream by what was published.
pub fn judge(outcomes: Vec<Outcome>, published: &Published) -> Judged {
    let mut all = Judged::default();
    for outcome in outcomes {
        all.deliveries += outcome.checker.delivered();
        all.latency.merge(&outcome.latency);
        all.last = all.last.max(outcome.last);
        all.tally += outcome.checker.finish(published, outcome.ended.is_some());
        all.failure = all.failure.or(outcome.ended);
    }
    all
}
