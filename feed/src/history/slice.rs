//! Slices: parts of a history, as they are read from the log.

use pulseboard_contract::{Event, api::HistoryPage};
use serde::{Deserialize, Serialize};

use super::{Anchor, HistoryAddress};

/// A part of a history without holes, as it was read from the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistorySlice {
    /// The address that it answers.
    pub address: HistoryAddress,
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether the log has older ones.
    pub has_older: bool,
    /// Whether the log has newer ones. If it has none, the slice continues with the stream.
    pub has_newer: bool,
}

/// The events that a query of the log returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether the log has more in the direction of the query.
    pub has_more: bool,
}

impl From<HistoryPage> for EventPage {
    /// Puts the events into one order, whichever direction the query had.
    fn from(HistoryPage { mut events, next }: HistoryPage) -> Self {
        let seq = |event: Option<&Event>| event.and_then(|event| event.event_id).map(|id| id.seq);
        if seq(events.first()) > seq(events.last()) {
            events.reverse();
        }
        Self {
            events,
            has_more: next.is_some(),
        }
    }
}

impl HistorySlice {
    /// Joins the answers to the two queries of a [`HistoryAddress`].
    pub fn join(
        address: HistoryAddress,
        older: Option<EventPage>,
        newer: Option<EventPage>,
    ) -> Self {
        let has_older = older.as_ref().is_none_or(|page| page.has_more);
        let is_before = matches!(address.anchor, Anchor::Before(_));
        let has_newer = newer.as_ref().map_or(is_before, |page| page.has_more);
        let mut events = older.unwrap_or_default().events;
        events.extend(newer.unwrap_or_default().events);
        Self {
            address,
            events,
            has_older,
            has_newer,
        }
    }
}
