//! Backfill: history that is read from the log joins what the stream has brought, without a hole
//! and without an event twice.

use std::{collections::BTreeMap, sync::Arc};

use pulseboard_contract::{Event, EventId, Topic, api::TopicSeries};

use super::{EventPage, Feed, History, HistoryAddress, HistorySlice, TopicFeed};

impl Feed {
    /// Adds events that are older than those of their topic, oldest first. Known events are skipped.
    ///
    /// The log may be ahead of the stream. Events that the stream will still bring are skipped too,
    /// or they would be there twice.
    pub fn backfill(&mut self, mut events: Vec<Event>) {
        let position = self.position;
        events.retain(|event| {
            event
                .event_id
                .is_some_and(|id| id.epoch == position.epoch && id.seq <= position.seq)
        });
        let mut by_topic: BTreeMap<Topic, Vec<Arc<Event>>> = BTreeMap::new();
        for event in events {
            by_topic
                .entry(event.topic.clone())
                .or_default()
                .push(Arc::new(event));
        }
        for (topic, events) in by_topic {
            let newest = events.last().cloned();
            if let Some(newest) = newest {
                self.topics
                    .entry(topic)
                    .or_insert_with(|| TopicFeed::new(&newest))
                    .backfill(&events);
            }
        }
        self.share();
    }

    /// Adds a topic's numbers and states from before its oldest known value.
    pub fn extend(&mut self, topic: &Topic, older: &TopicSeries) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.extend(older);
        }
        self.share();
    }

    /// Starts to follow one topic's history, instead of the one before. The log may have been read
    /// before or after the stream's newest event: no event is missing or there twice.
    pub fn open(&mut self, slice: HistorySlice) {
        let revision = self.history.as_ref().map_or(0, History::revision);
        self.history = Some(History::new(slice, revision));
        self.catch_up();
    }

    /// Starts to follow a room's messages at their live end, with those in memory: the newest,
    /// without a hole.
    pub fn open_room(&mut self, topic: Topic) {
        let revision = self.history.as_ref().map_or(0, History::revision);
        let lines = self
            .topics
            .get(&topic)
            .map(|topic| topic.room().lines())
            .into_iter()
            .flatten();
        let epoch = self.position.epoch;
        let is_here = |event: &Arc<Event>| event.event_id.is_some_and(|id| id.epoch == epoch);
        let events = lines
            .map(|line| line.event.clone())
            .filter(is_here)
            .collect();
        self.history = Some(History::live(
            HistoryAddress::of_chat(topic),
            events,
            revision,
        ));
    }

    /// Adds events that were read from before the oldest event of the history.
    pub fn extend_older(&mut self, before: EventId, page: EventPage) {
        if let Some(history) = &mut self.history {
            history.extend_older(before, page);
        }
    }

    /// Adds events that were read from after the newest event of the history.
    pub fn extend_newer(&mut self, after: EventId, page: EventPage) {
        if let Some(history) = &mut self.history {
            history.extend_newer(after, page);
        }
        self.catch_up();
    }

    /// Adds the events that the stream brought while the history was read. If some of them are no
    /// longer in memory, the history stays without its live end: the reader loads more instead of
    /// seeing a hole.
    fn catch_up(&mut self) {
        let Some(history) = self.history.as_mut().filter(|history| !history.has_newer()) else {
            return;
        };
        let reached = history
            .newest()
            .filter(|id| id.epoch == self.position.epoch)
            .map_or(0, |id| id.seq);
        let address = history.address();
        let last = self.topics.get(&address.topic).and_then(|topic| {
            if address.is_chat() {
                topic
                    .room()
                    .lines()
                    .next_back()
                    .and_then(|line| line.event.event_id)
            } else {
                topic.last().event_id
            }
        });
        if last.is_none_or(|last| last.epoch == self.position.epoch && last.seq <= reached) {
            return;
        }
        let oldest = self
            .recent
            .iter()
            .find_map(|recent| recent.event.event_id)
            .map_or(0, |id| id.seq);
        if self.recent.has_dropped() && oldest > reached + 1 {
            history.detach();
        } else {
            self.recent
                .iter()
                .for_each(|recent| history.apply(&recent.event, &recent.event.payload()));
        }
    }
}
