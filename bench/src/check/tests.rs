//! Tests of the checker with streams that have one fault each.

use super::*;

fn id(seq: u64) -> EventId {
    EventId { epoch: 7, seq }
}

fn event(n: u64, seq: u64) -> Delivery {
    Delivery::Event(BlockId::Valid(id(seq)), Some(Payload { n, sent: 0 }))
}

/// Acknowledged events: event `n` has sequence `n + 1`, for every `n` below `events`.
fn published(publishers: usize, events: u64) -> PublishedEvents {
    let mut published = PublishedEvents {
        lanes: vec![0; publishers],
        ..PublishedEvents::default()
    };
    for n in 0..events {
        published.lanes[usize::try_from(n).unwrap_or_default() % publishers] += 1;
        published.checksum.add(n, id(n + 1));
    }
    published
}

/// The violations of a stream of these blocks after a first block. One publisher published events 0
/// to 5.
fn check(blocks: impl IntoIterator<Item = Delivery>) -> Violations {
    let mut checker = Checker::new(1, 6, true);
    checker.take(Delivery::NoData(BlockId::Valid(id(0))));
    for block in blocks {
        checker.take(block);
    }
    checker.finish(&published(1, 6), false)
}

/// As [`check`], for events with these numbers, whose ids are always in order.
fn check_numbers(numbers: impl IntoIterator<Item = u64>) -> Violations {
    check((1..).zip(numbers).map(|(seq, n)| event(n, seq)))
}

#[test]
fn a_correct_stream_is_clean() {
    assert_eq!(check_numbers(0..6), Violations::default());
}

#[test]
fn a_lost_event_is_found_anywhere_in_the_stream() {
    for lost in 0..6 {
        let violations = check_numbers((0..6).filter(|n| *n != lost));
        assert_eq!(
            (violations.lost, violations.duplicated, violations.reordered),
            (1, 0, 0),
            "without {lost}"
        );
    }
    assert_eq!(check_numbers([]).lost, 6);
    assert_eq!(check_numbers([0, 5]).lost, 4);
}

#[test]
fn a_duplicate_is_found_anywhere_in_the_stream() {
    for (again, at) in (0..6).flat_map(|again| (again + 1..=6).map(move |at| (again, at))) {
        let mut numbers: Vec<_> = (0..6).collect();
        numbers.insert(usize::try_from(at).unwrap_or_default(), again);
        let violations = check_numbers(numbers);
        assert_eq!(
            (violations.lost, violations.duplicated, violations.reordered),
            (0, 1, 0),
            "{again} again at {at}"
        );
    }
}

#[test]
fn a_reordered_event_is_found_and_does_not_count_as_lost() {
    for late in 0..5 {
        let violations = check_numbers((0..6).filter(|n| *n != late).chain([late]));
        assert_eq!(
            (violations.lost, violations.duplicated, violations.reordered),
            (0, 0, 1),
            "{late} last"
        );
    }
    assert_eq!(
        check_numbers([0, 5, 3, 2, 4, 1]),
        Violations {
            reordered: 4,
            ..Violations::default()
        }
    );
    assert_eq!(
        check_numbers([0, 5, 3, 3, 4, 1]),
        Violations {
            reordered: 3,
            duplicated: 1,
            lost: 1,
            ..Violations::default()
        }
    );
}

#[test]
fn an_event_that_was_changed_or_never_acknowledged_is_malformed() {
    let broken = Delivery::Event(BlockId::Valid(id(7)), None);
    assert_eq!(
        check((0..6).map(|n| event(n, n + 1)).chain([broken])).malformed,
        1
    );
    assert_eq!(
        check((0..7).map(|n| event(n, n + 1))).malformed,
        1,
        "beyond the plan"
    );
    let mut unacknowledged = Checker::new(1, 7, true);
    (0..7).for_each(|n| _ = unacknowledged.take(event(n, n + 1)));
    assert_eq!(unacknowledged.finish(&published(1, 6), false).malformed, 1);
}

#[test]
fn ids_must_grow_within_one_epoch() {
    let other_epoch = Delivery::Event(
        BlockId::Valid(EventId { epoch: 8, seq: 6 }),
        Some(Payload { n: 5, sent: 0 }),
    );
    for last in [
        event(5, 5),
        event(5, 0),
        other_epoch,
        Delivery::Event(BlockId::Absent, Some(Payload { n: 5, sent: 0 })),
    ] {
        let violations = check((0..5).map(|n| event(n, n + 1)).chain([last]));
        assert_eq!((violations.wrong_ids, violations.lost), (1, 0), "{last:?}");
    }
}

#[test]
fn a_heartbeat_may_repeat_the_newest_id_but_not_an_older_one() {
    let events = || (0..6).map(|n| event(n, n + 1));
    assert!(check(events().chain([Delivery::Other(BlockId::Valid(id(6)))])).is_empty());
    assert_eq!(
        check(events().chain([Delivery::Other(BlockId::Valid(id(5)))])).wrong_ids,
        1
    );
    assert_eq!(
        check(events().chain([Delivery::NoData(BlockId::Invalid)])).wrong_ids,
        1
    );
}

#[test]
fn growing_ids_that_differ_from_the_acknowledged_ids_are_found() {
    assert_eq!(
        check((0..6).map(|n| event(n, n + 2))),
        Violations {
            mismatched: 1,
            ..Violations::default()
        }
    );
}

#[test]
fn events_without_ids_are_checked_by_their_numbers_alone() {
    let run = |numbers: &[u64]| {
        let mut checker = Checker::new(1, 6, false);
        assert!(!checker.is_ready());
        for n in numbers {
            checker.take(Delivery::Event(
                BlockId::Invalid,
                Some(Payload { n: *n, sent: 0 }),
            ));
        }
        assert!(checker.is_ready());
        checker.finish(&published(1, 6), false)
    };
    assert!(run(&[0, 1, 2, 3, 4, 5]).is_empty());
    assert_eq!(
        run(&[0, 1, 3, 4, 5]),
        Violations {
            lost: 1,
            ..Violations::default()
        }
    );
    assert_eq!(
        run(&[0, 1, 2, 2, 3, 4, 5]),
        Violations {
            duplicated: 1,
            ..Violations::default()
        }
    );
    assert_eq!(
        run(&[0, 2, 1, 3, 4, 5]),
        Violations {
            reordered: 1,
            ..Violations::default()
        }
    );
}

#[test]
fn a_gap_and_an_early_end_are_found() {
    assert_eq!(
        check((0..6).map(|n| event(n, n + 1)).chain([Delivery::Gap])).gaps,
        1
    );
    let mut checker = Checker::new(1, 6, true);
    (0..6).for_each(|n| _ = checker.take(event(n, n + 1)));
    assert_eq!(
        checker.finish(&published(1, 6), true),
        Violations {
            ended: 1,
            ..Violations::default()
        }
    );
}

#[test]
fn events_that_a_stalled_reader_has_not_read_are_not_lost() {
    let early = |blocks: Vec<Delivery>| {
        let mut checker = Checker::new(1, 6, true);
        for block in blocks {
            checker.take(block);
        }
        checker.finish_early(&published(1, 6))
    };
    let events = |numbers: &[u64]| numbers.iter().map(|n| event(*n, n + 1)).collect::<Vec<_>>();
    assert!(early(events(&[])).is_empty());
    assert!(early(events(&[0, 1, 2])).is_empty());
    assert!(early(events(&[0, 1, 2, 3, 4, 5])).is_empty());
    assert_eq!(
        early(events(&[0, 1, 3])),
        Violations {
            lost: 1,
            ..Violations::default()
        }
    );
    assert_eq!(
        early(vec![event(0, 1), event(1, 2), event(1, 3)]),
        Violations {
            duplicated: 1,
            ..Violations::default()
        }
    );
    assert!(
        early(vec![event(0, 1), Delivery::Gap, event(4, 5)]).is_empty(),
        "the server sent a gap"
    );
}

#[test]
fn a_resumed_stream_may_repeat_its_newest_id_but_no_event() {
    let again = |blocks: [Delivery; 2]| {
        check(
            (0..3)
                .map(|n| event(n, n + 1))
                .chain(blocks)
                .chain((4..6).map(|n| event(n, n + 1))),
        )
    };
    let first = Delivery::NoData(BlockId::Valid(id(3)));
    assert!(again([first, event(3, 4)]).is_empty());
    assert_eq!(
        again([first, event(2, 3)]),
        Violations {
            duplicated: 1,
            lost: 1,
            wrong_ids: 1,
            ..Violations::default()
        }
    );
    assert_eq!(
        again([
            Delivery::NoData(BlockId::Valid(id(4))),
            Delivery::NoData(BlockId::Valid(id(4)))
        ])
        .lost,
        1
    );
    assert_eq!(again([Delivery::Gap, event(3, 4)]).gaps, 1);
}

#[test]
fn order_is_checked_within_a_publisher_and_not_between_publishers() {
    let run = |numbers: [u64; 6]| {
        let (mut checker, mut published) = (
            Checker::new(2, 6, true),
            PublishedEvents {
                lanes: vec![3, 3],
                ..PublishedEvents::default()
            },
        );
        for (seq, n) in (1..).zip(numbers) {
            published.checksum.add(n, id(seq));
            checker.take(event(n, seq));
        }
        checker.finish(&published, false)
    };
    assert!(run([1, 0, 3, 5, 2, 4]).is_empty());
    assert_eq!(
        run([1, 2, 0, 3, 5, 4]),
        Violations {
            reordered: 1,
            ..Violations::default()
        }
    );
}
