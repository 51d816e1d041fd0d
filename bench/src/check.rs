//! The judge of one stream: is every published event there, once, in order, under the id its
//! publisher was told?
//!
//! Publishers work side by side, each waiting for its answer, so there is a certain order within
//! the events of one publisher (its lane: `n`, `n + K`, `n + 2K`, … for K publishers) but none
//! between two. A lane must be contiguous from its first event to its last; across lanes the event
//! ids must grow, and the ids must be those of the answers.

use std::{collections::BTreeMap, ops::AddAssign};

use crate::{
    delivery::{Delivery, EventId, Position},
    payload::Payload,
};

/// What was wrong, counted. All zero is a correct run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Published, acknowledged and never delivered.
    pub lost: u64,
    /// Delivered again.
    pub duplicated: u64,
    /// Delivered after a later event of the same publisher.
    pub reordered: u64,
    /// Events whose data is not what was published, or was never acknowledged.
    pub malformed: u64,
    /// Ids that are missing, broken, of another epoch, or not beyond the one before.
    pub wrong_ids: u64,
    /// Streams that got every event once, but under other ids than the publishers were told.
    pub mismatched: u64,
    /// `gap` events: the server itself says that history was lost.
    pub gaps: u64,
    /// Streams that ended or broke before the run was over.
    pub ended: u64,
}

impl Tally {
    /// Nothing was wrong.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.malformed += other.malformed;
        self.wrong_ids += other.wrong_ids;
        self.mismatched += other.mismatched;
        self.gaps += other.gaps;
        self.ended += other.ended;
    }
}

/// A sum over pairs of event and id that does not depend on their order, so that lanes can be added
/// up.
///
/// It stands for the list of pairs: two lists that differ have the same sum once in 2^64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs(u64);

impl Pairs {
    /// Adds one pair.
    pub fn add(&mut self, n: u64, id: EventId) {
        let mut mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ id.seq.rotate_left(32);
        // The finalizer of SplitMix64, twice: every bit of either half changes every bit of the
        // sum.
        for _ in 0..2 {
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
        }
        self.0 = self.0.wrapping_add(mixed);
    }
}

impl AddAssign for Pairs {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

/// What the publishers know when they are done.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// How many events of each lane were acknowledged.
    pub lanes: Vec<u64>,
    /// Which id each event was given.
    pub pairs: Pairs,
    /// One of these ids; none where events have no ids.
    pub some_id: Option<EventId>,
}

impl Published {
    /// How many events were acknowledged.
    pub fn total(&self) -> u64 {
        self.lanes.iter().sum()
    }
}

/// Judges one stream while it comes in.
#[derive(Debug)]
pub struct Checker {
    lanes: Box<[Lane]>,
    /// No event of the run has this number or a higher one.
    planned: u64,
    /// Events come under the ids their publishers were told.
    ids: bool,
    ready: bool,
    last: Option<EventId>,
    pairs: Pairs,
    delivered: u64,
    tally: Tally,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    /// The place in the lane that comes next.
    next: u64,
    /// Places that were passed over, first to one past the last. Empty as long as nothing is wrong.
    missing: BTreeMap<u64, u64>,
}

impl Checker {
    /// A judge for a run of at most `planned` events by `publishers` publishers, which have `ids`
    /// or have none.
    pub fn new(publishers: usize, planned: u64, ids: bool) -> Self {
        Self {
            lanes: vec![Lane::default(); publishers.max(1)].into_boxed_slice(),
            planned,
            ids,
            ready: false,
            last: None,
            pairs: Pairs::default(),
            delivered: 0,
            tally: Tally::default(),
        }
    }

    /// The subscription stands: a position has been seen or, where there are none, anything.
    pub fn is_ready(&self) -> bool {
        self.ready && (self.last.is_some() || !self.ids)
    }

    /// Events of the run that came, the wrong ones included.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Takes the next block and returns the payload when it is an event of the run.
    pub fn take(&mut self, delivery: Delivery) -> Option<Payload> {
        self.ready = true;
        match delivery {
            Delivery::Bare(position) | Delivery::Other(position) => self.pass(position),
            Delivery::Gap => self.tally.gaps += 1,
            Delivery::Retry(_) => {}
            Delivery::Event(position, payload) => {
                self.delivered += 1;
                let id = self.advance(position);
                let Some(payload) = payload.filter(|payload| payload.n < self.planned) else {
                    self.tally.malformed += 1;
                    return None;
                };
                if let Some(id) = id {
                    self.pairs.add(payload.n, id);
                }
                self.place(payload.n);
                return Some(payload);
            }
        }
        None
    }

    /// The verdict on the whole stream. `ended` says that the stream did not last until the end of
    /// the run.
    pub fn finish(mut self, published: &Published, ended: bool) -> Tally {
        for (lane, acknowledged) in self.lanes.iter().zip(&published.lanes) {
            self.tally.malformed += lane.next.saturating_sub(*acknowledged);
            self.tally.lost += acknowledged.saturating_sub(lane.next);
            self.tally.lost += lane.missing.iter().map(|(from, to)| to - from).sum::<u64>();
        }
        self.tally.ended = u64::from(ended);
        if self.ids && self.tally.is_clean() && self.pairs != published.pairs {
            self.tally.mismatched = 1;
        }
        self.tally
    }

    /// The verdict on a stream of which nobody says that it is whole: what came must be right, up
    /// to where it came.
    ///
    /// A `gap` told to a reader that fell behind is the server's right, as ending the stream is.
    pub fn finish_early(self, published: &Published) -> Tally {
        let unfinished: u64 = self
            .lanes
            .iter()
            .zip(&published.lanes)
            .map(|(lane, all)| all.saturating_sub(lane.next))
            .sum();
        let told = self.tally.gaps > 0;
        let mut tally = self.finish(published, false);
        tally.lost = if told {
            0
        } else {
            tally.lost.saturating_sub(unfinished)
        };
        // Ids of a part cannot be compared with the ids of all.
        Tally {
            mismatched: 0,
            gaps: 0,
            ..tally
        }
    }

    /// The last position that was seen.
    pub fn last(&self) -> Option<EventId> {
        self.last
    }

    /// A block that is no stored event may repeat the position, but not step back.
    fn pass(&mut self, position: Position) {
        if !self.ids {
            return;
        }
        match (position, self.last) {
            (Position::Absent, _) => {}
            (Position::At(id), None) => self.last = Some(id),
            (Position::At(id), Some(last)) if id.epoch == last.epoch && id.seq >= last.seq => {
                self.last = Some(id);
            }
            (Position::At(_) | Position::Broken, _) => self.tally.wrong_ids += 1,
        }
    }

    /// An event must stand beyond everything before it.
    fn advance(&mut self, position: Position) -> Option<EventId> {
        if !self.ids {
            return None;
        }
        match (position, self.last) {
            (Position::At(id), None) => self.last = Some(id),
            (Position::At(id), Some(last)) if id.epoch == last.epoch && id.seq > last.seq => {
                self.last = Some(id);
            }
            (Position::At(_) | Position::Absent | Position::Broken, _) => {
                self.tally.wrong_ids += 1;
                return None;
            }
        }
        self.last
    }

    fn place(&mut self, n: u64) {
        let lanes = self.lanes.len() as u64;
        let (lane, place) = (n % lanes, n / lanes);
        let Some(lane) = usize::try_from(lane)
            .ok()
            .and_then(|lane| self.lanes.get_mut(lane))
        else {
            return;
        };
        if place == lane.next {
            lane.next += 1;
        } else if place > lane.next {
            lane.missing.insert(lane.next, place);
            lane.next = place + 1;
        } else if lane.was_missing(place) {
            self.tally.reordered += 1;
        } else {
            self.tally.duplicated += 1;
        }
    }
}

impl Lane {
    /// Strikes a place off the missing ones; `false` when it is none of them.
    fn was_missing(&mut self, place: u64) -> bool {
        let Some((&from, &to)) = self.missing.range(..=place).next_back() else {
            return false;
        };
        if place >= to {
            return false;
        }
        self.missing.remove(&from);
        if from < place {
            self.missing.insert(from, place);
        }
        if place + 1 < to {
            self.missing.insert(place + 1, to);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(seq: u64) -> EventId {
        EventId { epoch: 7, seq }
    }

    fn event(n: u64, seq: u64) -> Delivery {
        Delivery::Event(Position::At(id(seq)), Some(Payload { n, sent: 0 }))
    }

    /// Event `n` was acknowledged as `e-(n + 1)`, for every `n` below `events`.
    fn published(publishers: usize, events: u64) -> Published {
        let mut published = Published {
            lanes: vec![0; publishers],
            ..Published::default()
        };
        for n in 0..events {
            published.lanes[usize::try_from(n).unwrap_or_default() % publishers] += 1;
            published.pairs.add(n, id(n + 1));
        }
        published
    }

    /// The verdict on a stream of these blocks, after a first block, where one publisher published
    /// 0 to 5.
    fn verdict(blocks: impl IntoIterator<Item = Delivery>) -> Tally {
        let mut checker = Checker::new(1, 6, true);
        checker.take(Delivery::Bare(Position::At(id(0))));
        for block in blocks {
            checker.take(block);
        }
        checker.finish(&published(1, 6), false)
    }

    /// As [`verdict`], of events by their numbers, under ids that are in order whatever the numbers
    /// are.
    fn of_numbers(numbers: impl IntoIterator<Item = u64>) -> Tally {
        verdict((1..).zip(numbers).map(|(seq, n)| event(n, seq)))
    }

    #[test]
    fn a_correct_stream_is_clean() {
        assert_eq!(of_numbers(0..6), Tally::default());
    }

    #[test]
    fn a_lost_event_is_noticed_wherever_it_was() {
        for lost in 0..6 {
            let tally = of_numbers((0..6).filter(|n| *n != lost));
            assert_eq!(
                (tally.lost, tally.duplicated, tally.reordered),
                (1, 0, 0),
                "without {lost}"
            );
        }
        assert_eq!(of_numbers([]).lost, 6);
        assert_eq!(of_numbers([0, 5]).lost, 4);
    }

    #[test]
    fn a_duplicate_is_noticed_wherever_it_comes() {
        for (again, at) in (0..6).flat_map(|again| (again + 1..=6).map(move |at| (again, at))) {
            let mut numbers: Vec<_> = (0..6).collect();
            numbers.insert(usize::try_from(at).unwrap_or_default(), again);
            let tally = of_numbers(numbers);
            assert_eq!(
                (tally.lost, tally.duplicated, tally.reordered),
                (0, 1, 0),
                "{again} again at {at}"
            );
        }
    }

    #[test]
    fn a_reordered_event_is_noticed_and_not_taken_for_lost() {
        for late in 0..5 {
            let tally = of_numbers((0..6).filter(|n| *n != late).chain([late]));
            assert_eq!(
                (tally.lost, tally.duplicated, tally.reordered),
                (0, 0, 1),
                "{late} last"
            );
        }
        assert_eq!(
            of_numbers([0, 5, 3, 2, 4, 1]),
            Tally {
                reordered: 4,
                ..Tally::default()
            }
        );
        assert_eq!(
            of_numbers([0, 5, 3, 3, 4, 1]),
            Tally {
                reordered: 3,
                duplicated: 1,
                lost: 1,
                ..Tally::default()
            }
        );
    }

    #[test]
    fn an_event_that_was_changed_or_never_published_is_malformed() {
        let broken = Delivery::Event(Position::At(id(7)), None);
        assert_eq!(
            verdict((0..6).map(|n| event(n, n + 1)).chain([broken])).malformed,
            1
        );
        assert_eq!(
            verdict((0..7).map(|n| event(n, n + 1))).malformed,
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
            Position::At(EventId { epoch: 8, seq: 6 }),
            Some(Payload { n: 5, sent: 0 }),
        );
        for last in [
            event(5, 5),
            event(5, 0),
            other_epoch,
            Delivery::Event(Position::Absent, Some(Payload { n: 5, sent: 0 })),
        ] {
            let tally = verdict((0..5).map(|n| event(n, n + 1)).chain([last]));
            assert_eq!((tally.wrong_ids, tally.lost), (1, 0), "{last:?}");
        }
    }

    #[test]
    fn a_heartbeat_may_repeat_the_position_but_not_step_back() {
        let events = || (0..6).map(|n| event(n, n + 1));
        assert!(verdict(events().chain([Delivery::Other(Position::At(id(6)))])).is_clean());
        assert_eq!(
            verdict(events().chain([Delivery::Other(Position::At(id(5)))])).wrong_ids,
            1
        );
        assert_eq!(
            verdict(events().chain([Delivery::Bare(Position::Broken)])).wrong_ids,
            1
        );
    }

    #[test]
    fn ids_that_grow_but_are_not_the_answered_ones_are_noticed() {
        assert_eq!(
            verdict((0..6).map(|n| event(n, n + 2))),
            Tally {
                mismatched: 1,
                ..Tally::default()
            }
        );
    }

    #[test]
    fn events_without_ids_are_judged_by_their_numbers_alone() {
        let run = |numbers: &[u64]| {
            let mut checker = Checker::new(1, 6, false);
            assert!(!checker.is_ready());
            for n in numbers {
                checker.take(Delivery::Event(
                    Position::Broken,
                    Some(Payload { n: *n, sent: 0 }),
                ));
            }
            assert!(checker.is_ready());
            checker.finish(&published(1, 6), false)
        };
        assert!(run(&[0, 1, 2, 3, 4, 5]).is_clean());
        assert_eq!(
            run(&[0, 1, 3, 4, 5]),
            Tally {
                lost: 1,
                ..Tally::default()
            }
        );
        assert_eq!(
            run(&[0, 1, 2, 2, 3, 4, 5]),
            Tally {
                duplicated: 1,
                ..Tally::default()
            }
        );
        assert_eq!(
            run(&[0, 2, 1, 3, 4, 5]),
            Tally {
                reordered: 1,
                ..Tally::default()
            }
        );
    }

    #[test]
    fn a_gap_and_an_early_end_are_noticed() {
        assert_eq!(
            verdict((0..6).map(|n| event(n, n + 1)).chain([Delivery::Gap])).gaps,
            1
        );
        let mut checker = Checker::new(1, 6, true);
        (0..6).for_each(|n| _ = checker.take(event(n, n + 1)));
        assert_eq!(
            checker.finish(&published(1, 6), true),
            Tally {
                ended: 1,
                ..Tally::default()
            }
        );
    }

    #[test]
    fn what_a_reader_that_stopped_has_not_read_is_not_lost() {
        let early = |blocks: Vec<Delivery>| {
            let mut checker = Checker::new(1, 6, true);
            for block in blocks {
                checker.take(block);
            }
            checker.finish_early(&published(1, 6))
        };
        let events = |numbers: &[u64]| numbers.iter().map(|n| event(*n, n + 1)).collect::<Vec<_>>();
        assert!(early(events(&[])).is_clean());
        assert!(early(events(&[0, 1, 2])).is_clean());
        assert!(early(events(&[0, 1, 2, 3, 4, 5])).is_clean());
        assert_eq!(
            early(events(&[0, 1, 3])),
            Tally {
                lost: 1,
                ..Tally::default()
            }
        );
        assert_eq!(
            early(vec![event(0, 1), event(1, 2), event(1, 3)]),
            Tally {
                duplicated: 1,
                ..Tally::default()
            }
        );
        assert!(
            early(vec![event(0, 1), Delivery::Gap, event(4, 5)]).is_clean(),
            "it was told"
        );
    }

    #[test]
    fn a_stream_taken_up_again_may_repeat_its_position_but_no_event() {
        let again = |blocks: [Delivery; 2]| {
            verdict(
                (0..3)
                    .map(|n| event(n, n + 1))
                    .chain(blocks)
                    .chain((4..6).map(|n| event(n, n + 1))),
            )
        };
        let first = Delivery::Bare(Position::At(id(3)));
        assert!(again([first, event(3, 4)]).is_clean());
        assert_eq!(
            again([first, event(2, 3)]),
            Tally {
                duplicated: 1,
                lost: 1,
                wrong_ids: 1,
                ..Tally::default()
            }
        );
        assert_eq!(
            again([
                Delivery::Bare(Position::At(id(4))),
                Delivery::Bare(Position::At(id(4)))
            ])
            .lost,
            1
        );
        assert_eq!(again([Delivery::Gap, event(3, 4)]).gaps, 1);
    }

    #[test]
    fn publishers_may_overtake_each_other_but_not_themselves() {
        let run = |numbers: [u64; 6]| {
            let (mut checker, mut published) = (
                Checker::new(2, 6, true),
                Published {
                    lanes: vec![3, 3],
                    ..Published::default()
                },
            );
            for (seq, n) in (1..).zip(numbers) {
                published.pairs.add(n, id(seq));
                checker.take(event(n, seq));
            }
            checker.finish(&published, false)
        };
        assert!(run([1, 0, 3, 5, 2, 4]).is_clean());
        assert_eq!(
            run([1, 2, 0, 3, 5, 4]),
            Tally {
                reordered: 1,
                ..Tally::default()
            }
        );
    }
}
