//! One topic's history as its page shows it: a part of the log without holes, which grows at its
//! old end as the reader asks for more, and at its new end as events arrive.

use std::{collections::VecDeque, sync::Arc};

use pulseboard_contract::{Event, EventId};
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
    pub(super) fn apply(&mut self, event: &Arc<Event>) {
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
            .apply(event);
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
                .apply(event);
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

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Epoch, Topic, TypeName};

    use super::super::tests::{event, feed};
    use super::super::{Feed, Incoming};
    use super::*;

    fn id(seq: u64) -> EventId {
        EventId {
            epoch: Epoch::new(7),
            seq,
        }
    }

    fn update(seq: u64) -> Event {
        event(seq, "t", "update", &format!(r#"{{"content":"{seq}"}}"#))
    }

    fn page(seqs: std::ops::RangeInclusive<u64>, has_more: bool) -> Page {
        Page {
            events: seqs.map(update).collect(),
            has_more,
        }
    }

    #[test]
    fn a_page_is_oldest_first_in_whichever_direction_it_was_read() {
        let answered = |seqs: [u64; 3], next| Page::from((seqs.map(update).to_vec(), next));
        assert_eq!(answered([3, 4, 5], None), page(3..=5, false));
        assert_eq!(answered([5, 4, 3], Some(id(3))), page(3..=5, true));
        assert_eq!(Page::from((Vec::new(), None)), Page::default());
    }

    /// A page of the topic that was rendered with these events and follows the stream from the
    /// last.
    fn opened(
        at: At,
        seqs: std::ops::RangeInclusive<u64>,
        has_older: bool,
        has_newer: bool,
    ) -> Feed {
        let mut feed = feed(vec![]);
        feed.position.seq = *seqs.end();
        let place = Place::of(Topic::new("t").unwrap()).at(at);
        feed.open(Excerpt {
            place,
            events: seqs.map(update).collect(),
            has_older,
            has_newer,
        });
        feed
    }

    fn seqs(feed: &Feed) -> Vec<u64> {
        feed.history()
            .unwrap()
            .events
            .iter()
            .map(|event| event.event_id.unwrap().seq)
            .collect()
    }

    #[test]
    fn live_events_are_appended_once_and_only_those_of_the_place() {
        let mut feed = opened(At::Newest, 1..=3, false, false);
        for incoming in [
            update(3),
            update(4),
            event(5, "elsewhere", "update", "{}"),
            event(0, "t", "typing", "{}"),
            update(6),
        ] {
            feed.apply(Incoming::Event(incoming));
        }
        assert_eq!(seqs(&feed), [1, 2, 3, 4, 6]);
    }

    #[test]
    fn a_type_filter_holds_for_what_arrives_too() {
        let mut feed = feed(vec![]);
        let place = Place {
            types: vec![TypeName::new("metrics").unwrap()],
            ..Place::of(Topic::new("t").unwrap())
        };
        feed.open(Excerpt {
            place,
            events: vec![],
            has_older: false,
            has_newer: false,
        });
        feed.apply(Incoming::Event(update(1)));
        feed.apply(Incoming::Event(event(2, "t", "metrics", r#"{"a":1}"#)));
        assert_eq!(seqs(&feed), [2]);
        assert_eq!(
            feed.history().unwrap().numbers().unwrap().value("a"),
            Some(1.0)
        );
    }

    #[test]
    fn older_events_come_before_and_never_twice() {
        let mut feed = opened(At::Newest, 11..=20, true, false);
        feed.extend_older(id(11), page(6..=10, true));
        feed.extend_older(id(11), page(6..=10, true));
        feed.apply(Incoming::Event(update(21)));
        feed.extend_older(id(6), page(1..=5, false));
        assert_eq!(seqs(&feed), (1..=21).collect::<Vec<_>>());
        assert!(!feed.history().unwrap().has_older());
    }

    #[test]
    fn elsewhere_in_the_history_what_happens_is_counted_and_waits() {
        let mut feed = opened(At::Event(id(3)), 1..=5, false, true);
        feed.position.seq = 20;
        feed.apply(Incoming::Event(update(21)));
        let history = feed.history().unwrap();
        assert_eq!((history.waiting(), history.newest()), (1, Some(id(5))));
        assert!(
            history.shows(&history.place().at(At::Event(id(4)))),
            "an event that is there needs no reading"
        );
        assert!(!history.shows(&history.place().at(At::Newest)));
    }

    #[test]
    fn what_came_while_the_log_was_read_is_not_missed() {
        let mut feed = opened(At::Event(id(3)), 1..=5, false, true);
        for seq in 6..=9 {
            feed.apply(Incoming::Event(update(seq)));
        }
        // The answer was on its way while 8 and 9 came.
        feed.extend_newer(id(5), page(6..=7, false));
        assert_eq!(seqs(&feed), (1..=9).collect::<Vec<_>>());
        feed.apply(Incoming::Event(update(10)));
        assert_eq!(seqs(&feed).last(), Some(&10));
    }

    #[test]
    fn an_answer_ahead_of_the_stream_is_not_doubled_by_it() {
        let mut feed = opened(At::After(id(1)), 2..=3, true, true);
        feed.extend_newer(id(3), page(4..=6, false));
        for seq in 4..=7 {
            feed.apply(Incoming::Event(update(seq)));
        }
        assert_eq!(seqs(&feed), (2..=7).collect::<Vec<_>>());
    }

    #[test]
    fn more_than_the_page_remembers_in_between_is_left_to_be_read() {
        let mut feed = opened(At::Event(id(3)), 1..=5, false, true);
        for seq in 6..=8_000 {
            feed.apply(Incoming::Event(update(seq)));
        }
        feed.extend_newer(id(5), page(6..=7, false));
        assert_eq!(seqs(&feed), (1..=7).collect::<Vec<_>>());
        assert!(feed.history().unwrap().has_newer(), "rather than a hole");
    }

    #[test]
    fn memory_is_bounded_at_the_end_the_reader_goes_away_from() {
        let mut feed = opened(At::Newest, 3_001..=3_050, true, false);
        for seq in 3_051..=4_500 {
            feed.apply(Incoming::Event(update(seq)));
        }
        let first = 4_500 - MOST as u64 + 1;
        assert_eq!(seqs(&feed), (first..=4_500).collect::<Vec<_>>());
        feed.extend_older(id(first), page(first - 100..=first - 1, true));
        assert_eq!(
            seqs(&feed),
            (first - 100..first - 100 + MOST as u64).collect::<Vec<_>>()
        );
        assert!(feed.history().unwrap().has_newer());
    }

    #[test]
    fn a_log_that_began_anew_begins_a_new_history() {
        let mut feed = opened(At::Newest, 1..=9, false, false);
        let anew = |seq| Event {
            event_id: Some(EventId {
                epoch: Epoch::new(8),
                seq,
            }),
            ..update(seq)
        };
        feed.apply(Incoming::Event(anew(1)));
        feed.apply(Incoming::Event(anew(2)));
        assert_eq!(seqs(&feed), [1, 2]);
        assert!(
            feed.history().unwrap().has(anew(2).event_id.unwrap())
                && !feed.history().unwrap().has(id(2))
        );
    }

    #[test]
    fn two_reads_are_joined_without_a_hole() {
        let place = Place::of(Topic::new("t").unwrap()).at(At::Event(id(5)));
        let excerpt = Excerpt::join(place, Some(page(1..=4, true)), Some(page(5..=8, false)));
        assert_eq!(
            excerpt
                .events
                .iter()
                .map(|event| event.event_id.unwrap().seq)
                .collect::<Vec<_>>(),
            (1..=8).collect::<Vec<_>>()
        );
        assert!(excerpt.has_older && !excerpt.has_newer);
    }
}
