//! How many connections and streams there may be, so that there is always a file descriptor for
//! what matters more.
//!
//! Of the descriptors the process may have, some are its own: the log, its readers, the listener,
//! files it looks into. The others are connections. A part of these is never given to streams,
//! which stay, but kept for requests, which come and go: a board that is full still takes events
//! and tells its health.

use std::{sync::Arc, time::Instant};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::tally::Tally;

/// Descriptors of the process itself. Under load, with its log on disk, it was seen to have 25 that
/// are no connections. There is room for more readers of the log, two each, and for the connections
/// that are told that there is no room.
const OWN: u64 = 64;
/// The fewest connections that are kept from streams, and the fewest streams worth serving.
const FEWEST: u64 = 32;
/// No more descriptors than this are kept from streams, the process's own included.
const MOST_KEPT: u64 = 1_000;
/// Where there is no limit of descriptors, memory ends first.
const UNLIMITED: u64 = 1 << 20;
/// How many connections are told at a time that there is no room. More wait in the backlog of the
/// listener.
const REFUSALS: usize = 8;
/// Connections are scarce when half of what is kept from streams is in use, but not when more than
/// this is left.
const PLENTY: usize = 500;

/// Raises the limit of file descriptors as far as this process may, and returns it.
pub fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Some systems refuse a limit that is no number. Then it stays as it is.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            },
        );
    }
    descriptor_limit()
}

/// How many file descriptors this process may have.
pub fn descriptor_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(UNLIMITED)
}

/// How many of each there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    connections: usize,
    streams: usize,
}

/// There cannot be a budget.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// Hardly a stream would fit.
    #[error(
        "a limit of {descriptors} file descriptors is too low, at least {least} are needed; raise it with `ulimit -n {least}`"
    )]
    TooFewDescriptors {
        /// How many there may be.
        descriptors: u64,
        /// How many are needed.
        least: u64,
    },
    /// More streams are asked for than there can be.
    #[error(
        "--max-streams {wanted} is more than the {most} streams that the limit of {descriptors} file descriptors allows; \
         raise that with `ulimit -n`"
    )]
    TooManyStreams {
        /// How many are asked for.
        wanted: u32,
        /// How many there can be.
        most: usize,
        /// How many descriptors there may be.
        descriptors: u64,
    },
}

impl Limits {
    fn of(descriptors: u64, wanted: Option<u32>) -> Result<Self, BudgetError> {
        let least = OWN + 2 * FEWEST;
        if descriptors < least {
            return Err(BudgetError::TooFewDescriptors { descriptors, least });
        }
        let usable = descriptors.min(UNLIMITED);
        let kept = (usable / 20).clamp(OWN + FEWEST, MOST_KEPT);
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (connections, most) = (count(usable - OWN), count(usable - kept));
        match wanted {
            Some(wanted) => match usize::try_from(wanted) {
                Ok(streams) if streams <= most => Ok(Self {
                    connections,
                    streams,
                }),
                Ok(_) | Err(_) => Err(BudgetError::TooManyStreams {
                    wanted,
                    most,
                    descriptors,
                }),
            },
            None => Ok(Self {
                connections,
                streams: most,
            }),
        }
    }
}

/// What is left to give away. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Shared>);

struct Shared {
    connections: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    /// With fewer connections left than this they are scarce.
    scarce_below: usize,
    /// Of streams, for the log.
    most_streams: usize,
    open: Gauge,
    connections_refused: Counter,
    streams_refused: Counter,
    connections_tally: Tally,
    streams_tally: Tally,
}

/// A stream's place. Dropping it gives the place to another.
pub(crate) struct StreamPermit {
    _place: OwnedSemaphorePermit,
}

/// A connection's place. Dropping it gives the place to another.
pub(super) struct ConnectionPermit {
    _place: OwnedSemaphorePermit,
    open: Gauge,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.open.dec();
    }
}

/// What becomes of a connection that was accepted.
pub(super) enum Admission {
    /// There is room.
    Admitted(ConnectionPermit),
    /// There is none, and it is this connection's turn to be told.
    Refused(OwnedSemaphorePermit),
}

impl Budget {
    /// A budget for this many file descriptors, with fewer streams than they allow if fewer are
    /// wanted.
    pub(crate) fn new(descriptors: u64, max_streams: Option<u32>) -> Result<Self, BudgetError> {
        let Limits {
            connections,
            streams,
        } = Limits::of(descriptors, max_streams)?;
        Ok(Self(Arc::new(Shared {
            connections: Arc::new(Semaphore::new(connections)),
            streams: Arc::new(Semaphore::new(streams)),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            scarce_below: (connections.saturating_sub(streams) / 2).min(PLENTY),
            most_streams: streams,
            open: Gauge::default(),
            connections_refused: Counter::default(),
            streams_refused: Counter::default(),
            connections_tally: Tally::default(),
            streams_tally: Tally::default(),
        })))
    }

    /// Adds what is measured here to the server's measures.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let Shared {
            open,
            connections_refused,
            streams_refused,
            ..
        } = &*self.0;
        registry.register("connections", "Connections open now", open.clone());
        registry.register(
            "connections_refused",
            "Connections for which there was no room",
            connections_refused.clone(),
        );
        registry.register(
            "streams_refused",
            "Streams for which there was no room",
            streams_refused.clone(),
        );
    }

    /// A place for one more stream, if there is one; it is the stream's until the permit is
    /// dropped.
    pub(crate) fn stream(&self) -> Option<StreamPermit> {
        let place = self.0.streams.clone().try_acquire_owned().ok();
        if place.is_none() {
            self.0.streams_refused.inc();
            if let Some(refused) = self.0.streams_tally.count(Instant::now()) {
                tracing::warn!(
                    refused,
                    limit = self.0.most_streams,
                    "there was no room for streams"
                );
            }
        }
        place.map(|place| StreamPermit { _place: place })
    }

    /// Whether so few connections are left that none should be kept idle.
    pub(crate) fn is_scarce(&self) -> bool {
        self.0.connections.available_permits() < self.0.scarce_below
    }

    /// Waits for a place, or for a turn to be told that there is none: whichever comes first.
    pub(super) async fn admit(&self) -> Admission {
        let Shared {
            connections,
            refusals,
            open,
            ..
        } = &*self.0;
        let turn = tokio::select! {
            biased;
            Ok(place) = connections.clone().acquire_owned() => {
                open.inc();
                return Admission::Admitted(ConnectionPermit { _place: place, open: open.clone() });
            }
            Ok(turn) = refusals.clone().acquire_owned() => turn,
            else => unreachable!("the semaphores are never closed"),
        };
        self.0.connections_refused.inc();
        if let Some(refused) = self.0.connections_tally.count(Instant::now()) {
            tracing::warn!(refused, "there was no room for connections");
        }
        Admission::Refused(turn)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn streams_leave_room_for_requests_and_both_for_the_process_itself() {
        let limits = |descriptors| {
            Limits::of(descriptors, None).map(|limits| (limits.connections, limits.streams))
        };
        assert_eq!(limits(20_000), Ok((19_936, 19_000)));
        assert_eq!(limits(256), Ok((192, 160)));
        assert_eq!(limits(1_024), Ok((960, 928)));
        assert_eq!(limits(128), Ok((64, 32)));
        assert_eq!(
            limits(127),
            Err(BudgetError::TooFewDescriptors {
                descriptors: 127,
                least: 128
            })
        );
        assert_eq!(limits(u64::MAX), limits(UNLIMITED));
    }

    #[test]
    fn fewer_streams_may_be_wanted_but_not_more() {
        let streams = |wanted| Limits::of(256, Some(wanted)).map(|limits| limits.streams);
        assert_eq!((streams(1), streams(160)), (Ok(1), Ok(160)));
        let error = streams(161).unwrap_err();
        assert_eq!(
            error,
            BudgetError::TooManyStreams {
                wanted: 161,
                most: 160,
                descriptors: 256
            }
        );
    }

    #[tokio::test]
    async fn a_place_that_becomes_free_beats_a_turn_to_be_refused() {
        let budget = Budget::new(128, None).unwrap();
        let mut places = Vec::new();
        for _ in 0..64 {
            let Admission::Admitted(place) = budget.admit().await else {
                unreachable!("there is room")
            };
            places.push(place);
        }
        assert!(budget.is_scarce());
        let mut turns = Vec::new();
        for _ in 0..REFUSALS {
            let Admission::Refused(turn) = budget.admit().await else {
                unreachable!("there is no room")
            };
            turns.push(turn);
        }
        let mut waiting = std::pin::pin!(budget.admit());
        assert!(
            futures_util::FutureExt::now_or_never(waiting.as_mut()).is_none(),
            "all turns are taken"
        );
        places.pop();
        assert!(matches!(waiting.await, Admission::Admitted(_)));
        assert_eq!(
            (budget.0.open.get(), budget.0.connections_refused.get()),
            (63, 8)
        );
    }
}
