//! Opening a stream: resolves where it starts against the ring and the log.

use bytes::Bytes;
use pulseboard_contract::{EventId, Gap, Payload, sse};

use super::subscription::{Start, Subscription};
use crate::{entry::control_block, log::Log, state::HubState};

/// Where a stream starts, resolved at the moment it is opened.
pub(super) struct Opening {
    /// The log position before the stream's first event.
    pub(super) position: EventId,
    /// The gap to report first, if the requested start is not in this log.
    gap: Option<Gap>,
    /// The order of the first ring entry to send; `None` if the log has to be read first.
    pub(super) order: Option<u64>,
    /// The stream reads the log up to this sequence, whatever the ring has.
    pub(super) log_until: u64,
    /// The order of the ring's next entry.
    pub(super) opened_at: u64,
    /// The version of the last pruning that the stream need not be told of.
    pub(super) told_version: u64,
}

impl Opening {
    pub(super) fn resolve<L: Log>(state: &HubState<L>, start: Start) -> Self {
        // Read before the position: a pruning after this point has a later version, so the stream
        // will be told of it.
        let version = state.log.prune_version();
        let (now, opened_at) = state.read_ring(|ring| (ring.position(), ring.end()));
        // The log is a moment ahead of the ring, and ids it has assigned are not from the future.
        let last = now.seq.max(state.log.bounds().last);
        let (position, gap) = match start {
            Start::Now => (now, None),
            Start::Beginning => (EventId { seq: 0, ..now }, None),
            Start::After(id) if id.epoch == now.epoch && id.seq <= last => (id, None),
            // This log has not assigned the id yet, so it cannot be the log the id came from. Which
            // events the subscriber missed is unknown: continue from here.
            Start::After(id) if id.epoch == now.epoch => (now, Some(gap(id, now))),
            // The id is from another log. Every event of this log is new to the subscriber.
            Start::After(id) => {
                let before_first = EventId {
                    epoch: now.epoch,
                    seq: state.log.bounds().first - 1,
                };
                (before_first, Some(gap(id, before_first)))
            }
        };
        let told_version = match (start, &gap) {
            (Start::After(_), None) => 0,
            // A subscriber that asks for everything misses nothing, and the first gap covers what
            // has been pruned so far.
            (Start::Now | Start::Beginning | Start::After(_), _) => version,
        };
        Self {
            position,
            gap,
            order: (start == Start::Now).then_some(opened_at),
            // The ring may hold events that the log has already pruned; "everything the log has"
            // does not include them.
            log_until: if start == Start::Beginning {
                now.seq
            } else {
                0
            },
            opened_at,
            told_version,
        }
    }

    pub(super) fn has_gap(&self) -> bool {
        self.gap.is_some()
    }

    /// The bytes before the first event: the retry hint, and the position or the gap.
    pub(super) fn preface(&self, subscription: &Subscription) -> Bytes {
        let id = self.position.to_string();
        let first = sse::Block {
            id: self.gap.is_none().then_some(&id),
            retry_millis: subscription.retry_millis,
            ..Default::default()
        };
        let mut preface = first.to_string();
        if let Some(gap) = &self.gap {
            preface += &control_block(&Payload::Gap(gap.clone()), self.position);
        }
        preface.into()
    }
}

/// The gap of a cursor that this log does not know. How many events are lost is unknown.
fn gap(after: EventId, resumed_at: EventId) -> Gap {
    Gap {
        after,
        resumed_at,
        lost: None,
    }
}
