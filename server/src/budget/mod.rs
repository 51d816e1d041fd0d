//! How many connections and streams there may be, so that file descriptors never run out.
//!
//! The process needs some descriptors itself: for the log, its readers, the listener and files. All
//! others are for connections. Streams stay and requests come and go, so streams may not use all
//! connections: a server that is full of streams still accepts events and answers health checks.

mod limits;
pub(crate) mod tally;

use std::{sync::Arc, time::Instant};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use self::limits::{BudgetError, descriptor_limit, raise_descriptor_limit};
use self::{limits::Limits, tally::Tally};

/// How many connections are refused at a time. More wait in the backlog of the listener.
const REFUSALS: usize = 8;
/// Connections are scarce if fewer than this are left, or if half of those reserved for requests
/// are in use.
const PLENTY: usize = 500;

/// The connections and streams that are left. Cheap to clone; all clones share them.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Inner>);

struct Inner {
    connections: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    /// Connections are scarce if fewer than this are left.
    scarce_below: usize,
    /// The limit of streams, for the log.
    max_streams: usize,
    open: Gauge,
    connections_refused: Counter,
    streams_refused: Counter,
    connections_tally: Tally,
    streams_tally: Tally,
}

/// The right to have one stream open, until it is dropped.
pub(crate) struct StreamPermit {
    _permit: OwnedSemaphorePermit,
}

/// The right to have one connection open, until it is dropped.
pub(crate) struct ConnectionPermit {
    _permit: OwnedSemaphorePermit,
    open: Gauge,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.open.dec();
    }
}

/// The decision about a connection that was accepted.
pub(crate) enum Admission {
    /// Serve it.
    Admitted(ConnectionPermit),
    /// Refuse it. The permit limits how many are refused at a time.
    Refused(OwnedSemaphorePermit),
}

impl Budget {
    /// The budget for this many file descriptors. `max_streams` lowers the number of streams.
    ///
    /// # Errors
    ///
    /// If there are too few descriptors, or too few for `max_streams`.
    pub(crate) fn new(descriptors: u64, max_streams: Option<u32>) -> Result<Self, BudgetError> {
        let Limits {
            connections,
            streams,
        } = Limits::new(descriptors, max_streams)?;
        Ok(Self(Arc::new(Inner {
            connections: Arc::new(Semaphore::new(connections)),
            streams: Arc::new(Semaphore::new(streams)),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            scarce_below: (connections.saturating_sub(streams) / 2).min(PLENTY),
            max_streams: streams,
            open: Gauge::default(),
            connections_refused: Counter::default(),
            streams_refused: Counter::default(),
            connections_tally: Tally::default(),
            streams_tally: Tally::default(),
        })))
    }

    /// Adds the metrics of connections and refusals.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Open connections", self.0.open.clone());
        registry.register(
            "connections_refused",
            "Connections refused because the server was full",
            self.0.connections_refused.clone(),
        );
        registry.register(
            "streams_refused",
            "Streams refused because the server was full",
            self.0.streams_refused.clone(),
        );
    }

    /// A permit for one more stream; `None` if there are as many as there may be.
    pub(crate) fn stream(&self) -> Option<StreamPermit> {
        let permit = self.0.streams.clone().try_acquire_owned().ok();
        if permit.is_none() {
            self.0.streams_refused.inc();
            if let Some(refused) = self.0.streams_tally.count(Instant::now()) {
                tracing::warn!(
                    refused,
                    limit = self.0.max_streams,
                    "streams were refused because the server is full"
                );
            }
        }
        permit.map(|permit| StreamPermit { _permit: permit })
    }

    /// Whether so few connections are left that none should stay open without a request.
    pub(crate) fn is_scarce(&self) -> bool {
        self.0.connections.available_permits() < self.0.scarce_below
    }

    /// Waits until a connection can be admitted or refused. A free connection has priority.
    pub(crate) async fn admit(&self) -> Admission {
        let Inner {
            connections,
            refusals,
            open,
            ..
        } = &*self.0;
        let refusal = tokio::select! {
            biased;
            Ok(permit) = connections.clone().acquire_owned() => {
                open.inc();
                return Admission::Admitted(ConnectionPermit { _permit: permit, open: open.clone() });
            }
            Ok(permit) = refusals.clone().acquire_owned() => permit,
            else => unreachable!("the semaphores are never closed"),
        };
        self.0.connections_refused.inc();
        if let Some(refused) = self.0.connections_tally.count(Instant::now()) {
            tracing::warn!(
                refused,
                "connections were refused because the server is full"
            );
        }
        Admission::Refused(refusal)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_becomes_free_is_preferred_to_a_refusal() {
        let budget = Budget::new(128, None).unwrap();
        let mut permits = Vec::new();
        for _ in 0..64 {
            let Admission::Admitted(permit) = budget.admit().await else {
                unreachable!("there is room")
            };
            permits.push(permit);
        }
        assert!(budget.is_scarce());
        let mut refusals = Vec::new();
        for _ in 0..REFUSALS {
            let Admission::Refused(refusal) = budget.admit().await else {
                unreachable!("there is no room")
            };
            refusals.push(refusal);
        }
        let mut waiting = std::pin::pin!(budget.admit());
        assert!(
            futures_util::FutureExt::now_or_never(waiting.as_mut()).is_none(),
            "no more are refused at a time"
        );
        permits.pop();
        assert!(matches!(waiting.await, Admission::Admitted(_)));
        assert_eq!(
            (budget.0.open.get(), budget.0.connections_refused.get()),
            (63, 8)
        );
    }
}
