//! The live events that match the filter. Each arriving event is tested once. Pure.

use super::filter::Filter;
use pulseboard_feed::{Feed, Recent, Ring};

/// The matching events so far. The memory is bounded, the counts are complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    filter: Filter,
    matches: Ring,
    total: u64,
    /// The number of the newest event tested.
    tested: u64,
    /// Events that left the page untested, because more arrived at once than the page holds.
    untested: u64,
}

impl Tail {
    /// Starts before the oldest event on the page.
    pub(super) fn new(filter: Filter) -> Self {
        Self {
            filter,
            ..Self::default()
        }
    }

    /// The filter.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Tests the events that arrived since the last call. Returns whether any matches.
    pub(super) fn follow(&mut self, feed: &Feed) -> bool {
        let before = self.total;
        // The newest events come first, and usually only a few of them are new.
        let fresh = feed
            .recent()
            .take_while(|recent| recent.number > self.tested)
            .count();
        let mut reached = self.tested;
        for recent in feed.recent().take(fresh).rev() {
            if reached + 1 < recent.number && reached > 0 {
                self.untested += recent.number - reached - 1;
            }
            reached = recent.number;
            if self.filter.matches(&recent.event) {
                self.total += 1;
                self.matches.push(recent.clone());
            }
        }
        self.tested = reached;
        self.total != before
    }

    /// The matching events that are still on the page.
    pub(super) fn matches(&self) -> &Ring {
        &self.matches
    }

    /// The number of matching events so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The number of events that are no longer on the page and matched, or may have matched.
    pub(super) fn dropped(&self) -> u64 {
        self.matches.dropped() + self.untested
    }

    /// The matching events, newest first.
    pub(super) fn newest_first(&self) -> Vec<Recent> {
        self.matches.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{
        Attributes, Epoch, Event, EventId, Json, Timestamp, Topic, TypeName,
    };

    use super::*;
    use pulseboard_feed::Incoming;
    use pulseboard_feed::Snapshot;

    fn feed() -> Feed {
        Feed::from_snapshot(&Snapshot {
            now: Timestamp::from_millis(0).unwrap(),
            position: EventId {
                epoch: Epoch::new(7),
                seq: 0,
            },
            events: Vec::new(),
            presence: Vec::new(),
            history: None,
            topics: Vec::new(),
        })
    }

    fn publish(feed: &mut Feed, seqs: std::ops::RangeInclusive<u64>) {
        for seq in seqs {
            feed.apply(Incoming::Event(Event {
                event_id: Some(EventId {
                    epoch: Epoch::new(7),
                    seq,
                }),
                id: seq.to_string(),
                source: "/test".into(),
                event_type: TypeName::new(if seq % 2 == 0 { "even" } else { "odd" }).unwrap(),
                topic: Topic::new("numbers").unwrap(),
                time: Timestamp::from_millis(0).unwrap(),
                expires: None,
                attributes: Attributes::default(),
                data: Json::of(&seq).unwrap(),
            }));
        }
    }

    #[test]
    fn every_event_is_tested_once_however_many_arrive_together() {
        let mut feed = feed();
        let mut tail = Tail::new(Filter::parse("type:even").unwrap());
        for step in [1..=10, 11..=11, 12..=40] {
            publish(&mut feed, step);
            tail.follow(&feed);
            assert!(!tail.follow(&feed), "no event has arrived since");
        }
        assert_eq!(
            (tail.total(), tail.matches().len(), tail.dropped()),
            (20, 20, 0)
        );
        assert_eq!(tail.newest_first()[0].event.data.as_str(), "40");
    }

    #[test]
    fn events_that_left_the_page_untested_are_counted() {
        let mut feed = feed();
        let mut tail = Tail::new(Filter::default());
        publish(&mut feed, 1..=10);
        tail.follow(&feed);
        publish(&mut feed, 11..=12_000);
        tail.follow(&feed);
        assert_eq!(tail.total() + tail.untested, 12_000);
        assert_eq!(tail.dropped() + tail.matches().len() as u64, 12_000);
    }
}
