//! The interface between the hub and its log.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use pulseboard_contract::{Epoch, Timestamp};

use super::{
    error::LogError,
    event::{Appended, NewEvent},
    query::{Bounds, Page, Query, TopicPage, TopicQuery, TopicSummary},
};

/// An ordered record of events. Sequences start at 1 and only grow; pruning leaves holes.
///
/// [`SqliteLog`](crate::SqliteLog) implements it. Every call blocks, so the hub calls it on threads
/// of its own. Calls may overlap, but only the hub's writer calls `append`, `maintain` and `check`.
pub trait Log: Send + Sync + 'static {
    /// The epoch of this log. It does not change while the log is open.
    fn epoch(&self) -> Epoch;

    /// The sequences the log holds now.
    fn bounds(&self) -> Bounds;

    /// Appends the events in order, all or none, and returns once they are durable. The results
    /// have the order of the events. `now` is the time of storing.
    ///
    /// # Errors
    /// The disk is full or fails. None of the events is in the log then, now or after a restart.
    fn append(&self, events: Vec<NewEvent>, now: Timestamp) -> Result<Vec<Appended>, LogError>;

    /// Reads one page.
    ///
    /// # Errors
    /// The log cannot be read.
    fn read(&self, query: &Query) -> Result<Page, LogError>;

    /// Lists the topics that have events, by name.
    ///
    /// # Errors
    /// The log cannot be read.
    fn topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError>;

    /// The topics with the newest events, newest first. It returns no events, so it reads nothing
    /// from disk.
    fn recent_topics(&self, limit: usize) -> Vec<TopicSummary>;

    /// Takes one pruning step, which blocks for milliseconds; returns whether more steps are due.
    ///
    /// # Errors
    /// The disk is full or fails. The step removed nothing then.
    fn maintain(&self, now: Timestamp) -> Result<bool, LogError>;

    /// Checks that the log accepts appends, by a write that stores no event.
    ///
    /// # Errors
    /// The disk is full or fails.
    fn check(&self) -> Result<(), LogError>;

    /// How many times the log has pruned. [`Pruned::version`](crate::Pruned::version) counts the
    /// same.
    fn prune_version(&self) -> u64;

    /// Registers the log's metrics.
    fn register(&self, registry: &mut Registry);
}

/// A log shared with another owner.
impl<L: Log> Log for Arc<L> {
    fn epoch(&self) -> Epoch {
        L::epoch(self)
    }

    fn bounds(&self) -> Bounds {
        L::bounds(self)
    }

    fn append(&self, events: Vec<NewEvent>, now: Timestamp) -> Result<Vec<Appended>, LogError> {
        L::append(self, events, now)
    }

    fn read(&self, query: &Query) -> Result<Page, LogError> {
        L::read(self, query)
    }

    fn topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError> {
        L::topics(self, query)
    }

    fn recent_topics(&self, limit: usize) -> Vec<TopicSummary> {
        L::recent_topics(self, limit)
    }

    fn maintain(&self, now: Timestamp) -> Result<bool, LogError> {
        L::maintain(self, now)
    }

    fn check(&self) -> Result<(), LogError> {
        L::check(self)
    }

    fn prune_version(&self) -> u64 {
        L::prune_version(self)
    }

    fn register(&self, registry: &mut Registry) {
        L::register(self, registry);
    }
}
