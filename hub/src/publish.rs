//! The result of a publish, and the requests that handles send to the writer.

use pulseboard_contract::EventId;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::log::{LogError, NewEvent};

/// The result of publishing one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The event's id; `None` for an ephemeral event.
    pub event_id: Option<EventId>,
    /// Whether the log already had the event, so that this publish stored and sent nothing.
    pub is_duplicate: bool,
}

/// The event was not published.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The hub is shutting down.
    #[error("the hub is shutting down")]
    Closed,
    /// The log rejected the event.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A request to the writer.
pub(crate) enum Request {
    Publish(Publish),
    /// Check whether the log accepts appends.
    Check(oneshot::Sender<Result<(), LogError>>),
    /// Look whether maintenance is due.
    Wake,
    /// Accept no more requests; end once the queue is written.
    Close,
}

/// A publish on its way to the log.
pub(crate) struct Publish {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Result<Vec<Published>, PublishError>>,
    /// Its share of the queue's memory, released when the publish is done.
    pub(crate) _queue_share: OwnedSemaphorePermit,
}
