//! The snapshot a page is rendered from, read from the hub.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::http::{HeaderMap, header};
use pulseboard_app::{Theme, Visitor};
use pulseboard_contract::{Event, EventId, Topic, TopicPattern};
use pulseboard_feed::{Place, Snapshot, TopicCount};
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
/// How many quiet topics the log is asked for one by one, those with the latest news first. Without
/// a bound, a page would cost as much as there are topics.
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
/// The position is taken first and nothing after it is read: a stream that starts there brings
/// exactly what the page does not have.
pub(crate) async fn snapshot(state: &AppState, subject: &Subject) -> Result<Snapshot, LogError> {
    let position = state.hub.position();
    let mut collected = Collected::default();
    // What the page is about comes first, whatever else the budget is spent on.
    let first = match subject {
        Subject::All => None,
        Subject::Room(room) => Some((room.topic(), ROOM_EVENTS)),
        Subject::Topic(place) => Some((&place.topic, TOPIC_EVENTS)),
    };
    if let Some((topic, events)) = first {
        let own = read(
            state,
            Filter::new([TopicPattern::from(topic)], []),
            position.seq + 1,
            events,
        )
        .await?;
        collected.take(
            &own,
            Share {
                events,
                bytes: TOPIC_BYTES,
            },
        );
        collected.whole = Some(topic.clone());
    }
    let excerpt = match subject {
        Subject::Topic(place) => Some(excerpt::read(state, position, place).await?),
        Subject::All | Subject::Room(_) => None,
    };
    let topics = topics(state, position, first.map(|(topic, _)| topic)).await?;
    let newest = read(state, Filter::all(), position.seq + 1, NEWEST_EVENTS).await?;
    // Every topic is on the page before any has more of its history there.
    let one = Share {
        events: 1,
        bytes: TOPIC_BYTES,
    };
    collected.take(&newest, one);
    for topic in &topics {
        if collected.of(&topic.name).is_none() {
            let filter = Filter::new([TopicPattern::from(&topic.name)], []);
            collected.take(
                &read(state, filter, topic.last.min(position.seq) + 1, 1).await?,
                one,
            );
        }
    }
    let fair = Share {
        events: TOPIC_EVENTS,
        bytes: TOPIC_BYTES.min(DATA_BYTES / topics.len().max(1)),
    };
    let satisfied = collected.take(&newest, fair);
    let quiet = topics
        .iter()
        .filter(|topic| !satisfied.contains(&topic.name) && collected.lacks(topic));
    for topic in quiet
        .take(QUIET_TOPICS)
        .map(|topic| &topic.name)
        .collect::<Vec<_>>()
    {
        let Some((events, before)) = collected
            .of(topic)
            .map(|taken| (taken.events, taken.oldest))
        else {
            continue;
        };
        let filter = Filter::new([TopicPattern::from(topic)], []);
        collected.take(
            &read(state, filter, before, TOPIC_EVENTS.saturating_sub(events)).await?,
            fair,
        );
    }
    // What is left goes to those that have the most.
    collected.take(
        &newest,
        Share {
            events: TOPIC_EVENTS,
            bytes: TOPIC_BYTES,
        },
    );
    Ok(Snapshot {
        now: state.now(),
        position,
        // Only of the topics that are on the page: there may be any number of others.
        topics: topics
            .into_iter()
            .filter(|topic| collected.of(&topic.name).is_some())
            .map(|topic| TopicCount {
                topic: topic.name,
                count: topic.count,
            })
            .collect(),
        events: collected.into_events(),
        excerpt,
        presence: state.presence.now(),
    })
}

/// A topic as it was at the position.
struct TopicThen {
    name: Topic,
    count: u64,
    /// The sequence of its newest event.
    last: u64,
}

/// The topics with the latest news and the one the page is about, as they were at the position. The
/// log may be ahead of it; what it has after is counted out again, as the stream will bring it.
async fn topics(
    state: &AppState,
    position: EventId,
    about: Option<&Topic>,
) -> Result<Vec<TopicThen>, LogError> {
    let then = |summary: TopicSummary| TopicThen {
        name: summary.topic,
        count: summary.count,
        last: summary.last,
    };
    let mut topics: Vec<_> = state
        .hub
        .recent_topics(RECENT_TOPICS)
        .into_iter()
        .map(then)
        .collect();
    if let Some(about) = about.filter(|about| topics.iter().all(|topic| topic.name != **about)) {
        // Of the topics that begin with its name, the topic itself is the first.
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
        // Large events of one topic must not make a page cost what a hundred do; who comes short is
        // asked for by itself.
        max_bytes: 4 * DATA_BYTES,
        now: state.now(),
    };
    Ok(state.hub.history(query).await?.events)
}

/// The most that one topic may have.
#[derive(Clone, Copy)]
struct Share {
    events: usize,
    bytes: usize,
}

/// What is taken of a topic: its newest events, without holes.
struct Taken {
    events: usize,
    bytes: usize,
    /// The sequence of the oldest.
    oldest: u64,
}

/// Events taken so far, within the budget.
#[derive(Default)]
struct Collected {
    events: Vec<Arc<Event>>,
    topics: HashMap<Topic, Taken>,
    /// The topic of which no more is wanted.
    whole: Option<Topic>,
    bytes: usize,
}

impl Collected {
    /// What is taken of a topic, if anything is.
    fn of(&self, topic: &Topic) -> Option<&Taken> {
        self.topics.get(topic)
    }

    /// Whether the log has events of the topic that are wanted and not taken.
    fn lacks(&self, topic: &TopicThen) -> bool {
        let has = self.of(&topic.name).map_or(0, |taken| taken.events);
        self.whole.as_ref() != Some(&topic.name) && has < TOPIC_EVENTS && (has as u64) < topic.count
    }

    /// Takes what is not taken yet of these events, the newest first, of each topic no more than
    /// its share. Answers which topics would have had more: an event over the share or the budget
    /// ends its own topic's history here and nobody else's.
    fn take(&mut self, newest: &[Arc<Event>], share: Share) -> HashSet<Topic> {
        let mut satisfied = HashSet::new();
        for event in newest {
            let (Some(id), size) = (event.event_id, event.weight()) else {
                continue;
            };
            if self.whole.as_ref() == Some(&event.topic) || satisfied.contains(&event.topic) {
                continue;
            }
            let taken = self.of(&event.topic).unwrap_or(&Taken {
                events: 0,
                bytes: 0,
                oldest: u64::MAX,
            });
            if id.seq >= taken.oldest {
                continue;
            }
            let (events, bytes) = (taken.events + 1, taken.bytes + size);
            if events > share.events || bytes > share.bytes || self.bytes + size > DATA_BYTES {
                satisfied.insert(event.topic.clone());
                continue;
            }
            self.bytes += size;
            self.topics.insert(
                event.topic.clone(),
                Taken {
                    events,
                    bytes,
                    oldest: id.seq,
                },
            );
            self.events.push(event.clone());
        }
        satisfied
    }

    fn into_events(self) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .events
            .iter()
            .map(|event| Event::clone(event))
            .collect();
        events.sort_by_key(|event| event.event_id.map(|id| id.seq));
        events
    }
}

/// What the cookies say of who asks, as far as it is sensible.
pub(crate) fn visitor(headers: &HeaderMap) -> Visitor {
    let cookie = |name: &str| {
        let cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let mut pairs = cookies
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    Visitor {
        name: cookie("name").and_then(names::name_from_cookie),
        theme: cookie("theme").and_then(Theme::from_name),
        knows_hint: cookie("hint") == Some("gone"),
        board: cookie("board")
            .and_then(names::decode)
            .filter(|text| !text.is_empty()),
    }
}
