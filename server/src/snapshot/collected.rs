//! Events collected for a page, within a budget of bytes.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use pulseboard_contract::{Event, Topic};

/// The most events of one topic.
pub(super) const TOPIC_EVENTS: usize = 120;
/// The most bytes of one topic.
pub(super) const TOPIC_BYTES: usize = 56 * 1024;
/// The most bytes of all events together. They are part of the HTML.
pub(super) const DATA_BYTES: usize = 160 * 1024;

/// How much one topic may have.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) events: usize,
    pub(super) bytes: usize,
}

impl Share {
    /// One event.
    pub(super) const ONE: Self = Self {
        events: 1,
        bytes: TOPIC_BYTES,
    };
    /// As much as any topic may have.
    pub(super) const MOST: Self = Self {
        events: TOPIC_EVENTS,
        bytes: TOPIC_BYTES,
    };

    /// The share of each of this many topics if all get the same number of bytes.
    pub(super) fn fair(topics: usize) -> Self {
        Self {
            events: TOPIC_EVENTS,
            bytes: TOPIC_BYTES.min(DATA_BYTES / topics.max(1)),
        }
    }
}

/// What is collected of a topic: its newest events, without a hole.
pub(super) struct Taken {
    pub(super) events: usize,
    bytes: usize,
    /// The sequence of the oldest event.
    pub(super) oldest: u64,
}

/// The events collected so far.
#[derive(Default)]
pub(super) struct Collected {
    events: Vec<Arc<Event>>,
    topics: HashMap<Topic, Taken>,
    /// A topic that has all events it needs.
    complete: Option<Topic>,
    bytes: usize,
}

impl Collected {
    /// What is collected of a topic.
    pub(super) fn of(&self, topic: &Topic) -> Option<&Taken> {
        self.topics.get(topic)
    }

    /// Collects no more of this topic.
    pub(super) fn complete(&mut self, topic: &Topic) {
        self.complete = Some(topic.clone());
    }

    /// Whether the log has more events of a topic, which has this many, than are collected and
    /// allowed.
    pub(super) fn lacks(&self, topic: &Topic, count: u64) -> bool {
        let events = self.of(topic).map_or(0, |taken| taken.events);
        self.complete.as_ref() != Some(topic) && events < TOPIC_EVENTS && (events as u64) < count
    }

    /// Collects those of the events, which are sorted from new to old, that are not collected yet,
    /// up to the share of each topic. An event that exceeds the share or the budget ends the
    /// history of its own topic only. Returns the topics that this happened to.
    pub(super) fn take(&mut self, newest: &[Arc<Event>], share: Share) -> HashSet<Topic> {
        let mut full = HashSet::new();
        for event in newest {
            let (Some(id), size) = (event.event_id, event.weight()) else {
                continue;
            };
            if self.complete.as_ref() == Some(&event.topic) || full.contains(&event.topic) {
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
                full.insert(event.topic.clone());
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
        full
    }

    /// All events, from old to new.
    pub(super) fn into_events(self) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .events
            .iter()
            .map(|event| Event::clone(event))
            .collect();
        events.sort_by_key(|event| event.event_id.map(|id| id.seq));
        events
    }
}
