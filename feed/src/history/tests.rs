//! The history while the log is read and the stream goes on.

use pulseboard_contract::{Epoch, Topic, TypeName, api::HistoryPage};

use super::*;
use crate::{
    Feed, Incoming,
    tests::{event, feed},
};

fn id(seq: u64) -> EventId {
    EventId {
        epoch: Epoch::new(7),
        seq,
    }
}

fn update(seq: u64) -> Event {
    event(seq, "t", "update", &format!(r#"{{"content":"{seq}"}}"#))
}

fn page(seqs: std::ops::RangeInclusive<u64>, has_more: bool) -> EventPage {
    EventPage {
        events: seqs.map(update).collect(),
        has_more,
    }
}

#[test]
fn a_page_is_oldest_first_in_whichever_direction_it_was_read() {
    let answered = |seqs: [u64; 3], next| {
        EventPage::from(HistoryPage {
            events: seqs.map(update).to_vec(),
            next,
        })
    };
    assert_eq!(answered([3, 4, 5], None), page(3..=5, false));
    assert_eq!(answered([5, 4, 3], Some(id(3))), page(3..=5, true));
    let nothing = HistoryPage {
        events: Vec::new(),
        next: None,
    };
    assert_eq!(EventPage::from(nothing), EventPage::default());
}

/// A page of the topic that was rendered with these events and follows the stream from the
/// last.
fn opened(
    anchor: Anchor,
    seqs: std::ops::RangeInclusive<u64>,
    has_older: bool,
    has_newer: bool,
) -> Feed {
    let mut feed = feed(vec![]);
    feed.position.seq = *seqs.end();
    let address = HistoryAddress::of(Topic::new("t").unwrap()).anchored(anchor);
    feed.open(HistorySlice {
        address,
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
    let mut feed = opened(Anchor::Newest, 1..=3, false, false);
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
    let address = HistoryAddress {
        types: vec![TypeName::new("metrics").unwrap()],
        ..HistoryAddress::of(Topic::new("t").unwrap())
    };
    feed.open(HistorySlice {
        address,
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
    let mut feed = opened(Anchor::Newest, 11..=20, true, false);
    feed.extend_older(id(11), page(6..=10, true));
    feed.extend_older(id(11), page(6..=10, true));
    feed.apply(Incoming::Event(update(21)));
    feed.extend_older(id(6), page(1..=5, false));
    assert_eq!(seqs(&feed), (1..=21).collect::<Vec<_>>());
    assert!(!feed.history().unwrap().has_older());
}

#[test]
fn elsewhere_in_the_history_what_happens_is_counted_and_waits() {
    let mut feed = opened(Anchor::Event(id(3)), 1..=5, false, true);
    feed.position.seq = 20;
    feed.apply(Incoming::Event(update(21)));
    let history = feed.history().unwrap();
    assert_eq!((history.waiting(), history.newest()), (1, Some(id(5))));
    assert!(
        history.shows(&history.address().anchored(Anchor::Event(id(4)))),
        "an event that is there needs no reading"
    );
    assert!(!history.shows(&history.address().anchored(Anchor::Newest)));
}

#[test]
fn what_came_while_the_log_was_read_is_not_missed() {
    let mut feed = opened(Anchor::Event(id(3)), 1..=5, false, true);
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
    let mut feed = opened(Anchor::After(id(1)), 2..=3, true, true);
    feed.extend_newer(id(3), page(4..=6, false));
    for seq in 4..=7 {
        feed.apply(Incoming::Event(update(seq)));
    }
    assert_eq!(seqs(&feed), (2..=7).collect::<Vec<_>>());
}

#[test]
fn more_than_the_page_remembers_in_between_is_left_to_be_read() {
    let mut feed = opened(Anchor::Event(id(3)), 1..=5, false, true);
    for seq in 6..=8_000 {
        feed.apply(Incoming::Event(update(seq)));
    }
    feed.extend_newer(id(5), page(6..=7, false));
    assert_eq!(seqs(&feed), (1..=7).collect::<Vec<_>>());
    assert!(feed.history().unwrap().has_newer(), "rather than a hole");
}

#[test]
fn memory_is_bounded_at_the_end_the_reader_goes_away_from() {
    let mut feed = opened(Anchor::Newest, 3_001..=3_050, true, false);
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
    let mut feed = opened(Anchor::Newest, 1..=9, false, false);
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
    let address = HistoryAddress::of(Topic::new("t").unwrap()).anchored(Anchor::Event(id(5)));
    let slice = HistorySlice::join(address, Some(page(1..=4, true)), Some(page(5..=8, false)));
    assert_eq!(
        slice
            .events
            .iter()
            .map(|event| event.event_id.unwrap().seq)
            .collect::<Vec<_>>(),
        (1..=8).collect::<Vec<_>>()
    );
    assert!(slice.has_older && !slice.has_newer);
}
