//! The live end of the list: of what arrives, the events that the filter finds, each looked at
//! once. Pure.

use super::filter::Filter;
use pulseboard_feed::{Feed, Recent, Ring};

/// What was found so far. Its memory is bounded; its counts are not.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    filter: Filter,
    found: Ring,
    total: u64,
    /// The number of the newest event looked at.
    seen: u64,
    /// Events that had left the page before they could be looked at: more came at once than it
    /// keeps.
    unseen: u64,
}

impl Tail {
    /// Begins with what the page has.
    pub(super) fn new(filter: Filter) -> Self {
        Self {
            filter,
            ..Self::default()
        }
    }

    /// What it looks for.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Looks at what has come since, and says whether anything was found.
    pub(super) fn follow(&mut self, feed: &Feed) -> bool {
        let before = self.total;
        // The newest are at the front of the walk, and usually all there is to walk.
        let fresh = feed
            .recent()
            .take_while(|recent| recent.number > self.seen)
            .count();
        let mut reached = self.seen;
        for recent in feed.recent().take(fresh).rev() {
            if reached + 1 < recent.number && reached > 0 {
                self.unseen += recent.number - reached - 1;
            }
            reached = recent.number;
            if self.filter.finds(&recent.event) {
                self.total += 1;
                self.found.push(recent.clone());
            }
        }
        self.seen = reached;
        self.total != before
    }

    /// The events found that are still here.
    pub(super) fn found(&self) -> &Ring {
        &self.found
    }

    /// How many were found in all.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many are not here any more, though they were found or may have been.
    pub(super) fn dropped(&self) -> u64 {
        self.found.dropped() + self.unseen
    }

    /// All of them, newest first.
    pub(super) fn newest_first(&self) -> Vec<Recent> {
        self.found.iter().rev().cloned().collect()
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
            excerpt: None,
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
    fn every_event_is_looked_at_once_however_they_come() {
        let mut feed = feed();
        let mut tail = Tail::new(Filter::parse("type:even").unwrap());
        for step in [1..=10, 11..=11, 12..=40] {
            publish(&mut feed, step);
            tail.follow(&feed);
            assert!(!tail.follow(&feed), "nothing has come since");
        }
        assert_eq!(
            (tail.total(), tail.found().len(), tail.dropped()),
            (20, 20, 0)
        );
        assert_eq!(tail.newest_first()[0].event.data.as_str(), "40");
    }

    #[test]
    fn what_came_and_went_between_two_looks_is_told() {
        let mut feed = feed();
        let mut tail = Tail::new(Filter::default());
        publish(&mut feed, 1..=10);
        tail.follow(&feed);
        publish(&mut feed, 11..=12_000);
        tail.follow(&feed);
        assert_eq!(tail.total() + tail.unseen, 12_000);
        assert_eq!(tail.dropped() + tail.found().len() as u64, 12_000);
    }
}
