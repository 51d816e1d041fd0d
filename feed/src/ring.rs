//! The newest events, bounded by count and by bytes: a page that stays open for weeks must not
//! grow.

use std::{collections::VecDeque, sync::Arc};

use pulseboard_contract::{Event, Timestamp, limits::ENVELOPE_BYTES};

/// The most events.
pub(super) const MOST: usize = 5_000;
/// The most bytes of events, whatever their count: one event may have 64 KiB.
const BYTES: usize = 24 * 1024 * 1024;
/// At least the bytes of the largest event with its overhead.
const LARGEST: usize = ENVELOPE_BYTES + 16 * 1024;
/// The memory of an event beside what its publisher chose.
const OVERHEAD: usize = 400;

/// An event with its number in the order of arrival. Stored events differ by id; ephemeral events
/// need the number.
#[derive(Clone, Debug, PartialEq)]
pub struct Recent {
    /// Grows with every event that arrives.
    pub number: u64,
    /// The event.
    pub event: Arc<Event>,
    /// When it came over the stream, by the reader's clock; none if it came with the page.
    pub came: Option<Timestamp>,
}

impl Recent {
    /// Whether both are the same event, even if one was read from the log.
    pub fn is(&self, other: &Self) -> bool {
        match (self.event.event_id, other.event.event_id) {
            (None, None) => self.number == other.number,
            (this, that) => this == that,
        }
    }
}

/// The newest events, in the order of arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ring {
    events: VecDeque<Recent>,
    bytes: usize,
    dropped: u64,
}

impl Ring {
    /// Adds the newest event and drops the oldest ones if there are too many.
    pub fn push(&mut self, recent: Recent) {
        self.bytes += weight(&recent);
        self.events.push_back(recent);
        while self.events.len() > MOST || self.bytes > BYTES {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= weight(&oldest);
            self.dropped += 1;
        }
    }

    /// Whether one more event fits without dropping another.
    pub fn has_room(&self) -> bool {
        self.events.len() < MOST && self.bytes + LARGEST <= BYTES
    }

    /// The events, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Recent> + ExactSizeIterator {
        self.events.iter()
    }

    /// One event, counted from the newest.
    pub fn from_newest(&self, index: usize) -> Option<&Recent> {
        self.events
            .len()
            .checked_sub(index + 1)
            .and_then(|at| self.events.get(at))
    }

    /// The number of events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The number of dropped events.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether events were dropped.
    pub fn has_dropped(&self) -> bool {
        self.dropped > 0
    }
}

fn weight(recent: &Recent) -> usize {
    recent.event.weight() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::{super::tests::event, *};

    #[test]
    fn it_is_bounded_by_count_and_by_bytes() {
        let mut ring = Ring::default();
        let push = |ring: &mut Ring, number: u64, data: &str| {
            ring.push(Recent {
                number,
                event: Arc::new(event(number, "a", "x", data)),
                came: None,
            });
        };
        (1..=5_003).for_each(|number| push(&mut ring, number, "1"));
        assert_eq!((ring.len(), ring.dropped()), (MOST, 3));
        assert_eq!(ring.from_newest(0).map(|newest| newest.number), Some(5_003));
        assert_eq!(ring.iter().next().map(|oldest| oldest.number), Some(4));
        assert_eq!(ring.from_newest(MOST), None);
        let large = format!("\"{}\"", "x".repeat(60_000));
        (5_004..=6_000).for_each(|number| push(&mut ring, number, &large));
        assert!(
            ring.len() < 420 && ring.bytes <= BYTES,
            "{} events, {} bytes",
            ring.len(),
            ring.bytes
        );
    }
}
