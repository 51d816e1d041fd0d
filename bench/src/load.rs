//! The load of a run: how many events, of which size, from how many publishers.

/// What is published in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// How many connections publish side by side.
    pub publishers: usize,
    /// How many events at most.
    pub planned: u64,
    /// The length of a payload.
    pub bytes: usize,
}
