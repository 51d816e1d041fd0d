//! The load of a run: the number of events, their size, and the number of publishers.

/// The events of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// The number of connections that publish in parallel.
    pub publishers: usize,
    /// The maximum number of events.
    pub planned: u64,
    /// The length of a payload in bytes.
    pub bytes: usize,
}
