//! Queries to the log, and the pages that answer them.

use std::sync::Arc;

use pulseboard_contract::{Event, Timestamp, Topic};

use crate::filter::Filter;

/// The oldest and newest sequence of a log. It is empty if `first` is `last + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest event that the log still has.
    pub first: u64,
    /// The newest event the log has ever had.
    pub last: u64,
}

/// The order of a page.
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
    /// Only events that the filter selects.
    pub filter: Filter,
    /// Only events after this sequence.
    pub after: Option<u64>,
    /// Only events before this sequence.
    pub before: Option<u64>,
    /// The order of the page.
    pub order: Order,
    /// The most events of the page.
    pub limit: usize,
    /// The most bytes of the page, by [`Event::weight`]. A page has at least one event, whatever
    /// its size.
    pub max_bytes: usize,
    /// The current time: the page leaves out events that have expired.
    pub now: Timestamp,
}

/// One page of events.
#[derive(Clone, Debug)]
pub struct Page {
    /// The events, in the order of the query.
    pub events: Vec<Arc<Event>>,
    /// The page has every selected event up to this sequence, in the order of the query.
    pub through: u64,
    /// Whether the query may select further events beyond `through`.
    pub has_more: bool,
    /// What the log held when the page was read.
    pub bounds: Bounds,
    /// The selected events after `after` that retention has removed.
    pub pruned: Option<Pruned>,
}

/// Events that a query selects and retention has removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The last removed sequence.
    pub through: u64,
    /// How many events are removed, if that is known.
    pub lost: Option<u64>,
    /// Counts prunings. A stream that was told of this version knows of all these events.
    pub version: u64,
}

/// Which topics to list.
#[derive(Clone, Debug)]
pub struct TopicQuery {
    /// Only topics whose name starts with this prefix.
    pub prefix: String,
    /// Only topics after this one, by name.
    pub after: Option<Topic>,
    /// The most topics of the page.
    pub limit: usize,
}

/// One page of topics.
#[derive(Clone, Debug)]
pub struct TopicPage {
    /// The topics by name, each with its newest event.
    pub topics: Vec<(TopicSummary, Arc<Event>)>,
    /// Whether there are more topics.
    pub has_more: bool,
}

/// A topic, and how much the log holds of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSummary {
    /// The topic.
    pub topic: Topic,
    /// How many events.
    pub count: u64,
    /// How many bytes, as retention counts them.
    pub bytes: u64,
    /// The sequence of the newest event.
    pub last: u64,
}
