//! What a search has found. Pure.

use pulseboard_contract::{Epoch, Event, EventId, Timestamp};

use super::{
    super::{
        filter::Filter,
        time_range::{Bounds, TimeRange},
    },
    bisection::Bisection,
};
use crate::platform::http::RequestError;
use pulseboard_feed::{Recent, Ring};

/// The events that a search has found so far.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::pages::inspector) struct SearchResults {
    /// The matching events in the order of the search, newest first.
    events: Ring,
    /// The number of events searched.
    pub searched: u64,
    /// The time of the oldest event searched.
    pub back_to: Option<Timestamp>,
    /// The next page starts before this event. `None` before the first page and after the last.
    pub(super) next: Option<EventId>,
    /// The event times to find.
    bounds: Bounds,
    /// Finds where in the log the range ends. `None` when the search starts at the newest event.
    pub(super) bisection: Option<Bisection>,
    /// What the search is doing.
    pub state: SearchState,
}

/// What a search is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::pages::inspector) enum SearchState {
    /// It reads pages.
    #[default]
    Running,
    /// It has used its budget, or the reader stopped it.
    Paused,
    /// It has searched the whole range.
    Complete,
    /// It has found as many events as the page can hold.
    Full,
    /// A request failed, for this reason.
    Failed(String),
}

impl SearchResults {
    /// No results yet. `now` is the current time, `last` the sequence of the newest event in the log.
    pub(super) fn new(range: TimeRange, now: i64, last: u64) -> Self {
        let bounds = range.bounds(now);
        // A range that includes the current time starts at the newest event.
        let bisection = (bounds.end <= now).then(|| Bisection::new(last));
        let state = if bounds.is_empty() {
            SearchState::Complete
        } else {
            SearchState::Running
        };
        Self {
            events: Ring::default(),
            searched: 0,
            back_to: None,
            next: None,
            bounds,
            bisection,
            state,
        }
    }

    /// Adds a page of the log, newest first.
    pub(super) fn add_page(&mut self, filter: &Filter, events: Vec<Event>, next: Option<EventId>) {
        // Some events are published late, so only a whole page before the range ends the search.
        let is_past = !events.is_empty()
            && events
                .iter()
                .all(|event| event.time.millis() < self.bounds.start);
        for event in events {
            if !self.events.has_room() {
                self.state = SearchState::Full;
                return;
            }
            self.searched += 1;
            self.back_to = Some(event.time);
            if self.bounds.contains(&event.time.millis()) && filter.matches(&event) {
                let number = event.event_id.map_or(0, |id| id.seq);
                self.events.push(Recent {
                    number,
                    event: event.into(),
                    came: None,
                });
            }
        }
        self.next = next;
        if next.is_none() || is_past {
            self.state = SearchState::Complete;
        }
    }

    /// Takes the newest event before a probed sequence.
    pub(super) fn record_probe(&mut self, probe: u64, newest: Option<&Event>) {
        let end = self.bounds.end;
        if let Some(bisection) = &mut self.bisection {
            bisection.record(
                probe,
                newest.and_then(|event| Some((event.event_id?.seq, event.time.millis() >= end))),
            );
        }
    }

    /// Starts reading at the position that the bisection found, if there was one.
    pub(super) fn start_at_bisected_position(&mut self, epoch: Epoch) {
        if let Some(bisection) = self.bisection.take() {
            self.next = Some(EventId {
                epoch,
                seq: bisection.position(),
            });
        }
    }

    /// Ends the search with the reason for the reader.
    pub(super) fn fail(&mut self, error: &RequestError) {
        self.state = SearchState::Failed(error.to_string());
    }

    /// The event at this index, counted from the newest.
    pub(in crate::pages::inspector) fn get(&self, index: usize) -> Option<&Recent> {
        // The ring holds them in the order of the search: the first one added is the newest.
        self.events
            .from_newest((self.events.len()).checked_sub(index + 1)?)
    }

    /// The number of matching events.
    pub(in crate::pages::inspector) fn len(&self) -> usize {
        self.events.len()
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Attributes, Json, Topic, TypeName};

    use super::*;

    fn event(seq: u64) -> Event {
        Event {
            event_id: Some(EventId {
                epoch: Epoch::new(7),
                seq,
            }),
            id: seq.to_string(),
            source: "/test".into(),
            event_type: TypeName::new("x").unwrap(),
            topic: Topic::new("numbers").unwrap(),
            time: Timestamp::from_millis(i64::try_from(seq).unwrap() * 1_000).unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(&format!("{{\"n\":{seq}}}")).unwrap(),
        }
    }

    fn page(seqs: impl DoubleEndedIterator<Item = u64>) -> Vec<Event> {
        seqs.rev().map(event).collect()
    }

    #[test]
    fn pages_are_filtered_and_the_matches_stay_in_order() {
        let filter = Filter::parse("data.n>90").unwrap();
        let mut results = SearchResults::new(TimeRange::All, 0, 100);
        results.add_page(&filter, page(51..=100), event(51).event_id);
        assert_eq!(
            (results.len(), results.searched, &results.state),
            (10, 50, &SearchState::Running)
        );
        results.add_page(&filter, page(1..=50), None);
        assert_eq!(
            (results.len(), results.searched, &results.state),
            (10, 100, &SearchState::Complete)
        );
        assert_eq!(results.back_to, Timestamp::from_millis(1_000).ok());
        assert_eq!(results.get(0).map(|newest| newest.number), Some(100));
        assert_eq!(results.get(9).map(|oldest| oldest.number), Some(91));
        assert_eq!(results.get(10), None);
    }

    #[test]
    fn a_search_ends_when_the_page_is_full() {
        let mut results = SearchResults::new(TimeRange::All, 0, 5_001);
        results.add_page(&Filter::default(), page(1..=5_001), event(1).event_id);
        assert_eq!(results.state, SearchState::Full);
    }

    #[test]
    fn only_events_in_the_range_are_found_and_a_page_before_it_ends_the_search() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).ok();
        let mut results = SearchResults::new(
            TimeRange::Between {
                from: at(50),
                to: at(80),
            },
            1_000_000,
            100,
        );
        assert!(results.bisection.is_some());
        results.start_at_bisected_position(Epoch::new(7));
        results.add_page(&Filter::default(), page(61..=100), event(61).event_id);
        assert_eq!((results.len(), &results.state), (19, &SearchState::Running));
        results.add_page(&Filter::default(), page(41..=60), event(41).event_id);
        assert_eq!(
            (results.len(), &results.state),
            (30, &SearchState::Running),
            "part of the page is in the range"
        );
        results.add_page(&Filter::default(), page(21..=40), event(21).event_id);
        assert_eq!(
            (results.len(), &results.state),
            (30, &SearchState::Complete)
        );
        assert_eq!(
            SearchResults::new(
                TimeRange::Between {
                    from: at(80),
                    to: at(50)
                },
                1_000_000,
                100
            )
            .state,
            SearchState::Complete
        );
        assert!(
            SearchResults::new(TimeRange::Last(5), 1_000_000, 100)
                .bisection
                .is_none(),
            "the search starts at the newest event"
        );
    }
}
