//! The log: the ordered record of events, behind one trait.

mod memory;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use pulseboard::{Attributes, Epoch, Event, EventId, Json, Timestamp, Topic, TypeName};

use crate::Filter;
pub use memory::{MemoryLimits, MemoryLog};

/// An ordered record of events. Sequences start at 1 and have no holes but the one pruning leaves at the old end.
///
/// [`MemoryLog`] is the implementation without persistence. Calls may overlap, but only the hub's writer appends.
pub trait Log: Send + Sync + 'static {
    /// Which log this is; never changes while it is open.
    fn epoch(&self) -> Epoch;

    /// What it holds now.
    fn bounds(&self) -> Bounds;

    /// Appends all of the events or none, in order, and returns once they are as durable as this log makes them. The
    /// answers stand in the order of the events.
    fn append(&self, events: Vec<NewEvent>) -> BoxFuture<'_, Result<Vec<Appended>, LogError>>;

    /// Reads one page.
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, LogError>>;

    /// The topics that have events, by name.
    fn topics(&self) -> BoxFuture<'_, Result<Vec<TopicSummary>, LogError>>;
}

/// An event as it is published: the hub gives it its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The producer's id. With `source` it makes the publish idempotent: the same pair again is not stored twice.
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

/// What became of one appended event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log.
    Stored(Arc<Event>),
    /// Its `source` and `id` were in the log already, as this event.
    Duplicate(EventId),
}

/// The sequences a log holds: `first..=last`, empty when `first` is `last + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest event kept.
    pub first: u64,
    /// The newest event.
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
    /// At most so many bytes of data, but always one event.
    pub max_bytes: usize,
}

/// One page of events.
#[derive(Clone, Debug)]
pub struct Page {
    /// The events, in the order of the query.
    pub events: Vec<Arc<Event>>,
    /// The last sequence the page speaks for: in its direction, nothing the filter selects was left out up to here.
    pub through: u64,
    /// Whether the query selects further events beyond `through`.
    pub has_more: bool,
    /// What the log held when the page was read.
    pub bounds: Bounds,
}

/// A topic and what it has.
#[derive(Clone, Debug)]
pub struct TopicSummary {
    /// The name.
    pub topic: Topic,
    /// How many of its events the log holds.
    pub count: u64,
    /// The newest of them.
    pub last: Arc<Event>,
}

/// The log could not do it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the log failed: {0}")]
pub struct LogError(pub Arc<str>);
