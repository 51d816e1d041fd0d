//! The summary of all streams of a run: their violations, deliveries and latencies.

use crate::{
    check::{PublishedEvents, Violations},
    failure::Failure,
    histogram::Histogram,
    subscriber::SubscriberOutcome,
};

/// All streams of a run together.
#[derive(Debug, Default)]
pub struct Summary {
    /// The wrong content.
    pub violations: Violations,
    /// The number of events that arrived.
    pub deliveries: u64,
    /// The times from the publisher's time stamp to the subscriber's read.
    pub latency: Histogram,
    /// When the last event arrived, in nanoseconds of the run's clock.
    pub last: u64,
    /// Why the first stream that ended early did so.
    pub failure: Option<Failure>,
}

/// Compares every stream with the published events and adds up the results.
pub fn summarize(outcomes: Vec<SubscriberOutcome>, published: &PublishedEvents) -> Summary {
    let mut summary = Summary::default();
    for outcome in outcomes {
        summary.deliveries += outcome.checker.delivered();
        summary.latency.merge(&outcome.latency);
        summary.last = summary.last.max(outcome.last);
        summary.violations += outcome.checker.finish(published, outcome.ended.is_some());
        summary.failure = summary.failure.or(outcome.ended);
    }
    summary
}
