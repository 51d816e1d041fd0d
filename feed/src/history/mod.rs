//! One topic's history as its page shows it: a part of the log without holes, which grows at its
//! old end as the reader asks for more, and at its new end as events arrive.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use pulseboard_contract::{Event, EventId, Payload};
use serde::{Deserialize, Serialize};

use super::{At, Place, TopicFeed};

/// Events kept; what is beyond is dropped at the end the reader goes away from.
const MOST: usize = 1_200;

/// A part of a history, as it was read from the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excerpt {
    /// What was asked for.
    pub place: Place,
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether the log has older ones.
    pub has_older: bool,
    /// Whether the log has newer ones. Where it has none, the excerpt goes on live.
    pub has_newer: bool,
}

/// What a read of the log brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether there are further ones in the direction of the read.
    pub has_more: bool,
}

impl From<(Vec<Event>, Option<EventId>)> for Page {
    /// From what the log answered, in whichever direction it was asked, and where the next page
    /// begins.
    fn from((mut events, next): (Vec<Event>, Option<EventId>)) -> Self {
        let seq = |event: Option<&Event>| event.and_then(|event| event.event_id).map(|id| id.seq);
        if seq(events.first()) > seq(events.last()) {
            events.reverse();
        }
        Self {
            events,
            has_more: next.is_some(),
        }
    }
}

impl Excerpt {
    /// Joins what the two reads of a [`Place`] brought.
    pub fn join(place: Place, older: Option<Page>, newer: Option<Page>) -> Self {
        let has_older = older.as_ref().is_none_or(|page| page.has_more);
        let is_before = matches!(place.at, At::Before(_));
        let has_newer = newer.as_ref().map_or(is_before, |page| page.has_more);
        let mut events = older.unwrap_or_default().events;
        events.extend(newer.unwrap_or_default().events);
        Self {
            place,
            events,
            has_older,
            has_newer,
        }
    }
}

/// The history on the page.
#[derive(Clone, Debug)]
pub struct History {
    place: Place,
    /// Oldest first; all of them stored.
    events: VecDeque<Arc<Event>>,
    /// The same events as numbers over time.
    numbers: Option<TopicFeed>,
    has_older: bool,
    has_newer: bool,
    waiting: u64,
    revision: u64,
}

impl History {
    /// Begins with an excerpt. The revision has to be another than that of the history before.
    pub(super) fn new(excerpt: Excerpt, revision: u64) -> Self {
        let events = excerpt.events.into_iter().map(Arc::new).collect();
        Self {
            has_older: excerpt.has_older,
            has_newer: excerpt.has_newer,
            ..Self::live(excerpt.place, events, revision)
        }
    }

    /// Begins at the live end, with what is in memory: all of the place from some event on.
    pub(super) fn live(place: Place, events: VecDeque<Arc<Event>>, revision: u64) -> Self {
        let mut history = Self {
            place,
            events,
            numbers: None,
            has_older: true,
            has_newer: false,
            waiting: 0,
            revision,
        };
        history.fold();
        history
    }

    /// Takes in an event of the stream.
    pub(super) fn apply(&mut self, event: &Arc<Event>, payload: &Payload) {
        let Some(id) = event.event_id.filter(|_| self.place.selects(event)) else {
            return;
        };
        let newest = self.newest();
        if newest.is_some_and(|newest| newest.epoch == id.epoch && id.seq <= newest.seq) {
            return;
        }
        self.revision += 1;
        if self.has_newer {
            // The reader is elsewhere: they are told that there is more, and what they read stays
            // where it is.
            self.waiting += 1;
            return;
        }
        if newest.is_some_and(|newest| newest.epoch != id.epoch) {
            // The log began anew. Its events have no order with those of the old one, which nobody
            // has any more.
            self.events.clear();
            self.numbers = None;
            self.has_older = true;
        }
        self.events.push_back(event.clone());
        self.numbers
            .get_or_insert_with(|| TopicFeed::new(event))
            .apply(event, payload);
        if self.events.len() > MOST {
            self.events.pop_front();
            self.has_older = true;
        }
    }

    /// Puts older events before those there are, if they are still what comes before.
    pub(super) fn extend_older(&mut self, before: EventId, page: Page) {
        if self.oldest() != Some(before) {
            return;
        }
        let excerpt = Excerpt::join(self.place.clone(), Some(page), None);
        for event in excerpt.events.into_iter().rev() {
            self.events.push_front(Arc::new(event));
        }
        self.has_older = excerpt.has_older;
        if self.events.len() > MOST {
            self.events.truncate(MOST);
            self.has_newer = true;
        }
        self.fold();
    }

    /// Puts newer events after those there are, if they are still what comes after.
    pub(super) fn extend_newer(&mut self, after: EventId, page: Page) {
        if self.newest() != Some(after) {
            return;
        }
        let excerpt = Excerpt::join(self.place.clone(), None, Some(page));
        self.events.extend(excerpt.events.into_iter().map(Arc::new));
        self.has_newer = excerpt.has_newer;
        if self.events.len() > MOST {
            self.events.drain(..self.events.len() - MOST);
            self.has_older = true;
        }
        self.fold();
    }

    /// The newest part of the history is not here after all.
    pub(super) fn detach(&mut self) {
        self.has_newer = true;
        self.revision += 1;
    }

    fn fold(&mut self) {
        self.revision += 1;
        self.numbers = None;
        for event in &self.events {
            self.numbers
                .get_or_insert_with(|| TopicFeed::new(event))
                .apply(event, &event.payload());
        }
    }

    /// Whether this is what is asked for, so that nothing has to be read: the events of the place,
    /// at that place or with it among them.
    pub fn shows(&self, place: &Place) -> bool {
        let is_there = match place.at {
            At::Newest => !self.has_newer,
            At::Event(id) => self.place.at == place.at || self.has(id),
            At::Before(_) | At::After(_) => self.place.at == place.at,
        };
        self.place.is_beside(place) && is_there
    }

    /// Which part of which history it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the event is among them.
    pub fn has(&self, id: EventId) -> bool {
        let at = self
            .events
            .partition_point(|event| event.event_id.is_some_and(|other| other.seq < id.seq));
        self.events
            .get(at)
            .is_some_and(|event| event.event_id == Some(id))
    }

    /// The events, newest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> + ExactSizeIterator {
        self.events.iter().rev()
    }

    /// The numbers in them; none where there are no events.
    pub fn numbers(&self) -> Option<&TopicFeed> {
        self.numbers.as_ref()
    }

    /// The id of the oldest event.
    pub fn oldest(&self) -> Option<EventId> {
        self.events.front().and_then(|event| event.event_id)
    }

    /// The id of the newest event.
    pub fn newest(&self) -> Option<EventId> {
        self.events.back().and_then(|event| event.event_id)
    }

    /// Whether the log has older events.
    pub fn has_older(&self) -> bool {
        self.has_older
    }

    /// Whether the log has newer events, so that what happens now is not added.
    pub fn has_newer(&self) -> bool {
        self.has_newer
    }

    /// How many events came while the reader was elsewhere in the history.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Grows with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}
