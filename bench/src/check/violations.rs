//! The counts of wrong content in streams.

use std::ops::AddAssign;

/// How often streams broke each rule. All counts are zero after a correct run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    /// Events that were acknowledged and never delivered.
    pub lost: u64,
    /// Events that were delivered again.
    pub duplicated: u64,
    /// Events that were delivered after a later event of the same publisher.
    pub reordered: u64,
    /// Events whose data differs from the published data, or that were never acknowledged.
    pub malformed: u64,
    /// Ids that are missing, invalid, of another epoch, or not greater than the id before.
    pub wrong_ids: u64,
    /// Streams that delivered every event once, but under other ids than the publishers received.
    pub mismatched: u64,
    /// `gap` events: the server reports that history was lost.
    pub gaps: u64,
    /// Streams that ended or broke before the run was over.
    pub ended: u64,
}

impl Violations {
    /// Returns whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Violations {
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
