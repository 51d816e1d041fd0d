//! A stream, before and after it has a socket of its own.

use pulseboard_hub::{SqliteLog, Subscriber};

use crate::{
    budget::StreamPermit, connection::ConnectionGuard, metrics::OpenStream, presence::PresenceGuard,
};

/// The stream of one subscriber.
pub(crate) struct Stream {
    /// Yields the bytes of the stream.
    pub(crate) subscriber: Subscriber<SqliteLog>,
    /// Dropped together with the stream.
    pub(crate) guards: StreamGuards,
}

/// Counts the stream as open until it is dropped: in presence, in the metrics and in the budget.
pub(crate) struct StreamGuards {
    _presence: PresenceGuard,
    _open: OpenStream,
    _permit: StreamPermit,
}

impl StreamGuards {
    pub(crate) fn new(presence: PresenceGuard, open: OpenStream, permit: StreamPermit) -> Self {
        Self {
            _presence: presence,
            _open: open,
            _permit: permit,
        }
    }
}

/// A stream together with its socket, which is tokio's in a task and the standard library's between
/// threads.
pub(crate) struct SocketStream<Socket> {
    pub(crate) socket: Socket,
    pub(crate) stream: Stream,
    pub(crate) connection: ConnectionGuard,
}
