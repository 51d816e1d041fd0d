//! A subscriber: a cursor over the ring and the log that yields bytes ready to send.

mod chunk;
mod opening;
mod subscription;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use prometheus_client::metrics::gauge::Gauge;
use pulseboard_contract::{Event, EventId, Gap, Payload};
use tokio::sync::watch;

pub use self::subscription::{Start, Subscription};
use self::{chunk::Chunk, opening::Opening};
use crate::{
    conflate::keep_latest,
    entry::{Entry, control_block},
    log::{Log, Pruned},
    ring::{Behind, Ring, RingPoint},
    selection::Selection,
    state::HubState,
};

/// The most entries of one chunk. It bounds how long the ring's lock is held and how large a chunk
/// grows.
const CHUNK_ENTRIES: usize = 256;
/// A chunk of this size takes no further entry.
const CHUNK_BYTES: usize = 64 * 1024;

/// One stream. To end it, drop it.
///
/// ```
/// # use pulseboard_contract::{Epoch, Framing, Timestamp};
/// # use pulseboard_hub::{Filter, Hub, Options, Retention, SqliteLog, Start, Subscription};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = Timestamp::from_millis(0)?;
/// # let log = SqliteLog::in_memory(Epoch::new(7), Retention::default())?;
/// # let hub = Hub::start(log, Options::new(move || now))?;
/// let mut subscriber = hub.subscribe(Subscription {
///     retry_millis: Some(2_000),
///     ..Subscription::new(Filter::all(), Framing::Named, Start::Now)
/// });
/// // The first block carries the retry hint and the position of the stream.
/// assert_eq!(subscriber.next().await.as_deref(), Some(&b"retry: 2000\nid: 00000007-0\n\n"[..]));
/// hub.close();
/// assert_eq!(subscriber.next().await, None);
/// # Ok(()) }
/// ```
pub struct Subscriber<L> {
    state: Arc<HubState<L>>,
    end: watch::Receiver<u64>,
    selection: Selection,
    /// The bytes before the first event.
    preface: Option<Bytes>,
    /// The log position the stream has passed.
    position: EventId,
    /// The order of the next ring entry; `None` while the stream reads the log.
    order: Option<u64>,
    /// The stream reads the log up to this sequence, whatever the ring has.
    log_until: u64,
    /// The order of the first entry after the stream was opened. Earlier heartbeats are not sent.
    opened_at: u64,
    /// The version of the last pruning that the stream has been told of.
    told_version: u64,
    /// Held while the stream reads the log, for the metric.
    behind: Option<BehindCount>,
}

/// The next bytes of a stream that catches up.
pub enum CatchUp {
    /// These bytes, and there may be more.
    Bytes(Bytes),
    /// The stream is almost at the end: a [delivery](crate::Delivery) can serve it from memory.
    Live,
}

enum Step {
    Bytes(Bytes),
    /// The ring has few entries, or none, from this order on.
    NearEnd(u64),
}

/// What memory has for a stream.
pub(crate) enum Ready {
    /// These bytes, and there may be more.
    Bytes(Bytes),
    /// Nothing: the stream has everything up to the tip.
    CaughtUp,
    /// Nothing yet: the stream has read events from the log that the ring does not have yet.
    Ahead,
}

impl<L: Log> Subscriber<L> {
    pub(crate) fn new(state: Arc<HubState<L>>, subscription: Subscription) -> Self {
        // Subscribe before reading the position, so that no wake-up falls between the two.
        let end = state.subscribe_end();
        let opening = Opening::resolve(&state, subscription.start);
        if opening.has_gap() {
            state.metrics.gaps.inc();
        }
        Self {
            state,
            end,
            preface: Some(opening.preface(&subscription)),
            selection: Selection {
                filter: Arc::new(subscription.filter),
                framing: subscription.framing,
                conflate: subscription.conflate,
            },
            position: opening.position,
            order: opening.order,
            log_until: opening.log_until,
            opened_at: opening.opened_at,
            told_version: opening.told_version,
            behind: None,
        }
    }

    /// Sends these events to this subscriber alone, before all others: the state that ephemeral
    /// events have built up. Has no effect once the stream has been read.
    pub fn greet(&mut self, events: &[Event]) {
        let Some(preface) = self.preface.as_ref().filter(|_| !events.is_empty()) else {
            return;
        };
        let mut greeting = BytesMut::from(&preface[..]);
        for event in events {
            greeting.extend_from_slice(event.to_sse(self.selection.framing).as_bytes());
        }
        self.preface = Some(greeting.freeze());
    }

    /// The next bytes of the stream, one or more whole blocks; `None` once the hub has closed or
    /// the log cannot be read.
    ///
    /// Cancel safe: a future dropped before it is ready loses nothing.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.step(0).await? {
                Step::Bytes(bytes) => return Some(bytes),
                Step::NearEnd(order) => self.wait(order).await?,
            }
        }
    }

    /// The next bytes on the way to the newest event; `None` if the log cannot be read. Cancel safe
    /// like [`next`](Self::next).
    pub async fn catch_up(&mut self) -> Option<CatchUp> {
        Some(match self.step(CHUNK_ENTRIES as u64).await? {
            Step::Bytes(bytes) => CatchUp::Bytes(bytes),
            Step::NearEnd(_) => CatchUp::Live,
        })
    }

    /// Continues until there are bytes to send, or the ring has no more than `near` entries left.
    async fn step(&mut self, near: u64) -> Option<Step> {
        if let Some(preface) = self.preface.take() {
            return Some(Step::Bytes(preface));
        }
        loop {
            let chunk = match self.live_order() {
                Some(order) if self.state.read_ring(Ring::end) <= order + near => {
                    return Some(Step::NearEnd(order));
                }
                Some(order) => {
                    let Ok(chunk) = self.take(order, u64::MAX, CHUNK_BYTES) else {
                        self.order = None;
                        continue;
                    };
                    chunk
                }
                None => self.read_log().await?,
            };
            if let Some(bytes) = chunk.finish(&self.state.metrics) {
                return Some(Step::Bytes(bytes));
            }
        }
    }

    /// Takes the selected ring entries from `order` on and before `until`. The stream has passed
    /// them afterwards.
    fn take(&mut self, order: u64, until: u64, max_bytes: usize) -> Result<Chunk, Behind> {
        // Conflation must see all entries to know the newest of each topic.
        let limit = if self.selection.conflate {
            usize::MAX
        } else {
            max_bytes.div_ceil(CHUNK_BYTES / CHUNK_ENTRIES)
        };
        let limit = limit.min(usize::try_from(until.saturating_sub(order)).unwrap_or(usize::MAX));
        let mut entries = Vec::new();
        self.state
            .read_ring(|ring| ring.read(order, limit, &mut entries))?;
        let now = || self.state.now();
        let is_wanted = |(order, entry): &(u64, Arc<Entry>)| {
            // The log is a moment ahead of the ring: the replay may have sent this event already.
            let is_replayed = entry.is_stored() && entry.position.seq <= self.position.seq;
            let is_stale = entry.is_heartbeat() && *order < self.opened_at;
            !is_replayed
                && !is_stale
                && entry.is_for(&self.selection.filter)
                && !entry.is_expired(now)
        };
        let passed = entries.last().map(|entry| RingPoint {
            order: order + entries.len() as u64,
            seq: entry.position.seq,
        });
        let mut chunk = Chunk::default();
        // Returns where to stop once the chunk is full. Later entries wait for the next chunk.
        let mut push = |(order, entry): (u64, Arc<Entry>)| {
            chunk.push(entry.encoded(self.selection.framing).clone());
            (chunk.len() >= max_bytes).then_some(RingPoint {
                order: order + 1,
                seq: entry.position.seq,
            })
        };
        let mut wanted = (order..).zip(entries).filter(is_wanted);
        let full = if self.selection.conflate {
            let mut wanted: Vec<_> = wanted.collect();
            keep_latest(&mut wanted, |(_, entry)| entry.as_event());
            wanted.into_iter().find_map(&mut push)
        } else {
            wanted.find_map(&mut push)
        };
        if let Some(passed) = full.or(passed) {
            self.resume_at(passed);
        }
        Ok(chunk)
    }

    /// The bytes that memory has for the stream before `tip`, without waiting.
    pub(crate) fn take_ready(&mut self, tip: RingPoint, max_bytes: usize) -> Result<Ready, Behind> {
        loop {
            let order = self.order.ok_or(Behind)?;
            if order >= tip.order {
                return Ok(if self.position.seq > tip.seq {
                    Ready::Ahead
                } else {
                    Ready::CaughtUp
                });
            }
            // Entries that have left the ring have to be read from the log.
            let chunk = self
                .take(order, tip.order, max_bytes)
                .inspect_err(|_| self.order = None)?;
            if let Some(bytes) = chunk.finish(&self.state.metrics) {
                return Ok(Ready::Bytes(bytes));
            }
        }
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Replaces the selection by an equal one that other streams hold, so that they share memory.
    pub(crate) fn share_selection(&mut self, selection: &Selection) {
        self.selection = selection.clone();
    }

    /// Continues at this point: the stream has been sent everything before it.
    pub(crate) fn resume_at(&mut self, point: RingPoint) {
        self.order = Some(point.order);
        self.position.seq = self.position.seq.max(point.seq);
    }

    /// The hand-over from the log to the ring: once the ring has every event after the stream's
    /// position, the stream leaves the log. Both have one order, so the first entry after the
    /// position is exactly the next event.
    fn live_order(&mut self) -> Option<u64> {
        if self.order.is_none() && self.position.seq >= self.log_until {
            let seq = self.position.seq;
            // The log has no ephemeral events: a stream that comes from the log also gets those
            // that the ring has at its position.
            let was_behind = self.behind.is_some();
            self.order = self.state.read_ring(|ring| {
                if was_behind {
                    ring.order_at(seq)
                } else {
                    ring.order_after(seq)
                }
            });
            if self.order.is_some() {
                self.behind = None;
            }
        }
        self.order
    }

    /// Waits for an entry after `order`; `None` if there will be none.
    async fn wait(&mut self, order: u64) -> Option<()> {
        let state = &self.state;
        let end = *self
            .end
            .wait_for(|end| *end > order || state.is_closed())
            .await
            .ok()?;
        (end > order).then_some(())
    }

    async fn read_log(&mut self) -> Option<Chunk> {
        let metrics = &self.state.metrics;
        self.behind
            .get_or_insert_with(|| BehindCount::new(&metrics.behind));
        let page = self
            .state
            .replay
            .page(&self.selection, self.position.seq)
            .await
            // Ending the stream loses nothing: the browser reconnects with its cursor.
            .inspect_err(
                |error| tracing::error!(%error, "a stream was ended because its replay failed"),
            )
            .ok()?;
        let mut chunk = Chunk::default();
        if let Some(pruned) = page
            .pruned
            .filter(|pruned| pruned.version > self.told_version)
        {
            metrics.gaps.inc();
            self.told_version = pruned.version;
            chunk.push(self.gap(pruned, page.first.map_or(page.through, |first| first - 1)));
        }
        metrics.replayed.inc_by(page.count);
        chunk.push_many(page.bytes.clone(), page.count);
        self.position.seq = page.through;
        Some(chunk)
    }

    /// The block of a gap. Its id moves the cursor only to just before the next event: events that
    /// survived among the pruned ones must not be lost if the connection drops here.
    fn gap(&self, pruned: Pruned, before_next: u64) -> Bytes {
        let resumed_at = EventId {
            seq: pruned.through,
            ..self.position
        };
        let cursor = EventId {
            seq: pruned.through.min(before_next).max(self.position.seq),
            ..self.position
        };
        let gap = Gap {
            after: self.position,
            resumed_at,
            lost: pruned.lost,
        };
        control_block(&Payload::Gap(gap), cursor).into()
    }
}

impl<L> Drop for Subscriber<L> {
    fn drop(&mut self) {
        tracing::trace!(position = %self.position, "a stream has ended");
    }
}

/// Counts a stream as behind for as long as it lives.
struct BehindCount(Gauge);

impl BehindCount {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for BehindCount {
    fn drop(&mut self) {
        self.0.dec();
    }
}
