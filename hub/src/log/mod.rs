//! The log: the ordered record of events, behind one trait.

mod retention;
mod sqlite;

use std::{sync::Arc, time::Duration};

use prometheus_client::registry::Registry;
use pulseboard_contract::{Attributes, Epoch, Event, EventId, Json, Timestamp, Topic, TypeName};

use crate::Filter;
pub use retention::{InvalidRule, Limits, Retention, RetentionRule};
pub use sqlite::{OpenError, SqliteLog, SqliteOptions};

/// An ordered record of events. Sequences start at 1 and only grow; pruning leaves holes.
///
/// [`SqliteLog`] is the implementation. Every call blocks; the hub makes them on threads of its
/// own. Calls may overlap, but only the hub's writer appends, maintains and checks.
pub trait Log: Send + Sync + 'static {
    /// Which log this is; never changes while it is open.
    fn epoch(&self) -> Epoch;

    /// What it holds now.
    fn bounds(&self) -> Bounds;

    /// Appends all of the events or none, in order, and returns once they are as durable as this
    /// log makes them. The answers stand in the order of the events. `now` is when they were
    /// stored.
    fn append(&self, events: Vec<NewEvent>, now: Timestamp) -> Result<Vec<Appended>, LogError>;

    /// Reads one page.
    fn read(&self, query: &Query) -> Result<Page, LogError>;

    /// The topics that have events, by name.
    fn topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError>;

    /// The topics that had an event last, the newest first; without their events, so that it costs
    /// no read.
    fn recent_topics(&self, limit: usize) -> Vec<TopicSummary>;

    /// Takes one short step of pruning; tells whether there is more to do at once. A step blocks
    /// for milliseconds.
    fn maintain(&self, now: Timestamp) -> Result<bool, LogError>;

    /// Whether it takes appends, found out by writing something that is no event.
    fn check(&self) -> Result<(), LogError>;

    /// How many times it has pruned; the same number [`Pruned::version`] counts in.
    fn prune_version(&self) -> u64;

    /// Adds its measures to those of the process.
    fn register(&self, registry: &mut Registry);
}

/// A log that somebody else holds as well.
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

/// An event as it is published: the hub gives it its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The producer's id. With `source` it makes the publish idempotent: the same pair again is not
    /// stored twice.
    pub id: Option<String>,
    /// Who says so: a URI reference.
    pub source: String,
    /// Its type; a type that is ephemeral is fanned out and not stored.
    pub event_type: TypeName,
    /// Where it goes.
    pub topic: Topic,
    /// When it happened.
    pub time: Timestamp,
    /// From when on it is neither replayed nor in the history.
    pub expires: Option<Timestamp>,
    /// What else the producer said about it.
    pub attributes: Attributes,
    /// Its data.
    pub data: Json,
}

impl NewEvent {
    /// Roughly what it takes to hold it.
    pub(crate) fn bytes(&self) -> usize {
        let id = self.id.as_ref().map_or(0, String::len);
        self.data.as_str().len()
            + self.attributes.weight()
            + id
            + self.source.len()
            + self.topic.as_str().len()
            + 128
    }
}

/// What became of one appended event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log.
    Stored(Arc<Event>),
    /// Its `source` and `id` were in the log already, as this event.
    Duplicate(EventId),
}

/// The sequences a log holds: the oldest and the newest; empty when `first` is `last + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest event kept.
    pub first: u64,
    /// The newest event there has been.
    pub last: u64,
}

/// Which way a page runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// Which events to read.
#[derive(Clone, Debug)]
pub struct Query {
    /// Only these.
    pub filter: Filter,
    /// Only events after this sequence.
    pub after: Option<u64>,
    /// Only events before this sequence.
    pub before: Option<u64>,
    /// Which way.
    pub order: Order,
    /// At most so many events.
    pub limit: usize,
    /// At most so many bytes, by [`Event::weight`], but always one event.
    pub max_bytes: usize,
    /// The time: events that have expired by then are not there any more.
    pub now: Timestamp,
}

/// One page of events.
#[derive(Clone, Debug)]
pub struct Page {
    /// The events, in the order of the query.
    pub events: Vec<Arc<Event>>,
    /// The last sequence the page speaks for: in its direction, nothing the filter selects was left
    /// out up to here.
    pub through: u64,
    /// Whether the query may select further events beyond `through`.
    pub has_more: bool,
    /// What the log held when the page was read.
    pub bounds: Bounds,
    /// What the filter selects after `after` and retention has taken.
    pub pruned: Option<Pruned>,
}

/// What retention has taken from what a query selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The last sequence that is missing.
    pub through: u64,
    /// How many are missing, where that is known.
    pub lost: Option<u64>,
    /// Grows with every pruning: whoever was told of this version has been told of all this.
    pub version: u64,
}

/// Which topics to list.
#[derive(Clone, Debug)]
pub struct TopicQuery {
    /// Only topics whose name begins so.
    pub prefix: String,
    /// Only topics after this one, by name.
    pub after: Option<Topic>,
    /// At most so many.
    pub limit: usize,
}

/// A page of topics.
#[derive(Clone, Debug)]
pub struct TopicPage {
    /// The topics, by name.
    pub topics: Vec<(TopicSummary, Arc<Event>)>,
    /// Whether there are more.
    pub has_more: bool,
}

/// A topic and what the log holds of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSummary {
    /// The name.
    pub topic: Topic,
    /// How many events.
    pub count: u64,
    /// How many bytes, as retention counts them.
    pub bytes: u64,
    /// The sequence of the newest.
    pub last: u64,
}

/// The log could not do it. What was being appended is not there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// There is no room.
    #[error("there is no room left for the log: {0}")]
    Full(Arc<str>),
    /// The disk or the file is at fault; the next call tries again.
    #[error("the log failed: {0}")]
    Failed(Arc<str>),
}

/// How long a step of maintenance is meant to take; publishes wait that long for it at the most.
pub(crate) const MAINTENANCE_STEP: Duration = Duration::from_millis(4);
