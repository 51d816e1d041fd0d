//! What an accepted connection shares with the accept loop, whatever protocol it speaks.

use std::sync::Arc;

use tokio::sync::watch;

use crate::budget::ConnectionPermit;

/// How many bytes a connection buffers in each direction. It bounds the head of a request, and the
/// memory of a client that does not read.
pub(crate) const BUFFER_BYTES: usize = 32 * 1024;

/// What the accept loop tells all connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Answer requests.
    Serving,
    /// Finish the request in progress, then close.
    Draining,
    /// The shutdown deadline has passed: close now.
    Over,
}

/// Counts a connection as open until it is dropped, and tells it when the server shuts down.
#[derive(Clone)]
pub(crate) struct ConnectionGuard {
    phase: watch::Receiver<Phase>,
    _permit: Arc<ConnectionPermit>,
}

impl ConnectionGuard {
    pub(crate) fn new(phase: &watch::Sender<Phase>, permit: ConnectionPermit) -> Self {
        Self {
            phase: phase.subscribe(),
            _permit: Arc::new(permit),
        }
    }

    /// Completes when the connection has to finish the request in progress and close.
    pub(crate) async fn is_draining(&mut self) {
        self.wait_until(|phase| phase != Phase::Serving).await;
    }

    /// Completes when the connection has to close at once.
    pub(crate) async fn is_over(&mut self) {
        self.wait_until(|phase| phase == Phase::Over).await;
    }

    async fn wait_until(&mut self, is_reached: impl Fn(Phase) -> bool) {
        // An error means that the accept loop is gone, which has the same consequence.
        let _ = self.phase.wait_for(|phase| is_reached(*phase)).await;
    }
}
