//! The acknowledged events of a run, which every stream is compared with.

use std::ops::AddAssign;

use crate::delivery::EventId;

/// A checksum over pairs of event number and event id. It does not depend on their order, so the
/// checksums of several publishers can be added.
///
/// It replaces the list of pairs: two different lists have the same checksum once in 2^64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdChecksum(u64);

impl IdChecksum {
    /// Adds one pair.
    pub fn add(&mut self, n: u64, id: EventId) {
        let mut mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ id.seq.rotate_left(32);
        // The finalizer of SplitMix64, twice: every input bit affects every bit of the checksum.
        for _ in 0..2 {
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
        }
        self.0 = self.0.wrapping_add(mixed);
    }
}

impl AddAssign for IdChecksum {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

/// The events that the server acknowledged to the publishers.
#[derive(Clone, Debug, Default)]
pub struct PublishedEvents {
    /// The number of acknowledged events of each lane.
    pub lanes: Vec<u64>,
    /// The ids under which the events were acknowledged.
    pub checksum: IdChecksum,
    /// Any one of these ids; `None` if events have no ids.
    pub some_id: Option<EventId>,
}

impl PublishedEvents {
    /// Returns the number of acknowledged events.
    pub fn total(&self) -> u64 {
        self.lanes.iter().sum()
    }
}
