//! The snapshot from which a page is rendered, read from the hub.

mod collected;
mod excerpt;

use std::sync::Arc;

use pulseboard_contract::{Event, EventId, Room, Topic, TopicPattern, limits::BOARD_TOPICS};
use pulseboard_feed::{HistoryAddress, Snapshot, TopicCount};
use pulseboard_hub::{Filter, LogError, Order, Query, TopicQuery, TopicSummary};

use self::collected::{Collected, DATA_BYTES, Share, TOPIC_BYTES, TOPIC_EVENTS};
use crate::AppState;

/// The most events of the room that the page is about.
const ROOM_EVENTS: usize = 100;
/// How many of the newest events are read at once, before single topics are read.
const NEWEST_EVENTS: usize = 2_000;
/// How many topics are read one by one, those with the newest events first. Without this limit the
/// cost of a page would grow with the number of topics.
const QUIET_TOPICS: usize = 24;

/// The subject of a page.
pub(crate) enum Subject {
    /// All topics.
    All,
    /// One room.
    Room(Room),
    /// One topic, at a place in its history.
    Topic(HistoryAddress),
}

/// Reads the snapshot for a page.
///
/// The position is read first, and no event after it is in the snapshot. A stream that starts at
/// the position brings exactly the events that the snapshot does not have.
///
/// # Errors
///
/// If the log cannot be read.
pub(crate) async fn snapshot(state: &AppState, subject: &Subject) -> Result<Snapshot, LogError> {
    let position = state.hub.position();
    let mut collected = Collected::default();
    let topic = match subject {
        Subject::All => None,
        Subject::Room(room) => Some(room.topic()),
        Subject::Topic(place) => Some(&place.topic),
    };
    // The subject of the page comes first, before other topics use the budget.
    if let Some(topic) = topic {
        let events = match subject {
            Subject::Room(_) => ROOM_EVENTS,
            Subject::All | Subject::Topic(_) => TOPIC_EVENTS,
        };
        let share = Share {
            events,
            bytes: TOPIC_BYTES,
        };
        let own = read(state, of_topic(topic), position.seq + 1, events).await?;
        collected.take(&own, share);
        collected.complete(topic);
    }
    let history = match subject {
        Subject::Topic(place) => Some(excerpt::read(state, position, place).await?),
        Subject::All | Subject::Room(_) => None,
    };
    let topics = topics_at(state, position, topic).await?;
    collect(state, position, &topics, &mut collected).await?;
    Ok(Snapshot {
        now: state.now(),
        position,
        // Only the topics on the page: there may be any number of others.
        topics: topics
            .into_iter()
            .filter(|topic| collected.of(&topic.name).is_some())
            .map(|topic| TopicCount {
                topic: topic.name,
                count: topic.count,
            })
            .collect(),
        events: collected.into_events(),
        history,
        presence: state.presence.now(),
    })
}

/// Collects the newest events of all topics. Every topic gets one event before any topic gets
/// more.
async fn collect(
    state: &AppState,
    position: EventId,
    topics: &[TopicAt],
    collected: &mut Collected,
) -> Result<(), LogError> {
    let newest = read(state, Filter::all(), position.seq + 1, NEWEST_EVENTS).await?;
    collected.take(&newest, Share::ONE);
    for topic in topics {
        if collected.of(&topic.name).is_none() {
            let before = topic.last.min(position.seq) + 1;
            let own = read(state, of_topic(&topic.name), before, 1).await?;
            collected.take(&own, Share::ONE);
        }
    }
    let fair = Share::fair(topics.len());
    let full = collected.take(&newest, fair);
    let quiet: Vec<_> = topics
        .iter()
        .filter(|topic| !full.contains(&topic.name) && collected.lacks(&topic.name, topic.count))
        .take(QUIET_TOPICS)
        .collect();
    for topic in quiet {
        let Some((events, before)) = collected
            .of(&topic.name)
            .map(|taken| (taken.events, taken.oldest))
        else {
            continue;
        };
        let limit = TOPIC_EVENTS.saturating_sub(events);
        let own = read(state, of_topic(&topic.name), before, limit).await?;
        collected.take(&own, fair);
    }
    // Topics with many events get the rest of the budget.
    collected.take(&newest, Share::MOST);
    Ok(())
}

fn of_topic(topic: &Topic) -> Filter {
    Filter::new([TopicPattern::from(topic)], [])
}

/// A topic as it was at the position.
struct TopicAt {
    name: Topic,
    count: u64,
    /// The sequence of its newest event.
    last: u64,
}

/// The topics with the newest events, and the topic that the page is about, as they were at the
/// position. The log may be ahead of the position. Events after it are not counted, because the
/// stream will bring them.
async fn topics_at(
    state: &AppState,
    position: EventId,
    about: Option<&Topic>,
) -> Result<Vec<TopicAt>, LogError> {
    let topic_at = |summary: TopicSummary| TopicAt {
        name: summary.topic,
        count: summary.count,
        last: summary.last,
    };
    let mut topics: Vec<_> = state
        .hub
        .recent_topics(BOARD_TOPICS)
        .into_iter()
        .map(topic_at)
        .collect();
    if let Some(about) = about.filter(|about| topics.iter().all(|topic| topic.name != **about)) {
        // Of all topics whose names begin with this one, the topic itself is the first.
        let query = TopicQuery {
            prefix: about.to_string(),
            after: None,
            limit: 1,
        };
        let found = state
            .hub
            .topics(query)
            .await?
            .topics
            .into_iter()
            .map(|(summary, _)| summary);
        topics.extend(
            found
                .filter(|summary| summary.topic == *about)
                .map(topic_at),
        );
    }
    let end = topics.iter().map(|topic| topic.last).max().unwrap_or(0);
    if end > position.seq {
        let later = Query {
            filter: Filter::all(),
            after: Some(position.seq),
            before: Some(end + 1),
            order: Order::Ascending,
            // The log is at most one commit ahead of the hub's memory.
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

/// The newest events before a sequence, the newest first.
async fn read(
    state: &AppState,
    filter: Filter,
    before: u64,
    limit: usize,
) -> Result<Vec<Arc<Event>>, LogError> {
    let query = Query {
        filter,
        after: None,
        before: Some(before),
        order: Order::Descending,
        limit,
        // Large events of one topic must not make a page as expensive as a hundred pages. Topics
        // that lack events because of this limit are read one by one.
        max_bytes: 4 * DATA_BYTES,
        now: state.now(),
    };
    Ok(state.hub.history(query).await?.events)
}
