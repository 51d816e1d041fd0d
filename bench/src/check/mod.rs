//! The check of one stream: every published event must arrive once, in order, under the id that its
//! publisher received.
//!
//! Publishers run in parallel, and each waits for a response before it publishes again. So the
//! events of one publisher have an order, and the events of two publishers have none. The events of
//! one publisher are its lane: `n`, `n + K`, `n + 2K`, … for K publishers. A lane must be contiguous
//! from its first event to its last. Across lanes, the event ids must grow, and they must be the ids
//! of the responses.

mod published;
mod violations;

use std::collections::BTreeMap;

pub use self::{
    published::{IdChecksum, PublishedEvents},
    violations::Violations,
};
use crate::{
    delivery::{BlockId, Delivery, EventId},
    payload::Payload,
};

/// Checks one stream while it is read.
#[derive(Debug)]
pub struct Checker {
    lanes: Box<[Lane]>,
    /// Every event of the run has a number below this.
    planned: u64,
    /// Whether events have the ids that their publishers received.
    ids: bool,
    ready: bool,
    last: Option<EventId>,
    checksum: IdChecksum,
    delivered: u64,
    violations: Violations,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    /// The next expected index in the lane.
    next: u64,
    /// Ranges of skipped indexes, from the first to one past the last. Empty while nothing is wrong.
    missing: BTreeMap<u64, u64>,
}

impl Checker {
    /// Creates a checker for a run of at most `planned` events by `publishers` publishers. `ids`
    /// says whether events have ids.
    pub fn new(publishers: usize, planned: u64, ids: bool) -> Self {
        Self {
            lanes: vec![Lane::default(); publishers.max(1)].into_boxed_slice(),
            planned,
            ids,
            ready: false,
            last: None,
            checksum: IdChecksum::default(),
            delivered: 0,
            violations: Violations::default(),
        }
    }

    /// Returns whether the stream is established: an event id has arrived, or any block if this
    /// server has no event ids.
    pub fn is_ready(&self) -> bool {
        self.ready && (self.last.is_some() || !self.ids)
    }

    /// Returns the number of events that arrived, including wrong ones.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Checks the next block. Returns its payload if it is an event of the run.
    pub fn take(&mut self, delivery: Delivery) -> Option<Payload> {
        self.ready = true;
        match delivery {
            Delivery::NoData(block_id) | Delivery::Other(block_id) => self.pass(block_id),
            Delivery::Gap => self.violations.gaps += 1,
            Delivery::Retry(_) => {}
            Delivery::Event(block_id, payload) => {
                self.delivered += 1;
                let id = self.advance(block_id);
                let Some(payload) = payload.filter(|payload| payload.n < self.planned) else {
                    self.violations.malformed += 1;
                    return None;
                };
                if let Some(id) = id {
                    self.checksum.add(payload.n, id);
                }
                self.record(payload.n);
                return Some(payload);
            }
        }
        None
    }

    /// Returns the violations of a stream that should be complete. `ended` says that the stream
    /// ended before the run.
    pub fn finish(mut self, published: &PublishedEvents, ended: bool) -> Violations {
        for (lane, acknowledged) in self.lanes.iter().zip(&published.lanes) {
            self.violations.malformed += lane.next.saturating_sub(*acknowledged);
            self.violations.lost += acknowledged.saturating_sub(lane.next);
            self.violations.lost += lane.missing.iter().map(|(from, to)| to - from).sum::<u64>();
        }
        self.violations.ended = u64::from(ended);
        if self.ids && self.violations.is_empty() && self.checksum != published.checksum {
            self.violations.mismatched = 1;
        }
        self.violations
    }

    /// Returns the violations of a stream that may be incomplete: only the received part is checked.
    ///
    /// A server may send `gap` to a reader that is too slow, and it may end its stream. Neither
    /// counts as a violation here.
    pub fn finish_early(self, published: &PublishedEvents) -> Violations {
        let unfinished: u64 = self
            .lanes
            .iter()
            .zip(&published.lanes)
            .map(|(lane, all)| all.saturating_sub(lane.next))
            .sum();
        let has_gap = self.violations.gaps > 0;
        let mut violations = self.finish(published, false);
        violations.lost = if has_gap {
            0
        } else {
            violations.lost.saturating_sub(unfinished)
        };
        // The checksum of a part cannot be compared with the checksum of all events.
        Violations {
            mismatched: 0,
            gaps: 0,
            ..violations
        }
    }

    /// Returns the newest event id that arrived.
    pub fn last(&self) -> Option<EventId> {
        self.last
    }

    /// Checks the id of a block that is not a stored event: it may repeat the newest id, but must
    /// not be older.
    fn pass(&mut self, block_id: BlockId) {
        if !self.ids {
            return;
        }
        match (block_id, self.last) {
            (BlockId::Absent, _) => {}
            (BlockId::Valid(id), None) => self.last = Some(id),
            (BlockId::Valid(id), Some(last)) if id.epoch == last.epoch && id.seq >= last.seq => {
                self.last = Some(id);
            }
            (BlockId::Valid(_) | BlockId::Invalid, _) => self.violations.wrong_ids += 1,
        }
    }

    /// Checks the id of an event: it must be newer than every id before.
    fn advance(&mut self, block_id: BlockId) -> Option<EventId> {
        if !self.ids {
            return None;
        }
        match (block_id, self.last) {
            (BlockId::Valid(id), None) => self.last = Some(id),
            (BlockId::Valid(id), Some(last)) if id.epoch == last.epoch && id.seq > last.seq => {
                self.last = Some(id);
            }
            (BlockId::Valid(_) | BlockId::Absent | BlockId::Invalid, _) => {
                self.violations.wrong_ids += 1;
                return None;
            }
        }
        self.last
    }

    /// Notes that event `n` arrived, and whether it is out of order.
    fn record(&mut self, n: u64) {
        let lanes = self.lanes.len() as u64;
        let (lane, index) = (n % lanes, n / lanes);
        let Some(lane) = usize::try_from(lane)
            .ok()
            .and_then(|lane| self.lanes.get_mut(lane))
        else {
            return;
        };
        if index == lane.next {
            lane.next += 1;
        } else if index > lane.next {
            lane.missing.insert(lane.next, index);
            lane.next = index + 1;
        } else if lane.remove_missing(index) {
            self.violations.reordered += 1;
        } else {
            self.violations.duplicated += 1;
        }
    }
}

impl Lane {
    /// Removes an index from the missing ones. Returns `false` if it was not missing.
    fn remove_missing(&mut self, index: u64) -> bool {
        let Some((&from, &to)) = self.missing.range(..=index).next_back() else {
            return false;
        };
        if index >= to {
            return false;
        }
        self.missing.remove(&from);
        if from < index {
            self.missing.insert(from, index);
        }
        if index + 1 < to {
            self.missing.insert(index + 1, to);
        }
        true
    }
}

#[cfg(test)]
mod tests;
