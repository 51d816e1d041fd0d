//! The snapshot: the newest events of every topic, and the position in the log they reach.
//!
//! The server renders a page from it and sends it inside the HTML. The browser folds the same events
//! with the same code, so its first render is the HTML that is already there. The stream then
//! resumes after [`Snapshot::position`].

use pulseboard_contract::{Event, EventId, Timestamp, Topic};
use serde::{Deserialize, Serialize};

use crate::HistorySlice;

/// The state of the log that a page is rendered from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The server's clock.
    pub now: Timestamp,
    /// The position of the log; the stream resumes after it.
    pub position: EventId,
    /// The newest events of each topic, oldest first across all topics, within the server's budget.
    pub events: Vec<Event>,
    /// Who is in each room now, as `presence` events, which are never stored.
    pub presence: Vec<Event>,
    /// Every topic of the log.
    pub topics: Vec<TopicCount>,
    /// The part of the history that a topic's page shows.
    pub history: Option<HistorySlice>,
}

/// A topic and how many events of it the log holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicCount {
    /// The topic.
    pub topic: Topic,
    /// Events stored.
    pub count: u64,
}
