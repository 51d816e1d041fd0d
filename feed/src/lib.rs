//! The feed: the state of the page, as a pure fold over what the stream brings.
//!
//! The server folds a [`Snapshot`]. The browser folds the same snapshot and then the stream, so both
//! render the same page. Memory is bounded: every list has a limit, and the log keeps the rest.
//!
//! - [`Feed`] is the state; [`Feed::apply`] is the only place where it changes.
//! - [`TopicFeed`] is one topic: its [`Series`], [`States`], [`Row`]s and [`Conversation`].
//! - [`Reading`] is what an event says.
//! - [`History`] is the part of the log that a topic's page shows.

mod backfill;
mod conversation;
mod fold;
mod history;
mod incoming;
pub mod number;
mod rate;
mod reading;
mod ring;
mod series;
mod snapshot;
mod states;
#[cfg(test)]
mod tests;
mod topic;
mod widget;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use pulseboard_contract::{
    Event, EventId, Gap, Notification, Presence, Timestamp, Topic, reserved::BOARD_TOPIC,
};

pub use conversation::{ChatLine, Conversation};
pub use history::{
    Anchor, Direction, EventPage, History, HistoryAddress, HistoryQuery, HistorySlice,
};
pub use incoming::Incoming;
pub use rate::Rate;
pub use reading::{Headline, Reading};
pub use ring::{Recent, Ring};
pub use series::{Bucket, Series};
pub use snapshot::{Snapshot, TopicCount};
pub use states::States;
pub use topic::{Row, TopicFeed};
pub use widget::Widget;

/// The most notifications, for the bell and its tile.
const NOTICES: usize = 100;
/// The most gaps, for the connection log.
const GAPS: usize = 20;

/// A notification with its event.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The event.
    pub event: Arc<Event>,
    /// Its decoded payload.
    pub notification: Notification,
}

/// The state of the page.
///
/// ```
/// use pulseboard_contract::Topic;
/// use pulseboard_feed::{Feed, Incoming, Snapshot};
///
/// let snapshot: Snapshot = serde_json::from_str(
///     r#"{"now":"2024-01-01T12:00:00Z","position":"9f2c41d7-4","events":[],"presence":[],"topics":[],"history":null}"#,
/// )?;
/// let mut feed = Feed::from_snapshot(&snapshot);
/// let data = r#"{"specversion":"1.0","id":"1","source":"/office","type":"metrics","time":"2024-01-01T12:00:01Z","topic":"office/sensor","eventid":"9f2c41d7-5","data":{"temperature":21.4}}"#;
/// feed.apply(Incoming::parse("message", data, "9f2c41d7-5")?);
///
/// let topic = feed.topic(&Topic::new("office/sensor")?).ok_or("no topic")?;
/// assert_eq!(topic.value("temperature"), Some(21.4));
/// assert_eq!(feed.position().seq, 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Feed {
    position: EventId,
    topics: BTreeMap<Topic, TopicFeed>,
    notices: VecDeque<Notice>,
    /// The number of all notifications so far.
    noticed: u64,
    presence: BTreeMap<Topic, Presence>,
    recent: Ring,
    gaps: Vec<Gap>,
    rate: Rate,
    received: u64,
    /// The number of the newest event.
    arrived: u64,
    /// When the item that is applied now arrived.
    arrives: Option<Timestamp>,
    /// When the last heartbeat arrived.
    heartbeat: Option<Timestamp>,
    history: Option<History>,
}

impl Feed {
    /// The feed of the page that the server rendered from this snapshot.
    pub fn from_snapshot(snapshot: &Snapshot) -> Self {
        let mut feed = Self {
            // Before all events of the snapshot, which are at or before its position.
            position: EventId {
                seq: 0,
                ..snapshot.position
            },
            topics: BTreeMap::new(),
            notices: VecDeque::new(),
            noticed: 0,
            presence: BTreeMap::new(),
            recent: Ring::default(),
            gaps: Vec::new(),
            rate: Rate::default(),
            received: 0,
            arrived: 0,
            arrives: None,
            heartbeat: None,
            history: None,
        };
        for event in snapshot.events.iter().chain(&snapshot.presence) {
            feed.apply(Incoming::Event(event.clone()));
        }
        for topic in &snapshot.topics {
            // The log has more events of a topic than the snapshot.
            if let Some(state) = feed.topics.get_mut(&topic.topic) {
                state.set_count(topic.count);
            }
        }
        feed.position = snapshot.position;
        feed.received = 0;
        if let Some(slice) = &snapshot.history {
            feed.open(slice.clone());
        }
        feed
    }

    /// The history that the topic's page shows.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// The position: the id of the newest event that the feed has passed.
    pub fn position(&self) -> EventId {
        self.position
    }

    /// The topics that have events, sorted by name.
    pub fn topics(&self) -> impl Iterator<Item = &TopicFeed> {
        self.topics.values()
    }

    /// One topic.
    pub fn topic(&self, topic: &Topic) -> Option<&TopicFeed> {
        self.topics.get(topic)
    }

    /// The notifications, newest first.
    pub fn notices(&self) -> impl ExactSizeIterator<Item = &Notice> + Clone {
        self.notices.iter().rev()
    }

    /// How many notifications there have been, including those that are dropped.
    pub fn noticed(&self) -> u64 {
        self.noticed
    }

    /// Who is on a topic now.
    pub fn presence(&self, topic: &Topic) -> Presence {
        self.presence.get(topic).cloned().unwrap_or_default()
    }

    /// How many boards are open, if the server has reported it.
    pub fn watching(&self) -> Option<usize> {
        self.presence
            .iter()
            .find(|(topic, _)| topic.as_str() == BOARD_TOPIC)
            .map(|(_, presence)| presence.watching)
    }

    /// When the last heartbeat arrived.
    pub fn heartbeat(&self) -> Option<Timestamp> {
        self.heartbeat
    }

    /// The newest events, newest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Recent> + ExactSizeIterator {
        self.recent.iter().rev()
    }

    /// The gaps that the stream reported, oldest first.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Events per second, over the last ten seconds.
    pub fn rate(&self, now: Timestamp) -> f64 {
        self.rate.per_second(now)
    }

    /// How many events arrived over the stream.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The tiles of the board, derived from the data of each topic.
    pub fn widgets(&self) -> Vec<Widget> {
        widget::widgets(self)
    }
}

fn push_bounded<T>(list: &mut VecDeque<T>, item: T, limit: usize) {
    if list.len() == limit {
        list.pop_front();
    }
    list.push_back(item);
}
