//! The filter over what is stored: the server finds topics and types, the page looks into the data,
//! a page of the log at a time, up to a budget.

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::{Epoch, Event, EventId, Timestamp};

use super::{
    filter::Filter,
    range::{Bounds, Halving, Range},
};
use crate::{
    clock::{Clock, use_clock},
    live::use_live,
    platform,
};
use pulseboard_feed::{Feed, Recent, Ring};

/// Events asked for at a time: what is read of them between two frames should not be felt.
const PAGE: usize = 400;
/// Events looked through before one is asked whether to go on.
const BUDGET: u64 = 20_000;
/// Events found before one is asked whether to go on.
const ENOUGH: usize = 1_000;

/// What a search has found so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The events, in the order they were found: newest first.
    events: Ring,
    /// How many were looked through.
    pub searched: u64,
    /// The time of the oldest of them.
    pub back_to: Option<Timestamp>,
    /// Where the search goes on; none before its start and at the end of the log.
    next: Option<EventId>,
    /// The times looked for.
    bounds: Bounds,
    /// What is left of finding the place of the latest of them; none where the search begins at the
    /// newest event.
    place: Option<Halving>,
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
    /// Nothing yet of these times, in a log whose newest event is `last`, by a search that begins
    /// `now`.
    fn new(range: Range, now: i64, last: u64) -> Self {
        let bounds = range.bounds(now);
        // What ends in the time to come begins with the newest.
        let place = (bounds.end <= now).then(|| Halving::new(last));
        let state = if bounds.is_empty() {
            State::Done
        } else {
            State::Reading
        };
        Self {
            events: Ring::default(),
            searched: 0,
            back_to: None,
            next: None,
            bounds,
            place,
            state,
        }
    }

    /// Takes in a page of the log, newest first.
    fn add(&mut self, filter: &Filter, events: Vec<Event>, next: Option<EventId>) {
        // Publishers tell of some events late; a whole page of what is too early is the end.
        let is_past = !events.is_empty()
            && events
                .iter()
                .all(|event| event.time.millis() < self.bounds.start);
        for event in events {
            if !self.events.has_room() {
                self.state = State::Full;
                return;
            }
            self.searched += 1;
            self.back_to = Some(event.time);
            if self.bounds.contains(&event.time.millis()) && filter.finds(&event) {
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
            self.state = State::Done;
        }
    }

    /// What was the newest event before a sequence.
    fn probed(&mut self, probe: u64, newest: Option<&Event>) {
        let end = self.bounds.end;
        if let Some(place) = &mut self.place {
            place.answer(
                probe,
                newest.and_then(|event| Some((event.event_id?.seq, event.time.millis() >= end))),
            );
        }
    }

    /// Begins to read where the place was found, if one was looked for.
    fn begin(&mut self, epoch: Epoch) {
        if let Some(place) = self.place.take() {
            self.next = Some(EventId {
                epoch,
                seq: place.place(),
            });
        }
    }

    fn fail(&mut self, error: &platform::http::RequestError) {
        self.state = State::Failed(error.to_string());
    }

    /// One, counted from the newest.
    pub(super) fn get(&self, index: usize) -> Option<&Recent> {
        // They were found newest first, so the first one in is the newest.
        self.events
            .from_newest((self.events.len()).checked_sub(index + 1)?)
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
    /// The time it looks at.
    pub range: RwSignal<Range>,
    feed: RwSignal<Feed>,
    clock: Clock,
    /// Which search it is: what an earlier one still reads is thrown away.
    generation: StoredValue<u64>,
}

impl Search {
    /// A search with whatever the filter is when it starts.
    pub(super) fn new(filter: Memo<Filter>, range: RwSignal<Range>) -> Self {
        let found = RwSignal::new(Found::new(Range::All, 0, 0));
        Self {
            found,
            filter,
            range,
            feed: use_live().feed,
            clock: use_clock(),
            generation: StoredValue::new(0),
        }
    }

    /// Begins at the newest event.
    pub(super) fn start(self) {
        let now = self.clock.now_untracked().millis();
        let last = self.feed.with_untracked(Feed::position).seq;
        self.found
            .set(Found::new(self.range.get_untracked(), now, last));
        if self
            .found
            .with_untracked(|found| found.state == State::Reading)
        {
            self.read();
        }
    }

    /// Goes on where it rests.
    pub(super) fn go_on(self) {
        if self
            .found
            .with_untracked(|found| matches!(found.state, State::Resting | State::Failed(_)))
        {
            self.found.update(|found| found.state = State::Reading);
            self.read();
        }
    }

    /// Goes on where it rests, unless it failed: that is tried again by hand.
    pub(super) fn go_on_by_itself(self) {
        if self
            .found
            .with_untracked(|found| found.state == State::Resting)
        {
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
        let (searched, had) = self
            .found
            .with_untracked(|found| (found.searched, found.len()));
        spawn_local(async move {
            let epoch = self.feed.with_untracked(Feed::position).epoch;
            loop {
                let probe = self
                    .found
                    .try_with_untracked(|found| found.place.as_ref().and_then(Halving::probe))
                    .flatten();
                let Some(probe) = probe else { break };
                let before = EventId { epoch, seq: probe };
                let url = format!(
                    "/api/history?order=desc&limit=1{}&before={before}",
                    filter.params()
                );
                let answer = platform::http::fetch_history(&url).await;
                if self.generation.try_get_value() != Some(generation) {
                    return;
                }
                match answer {
                    Ok((events, _)) => self
                        .found
                        .try_update(|found| found.probed(probe, events.first())),
                    Err(error) => {
                        self.found.try_update(|found| found.fail(&error));
                        return;
                    }
                };
            }
            self.found.try_update(|found| found.begin(epoch));
            loop {
                let Some(before) = self.found.try_with_untracked(|found| found.next) else {
                    return;
                };
                let mut url = format!("/api/history?order=desc&limit={PAGE}{}", filter.params());
                if let Some(before) = before {
                    url = format!("{url}&before={before}");
                }
                let answer = platform::http::fetch_history(&url).await;
                if self.generation.try_get_value() != Some(generation) {
                    return;
                }
                self.found.try_update(|found| match answer {
                    Ok((events, next)) => {
                        found.add(&filter, events, next);
                        let is_tired =
                            found.searched - searched >= BUDGET || found.len() - had >= ENOUGH;
                        if found.state == State::Reading && is_tired {
                            found.state = State::Resting;
                        }
                    }
                    Err(error) => found.fail(&error),
                });
                if self
                    .found
                    .try_with_untracked(|found| found.state != State::Reading)
                    .unwrap_or(true)
                {
                    return;
                }
            }
        });
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
    fn pages_are_looked_through_and_what_they_have_is_in_order() {
        let filter = Filter::parse("data.n>90").unwrap();
        let mut found = Found::new(Range::All, 0, 100);
        found.add(&filter, page(51..=100), event(51).event_id);
        assert_eq!(
            (found.len(), found.searched, &found.state),
            (10, 50, &State::Reading)
        );
        found.add(&filter, page(1..=50), None);
        assert_eq!(
            (found.len(), found.searched, &found.state),
            (10, 100, &State::Done)
        );
        assert_eq!(found.back_to, Timestamp::from_millis(1_000).ok());
        assert_eq!(found.get(0).map(|newest| newest.number), Some(100));
        assert_eq!(found.get(9).map(|oldest| oldest.number), Some(91));
        assert_eq!(found.get(10), None);
    }

    #[test]
    fn a_search_that_finds_more_than_the_page_keeps_ends_there() {
        let mut found = Found::new(Range::All, 0, 5_001);
        found.add(&Filter::default(), page(1..=5_001), event(1).event_id);
        assert_eq!(found.state, State::Full);
    }

    #[test]
    fn only_what_is_in_the_range_is_found_and_a_page_before_it_is_the_end() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).ok();
        let mut found = Found::new(
            Range::Between {
                from: at(50),
                to: at(80),
            },
            1_000_000,
            100,
        );
        assert!(found.place.is_some());
        found.begin(Epoch::new(7));
        found.add(&Filter::default(), page(61..=100), event(61).event_id);
        assert_eq!((found.len(), &found.state), (19, &State::Reading));
        found.add(&Filter::default(), page(41..=60), event(41).event_id);
        assert_eq!(
            (found.len(), &found.state),
            (30, &State::Reading),
            "some of the page was in it"
        );
        found.add(&Filter::default(), page(21..=40), event(21).event_id);
        assert_eq!((found.len(), &found.state), (30, &State::Done));
        assert_eq!(
            Found::new(
                Range::Between {
                    from: at(80),
                    to: at(50)
                },
                1_000_000,
                100
            )
            .state,
            State::Done
        );
        assert!(
            Found::new(Range::Last(5), 1_000_000, 100).place.is_none(),
            "it begins with the newest"
        );
    }
}
