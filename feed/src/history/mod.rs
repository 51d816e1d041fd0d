//! One topic's history as its page shows it: a part of the log without holes. It grows at its old
//! end as the reader loads more, and at its new end as events arrive.

mod address;
mod slice;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use pulseboard_contract::{Event, EventId, Payload};

use super::TopicFeed;

pub use address::{Anchor, Direction, HistoryAddress, HistoryQuery};
pub use slice::{EventPage, HistorySlice};

/// The most events of the history. Beyond that, events are dropped at the end that the reader moves
/// away from.
const MOST: usize = 1_200;

/// The history on the page.
#[derive(Clone, Debug)]
pub struct History {
    address: HistoryAddress,
    /// Oldest first, all of them stored.
    events: VecDeque<Arc<Event>>,
    /// The same events, as numbers over time.
    numbers: Option<TopicFeed>,
    has_older: bool,
    has_newer: bool,
    waiting: u64,
    revision: u64,
}

impl History {
    /// Begins with an slice. The revision has to be another than that of the history before.
    pub(super) fn new(slice: HistorySlice, revision: u64) -> Self {
        let events = slice.events.into_iter().map(Arc::new).collect();
        Self {
            has_older: slice.has_older,
            has_newer: slice.has_newer,
            ..Self::live(slice.address, events, revision)
        }
    }

    /// The history at its live end, with the events in memory: all from some event on.
    pub(super) fn live(
        address: HistoryAddress,
        events: VecDeque<Arc<Event>>,
        revision: u64,
    ) -> Self {
        let mut history = Self {
            address,
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

    /// Takes in an event of the stream, with its decoded payload.
    pub(super) fn apply(&mut self, event: &Arc<Event>, payload: &Payload) {
        let Some(id) = event.event_id.filter(|_| self.address.selects(event)) else {
            return;
        };
        let newest = self.newest();
        if newest.is_some_and(|newest| newest.epoch == id.epoch && id.seq <= newest.seq) {
            return;
        }
        self.revision += 1;
        if self.has_newer {
            // The reader is elsewhere in the history. The page says that there is more, and the
            // events on it stay where they are.
            self.waiting += 1;
            return;
        }
        if newest.is_some_and(|newest| newest.epoch != id.epoch) {
            // This is a new log. Its events have no order with those of the old log, which is
            // gone.
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

    /// Puts older events before the known ones, if the oldest known one is still `before`.
    pub(super) fn extend_older(&mut self, before: EventId, page: EventPage) {
        if self.oldest() != Some(before) {
            return;
        }
        let slice = HistorySlice::join(self.address.clone(), Some(page), None);
        for event in slice.events.into_iter().rev() {
            self.events.push_front(Arc::new(event));
        }
        self.has_older = slice.has_older;
        if self.events.len() > MOST {
            self.events.truncate(MOST);
            self.has_newer = true;
        }
        self.fold();
    }

    /// Puts newer events after the known ones, if the newest known one is still `after`.
    pub(super) fn extend_newer(&mut self, after: EventId, page: EventPage) {
        if self.newest() != Some(after) {
            return;
        }
        let slice = HistorySlice::join(self.address.clone(), None, Some(page));
        self.events.extend(slice.events.into_iter().map(Arc::new));
        self.has_newer = slice.has_newer;
        if self.events.len() > MOST {
            self.events.drain(..self.events.len() - MOST);
            self.has_older = true;
        }
        self.fold();
    }

    /// Marks that the newest events of the history are missing.
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

    /// Whether the history already shows this address, so nothing has to be read: the same events,
    /// at the same anchor or with it among them.
    pub fn shows(&self, address: &HistoryAddress) -> bool {
        let is_there = match address.anchor {
            Anchor::Newest => !self.has_newer,
            Anchor::Event(id) => self.address.anchor == address.anchor || self.has(id),
            Anchor::Before(_) | Anchor::After(_) => self.address.anchor == address.anchor,
        };
        self.address.has_same_events(address) && is_there
    }

    /// The address that it was opened with.
    pub fn address(&self) -> &HistoryAddress {
        &self.address
    }

    /// Whether the event is among the known ones.
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

    /// Their numbers over time; none if there are no events.
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

    /// Whether the log has newer events. While it has, events of the stream are not added.
    pub fn has_newer(&self) -> bool {
        self.has_newer
    }

    /// How many events arrived while the reader was elsewhere in the history.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Grows with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}
