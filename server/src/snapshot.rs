//! The snapshot a page is rendered from, read from the hub.

use std::{collections::HashMap, sync::Arc};

use axum::http::{HeaderMap, header};
use pulseboard::{Event, EventId, Topic, TopicPattern};
use pulseboard_app::{Snapshot, Theme, TopicCount, Visitor, feed::Place};
use pulseboard_hub::{Filter, LogError, Order, Query, TopicQuery, TopicSummary};

use crate::{
    AppState, excerpt,
    names::{self, Room},
};

/// The most events of one topic.
const TOPIC_EVENTS: usize = 120;
/// The most events of the room whose page it is.
const ROOM_EVENTS: usize = 100;
/// The most data of one topic.
const TOPIC_BYTES: usize = 56 * 1024;
/// The most data of all events together; it travels inside the HTML.
const DATA_BYTES: usize = 160 * 1024;
/// How many of the topics with the latest news are looked at.
const RECENT_TOPICS: usize = 200;
/// How many of the newest events are looked through before the log is asked for single topics.
const NEWEST_EVENTS: usize = 2_000;
/// How many quiet topics the log is asked for one by one, those with the latest news first. Without a bound, a page would
/// cost as much as there are topics.
const QUIET_TOPICS: usize = 24;

/// What a page is about.
pub(crate) enum Subject {
    /// Everything.
    All,
    /// A room.
    Room(Room),
    /// A part of one topic's history.
    Topic(Place),
}

/// Reads what a page shows.
///
/// The position is taken first and nothing after it is read: a stream that starts there brings exactly what the page
/// does not have.
pub(crate) async fn snapshot(state: &AppState, headers: &HeaderMap, subject: &Subject) -> Result<Snapshot, LogError> {
    let position = state.hub.position();
    let mut collected = Collected::default();
    // What the page is about comes first, whatever else the budget is spent on.
    let first = match subject {
        Subject::All => None,
        Subject::Room(room) => Some((room.topic(), ROOM_EVENTS)),
        Subject::Topic(place) => Some((&place.topic, TOPIC_EVENTS)),
    };
    if let Some((topic, limit)) = first {
        let filter = Filter::new([TopicPattern::from(topic)], []);
        collected.read(state, position, filter, limit).await?;
        collected.full.push(topic.clone());
    }
    let excerpt = match subject {
        Subject::Topic(place) => Some(excerpt::read(state, position, place).await?),
        Subject::All | Subject::Room(_) => None,
    };
    let topics = topics(state, position, first.map(|(topic, _)| topic)).await?;
    collected.read(state, position, Filter::all(), NEWEST_EVENTS).await?;
    let quiet: Vec<_> = topics.iter().filter(|topic| collected.lacks(topic)).collect();
    for topic in quiet.into_iter().take(QUIET_TOPICS) {
        let has = collected.counts.get(&topic.name).copied().unwrap_or(0);
        let before = collected.oldest.get(&topic.name).copied().unwrap_or(position.seq + 1);
        let filter = Filter::new([TopicPattern::from(&topic.name)], []);
        collected.read_before(state, before, filter, TOPIC_EVENTS - has).await?;
    }
    Ok(Snapshot {
        now: state.now(),
        position,
        // Only of the topics that are on the page: there may be any number of others.
        topics: topics
            .into_iter()
            .filter(|topic| collected.counts.contains_key(&topic.name))
            .map(|topic| TopicCount { topic: topic.name, count: topic.count })
            .collect(),
        events: collected.into_events(),
        excerpt,
        presence: state.presence.now(),
        visitor: visitor(headers),
        heartbeat_millis: u32::try_from(state.heartbeat_every.as_millis()).unwrap_or(u32::MAX),
    })
}

/// A topic as it was at the position.
struct TopicThen {
    name: Topic,
    count: u64,
    /// The sequence of its newest event.
    last: u64,
}

/// The topics with the latest news and the one the page is about, as they were at the position. The log may be ahead of
/// it; what it has after is counted out again, as the stream will bring it.
async fn topics(state: &AppState, position: EventId, about: Option<&Topic>) -> Result<Vec<TopicThen>, LogError> {
    let then = |summary: TopicSummary| TopicThen { name: summary.topic, count: summary.count, last: summary.last };
    let mut topics: Vec<_> = state.hub.recent_topics(RECENT_TOPICS).into_iter().map(then).collect();
    if let Some(about) = about.filter(|about| topics.iter().all(|topic| topic.name != **about)) {
        // Of the topics that begin with its name, the topic itself is the first.
        let query = TopicQuery { prefix: about.to_string(), after: None, limit: 1 };
        let found = state.hub.topics(query).await?.topics.into_iter().map(|(summary, _)| summary);
        topics.extend(found.filter(|summary| summary.topic == *about).map(then));
    }
    let end = topics.iter().map(|topic| topic.last).max().unwrap_or(0);
    if end > position.seq {
        let later = Query {
            filter: Filter::all(),
            after: Some(position.seq),
            before: Some(end + 1),
            order: Order::Ascending,
            // The log is ahead of the ring by one commit at the most.
            limit: NEWEST_EVENTS,
            max_bytes: 64 * DATA_BYTES,
            now: state.now(),
        };
        for event in state.hub.history(later).await?.events {
            if let Some(topic) = topics.iter_mut().find(|topic| topic.name == event.topic) {
                topic.count = topic.count.saturating_sub(1);
            }
        }
    }
    topics.retain(|topic| topic.count > 0);
    Ok(topics)
}

/// Events taken so far, within the budget.
#[derive(Default)]
struct Collected {
    events: Vec<Arc<Event>>,
    counts: HashMap<Topic, usize>,
    topic_bytes: HashMap<Topic, usize>,
    /// The oldest sequence taken of each topic.
    oldest: HashMap<Topic, u64>,
    /// Topics of which no more is wanted.
    full: Vec<Topic>,
    bytes: usize,
}

impl Collected {
    async fn read(&mut self, state: &AppState, position: EventId, filter: Filter, limit: usize) -> Result<(), LogError> {
        self.read_before(state, position.seq + 1, filter, limit).await
    }

    /// Whether the log has events of the topic that are wanted and not taken.
    fn lacks(&self, topic: &TopicThen) -> bool {
        let has = self.counts.get(&topic.name).copied().unwrap_or(0);
        !self.full.contains(&topic.name) && has < TOPIC_EVENTS && (has as u64) < topic.count
    }

    /// Takes the newest events before a sequence.
    async fn read_before(&mut self, state: &AppState, before: u64, filter: Filter, limit: usize) -> Result<(), LogError> {
        if self.bytes >= DATA_BYTES {
            return Ok(());
        }
        // An event over the rest of the budget is not taken, however few there are.
        let query = Query {
            filter,
            after: None,
            before: Some(before),
            order: Order::Descending,
            limit,
            // Large events of one topic must not make a page cost what a hundred do; who comes short is asked for by itself.
            max_bytes: 4 * DATA_BYTES,
            now: state.now(),
        };
        for event in state.hub.history(query).await?.events {
            let (Some(id), size) = (event.event_id, event.weight()) else { continue };
            if self.full.contains(&event.topic) {
                continue;
            }
            let topic_bytes = self.topic_bytes.entry(event.topic.clone()).or_default();
            // One topic's large events end its own history here and nobody else's; what is shown stays without holes.
            if *topic_bytes + size > TOPIC_BYTES || self.bytes + size > DATA_BYTES {
                self.full.push(event.topic.clone());
                continue;
            }
            *topic_bytes += size;
            let count = self.counts.entry(event.topic.clone()).or_default();
            if *count < TOPIC_EVENTS {
                *count += 1;
                self.bytes += size;
                self.oldest.insert(event.topic.clone(), id.seq);
                self.events.push(event);
            }
        }
        Ok(())
    }

    fn into_events(self) -> Vec<Event> {
        let mut events: Vec<Event> = self.events.iter().map(|event| Event::clone(event)).collect();
        events.sort_by_key(|event| event.event_id.map(|id| id.seq));
        events
    }
}

/// What the cookies say of who asks, as far as it is sensible.
pub(crate) fn visitor(headers: &HeaderMap) -> Visitor {
    let cookie = |name: &str| {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    Visitor {
        name: cookie("name").and_then(names::name_from_cookie),
        theme: cookie("theme").and_then(Theme::from_name),
        knows_hint: cookie("hint") == Some("gone"),
        board: cookie("board").and_then(names::decode).filter(|text| !text.is_empty()),
    }
}
