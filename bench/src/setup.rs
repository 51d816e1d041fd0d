//! The setup that every run begins with: the server's process, a new topic, and one clock and one
//! payload codec for publishers and subscribers.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use crate::{
    clock::Clock,
    failure::Failure,
    load::Load,
    payload::PayloadCodec,
    peer::{ReadFrom, ReadMode},
    process::Process,
    publisher::{self, Pace, Plan},
    subscriber::{StartMode, Subscription},
    target::Target,
    topic,
};

/// The pause between opening the streams and the measurement. The server finishes the work of
/// accepting them before its processor time is read.
pub const SETTLE: Duration = Duration::from_millis(300);
/// The pause after the last expected event, in which a late duplicate can still arrive.
pub const LINGER: Duration = Duration::from_millis(300);

/// The state that publishers and subscribers of a run share.
#[derive(Debug)]
pub struct Setup {
    /// The server's process, if its id is known.
    pub server: Option<Process>,
    /// Nanoseconds since the run began.
    pub clock: Clock,
    /// The number of events acknowledged so far.
    pub acknowledged: Arc<AtomicU64>,
    target: Target,
    load: Load,
    topic: Arc<str>,
    codec: Arc<PayloadCodec>,
}

impl Setup {
    /// Creates the run's topic and starts its clock.
    ///
    /// # Errors
    /// If there is no process with this id, or if the server does not create the topic.
    pub async fn prepare(
        run: &str,
        target: Target,
        pid: Option<u32>,
        load: Load,
    ) -> Result<Self, Failure> {
        let server = pid.map(Process::open).transpose()?;
        let topic = topic::fresh(run);
        publisher::create(target, &topic).await?;
        let (clock, codec) = (Clock::start(), Arc::new(PayloadCodec::new(load.bytes)));
        Ok(Self {
            server,
            clock,
            acknowledged: Arc::default(),
            target,
            load,
            topic,
            codec,
        })
    }

    /// Returns a plan that publishes the whole load at this pace, and nothing after `limit`.
    pub fn plan(&self, pace: Pace, limit: Duration) -> Plan {
        Plan {
            target: self.target,
            topic: Arc::clone(&self.topic),
            clock: self.clock,
            codec: Arc::clone(&self.codec),
            load: self.load,
            pace,
            limit,
            acknowledged: Arc::clone(&self.acknowledged),
            outage: None,
        }
    }

    /// Returns a subscription to the run's topic. Its subscribers do not reconnect.
    ///
    /// # Errors
    /// If this kind of server cannot be read from there or in this mode.
    pub fn subscription(
        &self,
        from: ReadFrom<'_>,
        mode: ReadMode,
        start: StartMode,
    ) -> Result<Subscription, Failure> {
        Ok(Subscription {
            target: self.target,
            topic: Arc::clone(&self.topic),
            first_request: self.target.peer.protocol().read(&self.topic, from, mode)?,
            start,
            reconnects: false,
            clock: self.clock,
            codec: Arc::clone(&self.codec),
            load: self.load,
            acknowledged: Arc::clone(&self.acknowledged),
        })
    }
}
