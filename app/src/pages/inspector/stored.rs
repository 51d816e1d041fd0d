//! The filter over what is stored: the server finds topics and types, the page looks into the data, a page of the log at a
//! time, up to a budget.

use leptos::{prelude::*, task::spawn_local};
use pulseboard::{Event, EventId, Timestamp};

use super::filter::Filter;
use crate::{
    environment,
    feed::{Recent, Ring},
};

/// Events asked for at a time: what is read of them between two frames should not be felt.
const PAGE: usize = 400;
/// Events looked through before one is asked whether to go on.
const BUDGET: u64 = 20_000;
/// Events found before one is asked whether to go on.
const ENOUGH: usize = 1_000;

/// What a search has found so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The events, in the order they were found: newest first.
    events: Ring,
    /// How many were looked through.
    pub searched: u64,
    /// The time of the oldest of them.
    pub back_to: Option<Timestamp>,
    /// Where the search goes on; none before its start and at the end of the log.
    next: Option<EventId>,
    /// How it stands.
    pub state: State,
}

/// How a search stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// It is reading.
    #[default]
    Reading,
    /// It found enough for now, or looked through enough.
    Resting,
    /// It looked through everything.
    Done,
    /// It found more than the page keeps.
    Full,
    /// It could not read on.
    Failed(String),
}

impl Found {
    /// Takes in a page of the log, newest first.
    fn add(&mut self, filter: &Filter, events: Vec<Event>, next: Option<EventId>) {
        for event in events {
            if !self.events.has_room() {
                self.state = State::Full;
                return;
            }
            self.searched += 1;
            self.back_to = Some(event.time);
            if filter.finds(&event) {
                let number = event.event_id.map_or(0, |id| id.seq);
                self.events.push(Recent { number, event: event.into(), came: None });
            }
        }
        self.next = next;
        if next.is_none() {
            self.state = State::Done;
        }
    }

    /// One, counted from the newest.
    pub(super) fn get(&self, index: usize) -> Option<&Recent> {
        // They were found newest first, so the first one in is the newest.
        self.events.from_newest((self.events.len()).checked_sub(index + 1)?)
    }

    /// How many were found.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }
}

/// A search that can be started, and goes on when it is told to.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// What it found.
    pub found: RwSignal<Found>,
    filter: Memo<Filter>,
    /// Which search it is: what an earlier one still reads is thrown away.
    generation: StoredValue<u64>,
}

impl Search {
    /// A search with whatever the filter is when it starts.
    pub(super) fn new(filter: Memo<Filter>) -> Self {
        Self { found: RwSignal::new(Found::default()), filter, generation: StoredValue::new(0) }
    }

    /// Begins at the newest event.
    pub(super) fn start(self) {
        self.found.set(Found::default());
        self.read();
    }

    /// Goes on where it rests.
    pub(super) fn go_on(self) {
        if self.found.with_untracked(|found| matches!(found.state, State::Resting | State::Failed(_))) {
            self.found.update(|found| found.state = State::Reading);
            self.read();
        }
    }

    /// Goes on where it rests, unless it failed: that is tried again by hand.
    pub(super) fn go_on_by_itself(self) {
        if self.found.with_untracked(|found| found.state == State::Resting) {
            self.go_on();
        }
    }

    /// Stops, and keeps what it found.
    pub(super) fn stop(self) {
        self.generation.update_value(|generation| *generation += 1);
        self.found.update(|found| {
            if found.state == State::Reading {
                found.state = State::Resting;
            }
        });
    }

    fn read(self) {
        self.generation.update_value(|generation| *generation += 1);
        let generation = self.generation.get_value();
        let filter = self.filter.get_untracked();
        let (searched, had) = self.found.with_untracked(|found| (found.searched, found.len()));
        spawn_local(async move {
            loop {
                let Some(before) = self.found.try_with_untracked(|found| found.next) else { return };
                let mut url = format!("/api/history?order=desc&limit={PAGE}{}", filter.params());
                if let Some(before) = before {
                    url = format!("{url}&before={before}");
                }
                let answer = environment::fetch_history(&url).await;
                if self.generation.try_get_value() != Some(generation) {
                    return;
                }
                self.found.try_update(|found| match answer {
                    Ok((events, next)) => {
                        found.add(&filter, events, next);
                        let is_tired = found.searched - searched >= BUDGET || found.len() - had >= ENOUGH;
                        if found.state == State::Reading && is_tired {
                            found.state = State::Resting;
                        }
                    }
                    Err(environment::RequestError::Unreachable) => {
                        found.state = State::Failed("The server cannot be reached.".to_owned());
                    }
                    Err(environment::RequestError::Refused(why)) => found.state = State::Failed(why),
                });
                if self.found.try_with_untracked(|found| found.state != State::Reading).unwrap_or(true) {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use pulseboard::{Attributes, Epoch, Json, Topic, TypeName};

    use super::*;

    fn event(seq: u64) -> Event {
        Event {
            event_id: Some(EventId { epoch: Epoch::new(7), seq }),
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
    fn pages_are_looked_through_and_what_they_have_is_in_order() {
        let filter = Filter::parse("data.n>90").unwrap();
        let mut found = Found::default();
        found.add(&filter, page(51..=100), event(51).event_id);
        assert_eq!((found.len(), found.searched, &found.state), (10, 50, &State::Reading));
        found.add(&filter, page(1..=50), None);
        assert_eq!((found.len(), found.searched, &found.state), (10, 100, &State::Done));
        assert_eq!(found.back_to, Timestamp::from_millis(1_000).ok());
        assert_eq!(found.get(0).map(|newest| newest.number), Some(100));
        assert_eq!(found.get(9).map(|oldest| oldest.number), Some(91));
        assert_eq!(found.get(10), None);
    }

    #[test]
    fn a_search_that_finds_more_than_the_page_keeps_ends_there() {
        let mut found = Found::default();
        found.add(&Filter::default(), page(1..=5_001), event(1).event_id);
        assert_eq!(found.state, State::Full);
    }
}
