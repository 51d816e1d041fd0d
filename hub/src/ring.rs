//! The ring: the newest events in memory, in the order of the fan-out.
//!
//! Subscribers read it while they keep up. A subscriber that needs an entry which has left the ring
//! reads the log instead.

use std::{collections::VecDeque, sync::Arc};

use pulseboard_contract::EventId;

use crate::entry::Entry;

/// How much the ring holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingLimits {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

/// The newest entries. Each has an order: a number that counts everything the hub has fanned out.
pub(crate) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// The order of the oldest entry.
    start: u64,
    /// The log position before the oldest entry: the ring has every stored event after it.
    floor: EventId,
    bytes: usize,
    limits: RingLimits,
    evicted: Vec<Arc<Entry>>,
}

/// A point between two entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingPoint {
    /// The order of the next entry.
    pub(crate) order: u64,
    /// The log sequence before it.
    pub(crate) seq: u64,
}

/// The wanted entry has left the ring; the reader has to read the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Behind;

impl Ring {
    pub(crate) fn new(floor: EventId, limits: RingLimits) -> Self {
        Self {
            entries: VecDeque::new(),
            start: 0,
            floor,
            bytes: 0,
            limits,
            evicted: Vec::new(),
        }
    }

    /// Adds an entry and evicts the oldest ones beyond the limits. The newest entry always stays.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.bytes += entry.cost();
        self.entries.push_back(Arc::new(entry));
        while self.entries.len() > self.limits.entries
            || (self.bytes > self.limits.bytes && self.entries.len() > 1)
        {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.start += 1;
            self.bytes -= oldest.cost();
            self.floor = oldest.position;
            self.evicted.push(oldest);
        }
    }

    /// The entries evicted since the last call. The caller frees them after it has released the
    /// ring's lock.
    pub(crate) fn take_evicted(&mut self) -> Vec<Arc<Entry>> {
        std::mem::take(&mut self.evicted)
    }

    /// The order of the next entry to come.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.entries.len() as u64
    }

    /// The log position after the newest entry.
    pub(crate) fn position(&self) -> EventId {
        self.entries
            .back()
            .map_or(self.floor, |entry| entry.position)
    }

    /// The order of the first entry after log sequence `seq`; `None` if the ring no longer has
    /// every event after it.
    pub(crate) fn order_after(&self, seq: u64) -> Option<u64> {
        (seq >= self.floor.seq).then(|| {
            self.start
                + self
                    .entries
                    .partition_point(|entry| entry.position.seq <= seq) as u64
        })
    }

    /// Like [`order_after`](Self::order_after), but includes the entries at `seq` itself: ephemeral
    /// events and heartbeats have the position of the stored event before them.
    pub(crate) fn order_at(&self, seq: u64) -> Option<u64> {
        (seq >= self.floor.seq).then(|| {
            self.start
                + self
                    .entries
                    .partition_point(|entry| entry.position.seq < seq) as u64
        })
    }

    /// The point after the newest entry.
    pub(crate) fn tip(&self) -> RingPoint {
        RingPoint {
            order: self.end(),
            seq: self.position().seq,
        }
    }

    /// Appends up to `limit` entries from `order` on to `found`; none if `order` is the end.
    pub(crate) fn read(
        &self,
        order: u64,
        limit: usize,
        found: &mut Vec<Arc<Entry>>,
    ) -> Result<(), Behind> {
        let skip = order.checked_sub(self.start).ok_or(Behind)?;
        let skip = usize::try_from(skip)
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        found.extend(self.entries.range(skip..).take(limit).cloned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Epoch, Timestamp};

    use super::*;

    fn id(seq: u64) -> EventId {
        EventId {
            epoch: Epoch::new(1),
            seq,
        }
    }

    /// An entry at this position. The ring looks at nothing else of it.
    fn entry(seq: u64) -> Entry {
        Entry::heartbeat(Timestamp::from_millis(0).unwrap(), id(seq))
    }

    /// A ring over a log that ends at sequence 10, with entries at these positions.
    fn ring(limits: RingLimits, positions: &[u64]) -> Ring {
        let mut ring = Ring::new(id(10), limits);
        for &seq in positions {
            ring.push(entry(seq));
        }
        ring
    }

    fn read(ring: &Ring, order: u64, limit: usize) -> Result<Vec<u64>, Behind> {
        let mut found = Vec::new();
        ring.read(order, limit, &mut found)?;
        Ok(found.iter().map(|entry| entry.position.seq).collect())
    }

    fn entries(entries: usize) -> RingLimits {
        RingLimits {
            entries,
            bytes: usize::MAX,
        }
    }

    #[test]
    fn an_empty_ring_stands_where_the_log_ends() {
        let ring = ring(entries(3), &[]);
        assert_eq!((ring.end(), ring.position()), (0, id(10)));
        assert_eq!(ring.tip(), RingPoint { order: 0, seq: 10 });
        assert_eq!(read(&ring, 0, 9), Ok(vec![]));
        assert_eq!(ring.order_after(10), Some(0));
        assert_eq!(ring.order_after(9), None, "only the log has event 10");
    }

    #[test]
    fn the_oldest_entries_leave_beyond_the_limit_and_orders_go_on_counting() {
        let mut ring = ring(entries(3), &[11, 12, 13, 14, 15]);
        assert_eq!((ring.end(), ring.position()), (5, id(15)));
        assert_eq!(read(&ring, 2, 9), Ok(vec![13, 14, 15]));
        assert_eq!(read(&ring, 1, 9), Err(Behind));
        let evicted: Vec<_> = ring
            .take_evicted()
            .iter()
            .map(|entry| entry.position.seq)
            .collect();
        assert_eq!(evicted, [11, 12]);
        assert!(ring.take_evicted().is_empty(), "they are handed out once");
    }

    #[test]
    fn bytes_are_a_limit_too_but_the_newest_entry_stays() {
        let cost = entry(1).cost();
        let limits = |bytes| RingLimits {
            entries: usize::MAX,
            bytes,
        };
        let two = ring(limits(2 * cost), &[11, 12, 13]);
        assert_eq!(read(&two, 1, 9), Ok(vec![12, 13]));
        let none = ring(limits(1), &[11, 12]);
        assert_eq!(read(&none, 1, 9), Ok(vec![12]));
    }

    #[test]
    fn a_read_takes_no_more_than_its_limit_and_nothing_at_the_end() {
        let ring = ring(entries(9), &[11, 12, 13]);
        assert_eq!(read(&ring, 0, 2), Ok(vec![11, 12]));
        assert_eq!(read(&ring, 2, 2), Ok(vec![13]));
        assert_eq!(read(&ring, 3, 2), Ok(vec![]));
    }

    #[test]
    fn a_position_leads_to_the_next_entry_as_long_as_no_event_after_it_has_left() {
        // Positions 12 and 14 repeat: the second entry is ephemeral or a heartbeat.
        let ring = ring(entries(5), &[11, 12, 12, 13, 14, 14]);
        assert_eq!(ring.order_after(10), None, "event 11 has left");
        assert_eq!(ring.order_after(11), Some(1));
        assert_eq!(ring.order_after(12), Some(3));
        assert_eq!(ring.order_after(14), Some(6));
        assert_eq!(ring.order_at(12), Some(1), "with the entries at 12");
        assert_eq!(ring.order_at(14), Some(4));
        assert_eq!(ring.order_at(15), Some(6));
    }
}
