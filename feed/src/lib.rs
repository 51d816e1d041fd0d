//! The feed: everything the page knows of the stream, as a pure fold over what arrives.
//!
//! The server folds the snapshot, the browser folds the same snapshot and then the stream, so both
//! render the same page. Memory is bounded: every list has a cap, and the log keeps the rest.

mod backfill;
mod conversation;
mod fold;
mod history;
mod incoming;
pub mod number;
mod place;
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

use pulseboard_contract::{Event, EventId, Gap, Notification, Presence, Timestamp, Topic};

pub use conversation::{ChatLine, Conversation};
pub use history::{Excerpt, History, Page};
pub use incoming::Incoming;
pub use place::{At, Place, Read, Toward};
pub use rate::Rate;
pub use reading::{Headline, Reading};
pub use ring::{Recent, Ring};
pub use series::{Bucket, Series};
pub use snapshot::{Snapshot, TopicCount};
pub use states::States;
pub use topic::{Row, TopicFeed};
pub use widget::Widget;

/// Notifications kept for the bell and its tile.
const NOTICES: usize = 100;
/// Topics followed: a board of more tiles than this is read by nobody.
const TOPICS: usize = 200;
/// Gaps remembered for the connection log.
const GAPS: usize = 20;
/// The topic whose presence counts everybody who has a board open.
pub const BOARD_TOPIC: &str = "board";

/// A notification and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The event.
    pub event: Arc<Event>,
    /// What it says.
    pub notification: Notification,
}

/// The state of the page.
#[derive(Clone, Debug)]
pub struct Feed {
    position: EventId,
    topics: BTreeMap<Topic, TopicFeed>,
    notices: VecDeque<Notice>,
    /// How many there have been.
    noticed: u64,
    presence: BTreeMap<Topic, Presence>,
    recent: Ring,
    gaps: Vec<Gap>,
    rate: Rate,
    received: u64,
    /// The number of the newest event.
    arrived: u64,
    /// When what is being applied came.
    arrives: Option<Timestamp>,
    /// When the last heartbeat came.
    heartbeat: Option<Timestamp>,
    history: Option<History>,
}

impl Feed {
    /// The feed of a page as the server rendered it.
    pub fn from_snapshot(snapshot: &Snapshot) -> Self {
        let mut feed = Self {
            // Before all of the snapshot's events, which are at or before its position.
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
            // The log has more of a topic than the snapshot carries.
            if let Some(state) = feed.topics.get_mut(&topic.topic) {
                state.set_count(topic.count);
            }
        }
        feed.position = snapshot.position;
        feed.received = 0;
        if let Some(excerpt) = &snapshot.excerpt {
            feed.open(excerpt.clone());
        }
        feed
    }

    /// The history of the topic whose page it is.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// Where the feed stands: the id of the last event it has passed.
    pub fn position(&self) -> EventId {
        self.position
    }

    /// The topics that have events, by name.
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

    /// How many notifications there have been, also those that are not kept any more.
    pub fn noticed(&self) -> u64 {
        self.noticed
    }

    /// Who is on a topic now.
    pub fn presence(&self, topic: &Topic) -> Presence {
        self.presence.get(topic).cloned().unwrap_or_default()
    }

    /// How many boards are open, if the server has said.
    pub fn watching(&self) -> Option<usize> {
        self.presence
            .iter()
            .find(|(topic, _)| topic.as_str() == BOARD_TOPIC)
            .map(|(_, presence)| presence.watching)
    }

    /// When the last heartbeat came.
    pub fn heartbeat(&self) -> Option<Timestamp> {
        self.heartbeat
    }

    /// The newest events, newest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Recent> + ExactSizeIterator {
        self.recent.iter().rev()
    }

    /// The gaps the stream has told of, oldest first.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Events a second over the last ten.
    pub fn rate(&self, now: Timestamp) -> f64 {
        self.rate.per_second(now)
    }

    /// How many events came over the stream.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The tiles of the board: what each topic's data asks for, with no configuration.
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
