//! The newest events, bounded by count and by bytes: a page that stays open for weeks must not
//! grow.

use std::{collections::VecDeque, sync::Arc};

use pulseboard_contract::{Event, Timestamp};

/// Events kept.
pub(super) const MOST: usize = 5_000;
/// Bytes of events kept, whatever their count: a single event may have 64 KiB.
const BYTES: usize = 24 * 1024 * 1024;
/// What the largest event takes: 64 KiB of data, and what else may be said.
const LARGEST: usize = 128 * 1024;
/// What an event takes besides what was said in it.
const OVERHEAD: usize = 400;

/// An event and its number in the order of arrival. Ids tell stored events apart; ephemeral ones
/// need the number.
#[derive(Clone, Debug, PartialEq)]
pub struct Recent {
    /// Grows with every event that arrives.
    pub number: u64,
    /// The event.
    pub event: Arc<Event>,
    /// When it came over the stream, by the reader's clock; none for what came with the page.
    pub came: Option<Timestamp>,
}

impl Recent {
    /// Whether both are the same event, wherever they were read.
    pub fn is(&self, other: &Self) -> bool {
        match (self.event.event_id, other.event.event_id) {
            (None, None) => self.number == other.number,
            (this, that) => this == that,
        }
    }
}

/// Events in the order they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ring {
    events: VecDeque<Recent>,
    bytes: usize,
    dropped: u64,
}

impl Ring {
    /// Adds the newest, and drops the oldest where there are too many.
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

    /// Whether one more can be added without dropping another.
    pub fn has_room(&self) -> bool {
        self.events.len() < MOST && self.bytes + LARGEST <= BYTES
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Recent> + ExactSizeIterator {
        self.events.iter()
    }

    /// One, counted from the newest.
    pub fn from_newest(&self, index: usize) -> Option<&Recent> {
        self.events
            .len()
            .checked_sub(index + 1)
            .and_then(|at| self.events.get(at))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many there were that are dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether there were more.
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
