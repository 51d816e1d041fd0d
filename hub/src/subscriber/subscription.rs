//! What a stream carries and where it starts.

use pulseboard_contract::{EventId, Framing};

use crate::filter::Filter;

/// Where a stream starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the next published event.
    Now,
    /// With the oldest event of the log.
    Beginning,
    /// After this event: the stream replays what was published since.
    After(EventId),
}

/// What a stream carries.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Which events.
    pub filter: Filter,
    /// How events are written on the stream.
    pub framing: Framing,
    /// Where the stream starts.
    pub start: Start,
    /// Whether to send only the newest event of each topic among those that are sent together. For
    /// streams that show the current state.
    pub conflate: bool,
    /// How long the browser waits before it reconnects. The caller picks it at random, so that not
    /// all browsers reconnect at once.
    pub retry_millis: Option<u64>,
}

impl Subscription {
    /// A stream without a retry hint, and with every event.
    pub fn new(filter: Filter, framing: Framing, start: Start) -> Self {
        Self {
            filter,
            framing,
            start,
            conflate: false,
            retry_millis: None,
        }
    }
}
