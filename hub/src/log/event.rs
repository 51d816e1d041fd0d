//! Events on their way into the log.

use std::sync::Arc;

use pulseboard_contract::{Attributes, Event, EventId, Json, Timestamp, Topic, TypeName};

/// An event to publish. The log assigns its event id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The producer's id. Together with `source` it makes the publish idempotent: the log does not
    /// store the same pair twice.
    pub id: Option<String>,
    /// The producer, as a URI reference.
    pub source: String,
    /// The event type. Events of an ephemeral type are fanned out and not stored.
    pub event_type: TypeName,
    /// The topic.
    pub topic: Topic,
    /// When the event happened.
    pub time: Timestamp,
    /// From this time on the event is neither replayed nor in the history.
    pub expires: Option<Timestamp>,
    /// Further attributes from the producer.
    pub attributes: Attributes,
    /// The payload.
    pub data: Json,
}

impl NewEvent {
    /// Roughly how much memory the event takes.
    pub(crate) fn bytes(&self) -> usize {
        let id = self.id.as_ref().map_or(0, String::len);
        self.data.as_str().len()
            + self.attributes.weight()
            + id
            + self.source.len()
            + self.topic.as_str().len()
            + 128
    }
}

/// The result of appending one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The log has stored the event.
    Stored(Arc<Event>),
    /// The log already had an event with this `source` and `id`, under this event id.
    Duplicate(EventId),
}
