//! A subscriber: a cursor over the ring and the log that yields bytes ready to send.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use prometheus_client::metrics::gauge::Gauge;
use pulseboard_contract::{Event, EventId, Framing, Gap, Payload, sse};
use tokio::sync::watch;

use crate::{
    Filter,
    conflate::keep_latest,
    hub::Shared,
    log::{Log, Pruned},
    metrics::HubMetrics,
    ring::{Behind, Entry, Mark, Ring, control_block},
};

/// The most entries one chunk takes in; bounds how long the ring is held and how large a chunk
/// grows.
const CHUNK_ENTRIES: usize = 256;
/// No further frame is added to a chunk of this size.
const CHUNK_BYTES: usize = 64 * 1024;

/// Where a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what is published from now on.
    Now,
    /// With everything the log has.
    Beginning,
    /// After this event, replaying what came since.
    After(EventId),
}

/// What a stream is to carry.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Which events.
    pub filter: Filter,
    /// How they are written.
    pub framing: Framing,
    /// From where.
    pub start: Start,
    /// Whether of what is sent together only the newest event of each topic is: for streams that
    /// show how things are.
    pub conflate: bool,
    /// How long the browser is told to wait before it reconnects; the caller spreads it at random.
    pub retry_millis: Option<u64>,
    /// Said to this subscriber alone, before anything else: the state that ephemeral events have
    /// built up.
    pub greeting: Vec<Event>,
}

impl Subscription {
    /// A stream without a retry hint and without a greeting.
    pub fn new(filter: Filter, framing: Framing, start: Start) -> Self {
        Self {
            filter,
            framing,
            start,
            conflate: false,
            retry_millis: None,
            greeting: Vec::new(),
        }
    }
}

/// One stream. Dropping it is all it takes to leave.
pub struct Subscriber<L> {
    shared: Arc<Shared<L>>,
    end: watch::Receiver<u64>,
    selection: Selection,
    /// What is sent before the first event.
    preface: Option<Bytes>,
    /// The log position the stream has passed.
    position: EventId,
    /// The next entry of the ring; none while the log has to be read.
    order: Option<u64>,
    /// The position up to which the log is read, whatever the ring has: everything the log has is
    /// not what it has pruned.
    log_until: u64,
    /// The order of the first entry after the stream was opened. Heartbeats before it told others
    /// that they were alive.
    opened_at: u64,
    /// The pruning up to which the stream has been told what it lost.
    told_version: u64,
    /// Kept while the log is read, to be counted.
    behind: Option<CountedBehind>,
}

/// What streams have in common that carry the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selection {
    pub(crate) filter: Arc<Filter>,
    pub(crate) framing: Framing,
    pub(crate) conflate: bool,
}

/// What a stream is sent that is not live yet.
pub enum CatchUp {
    /// This, and there may be more.
    Bytes(Bytes),
    /// Next to nothing is left: the stream can be served from memory.
    Live,
}

enum Step {
    Bytes(Bytes),
    /// The ring has little, or nothing, from this order on.
    Near(u64),
}

/// What a stream may be sent of what memory has.
pub(crate) enum Ready {
    /// This, and there may be more.
    Bytes(Bytes),
    /// Nothing: it has everything up to the mark.
    CaughtUp,
    /// Nothing yet: it has read events from the log that the ring does not have yet.
    Ahead,
}

/// Counts a stream as behind for as long as it lives.
struct CountedBehind(Gauge);

impl CountedBehind {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for CountedBehind {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl<L: Log> Subscriber<L> {
    pub(crate) fn new(shared: Arc<Shared<L>>, subscription: Subscription) -> Self {
        // The receiver exists before the cursor is taken, so that no wake-up falls between the two.
        let receiver = shared.end.subscribe();
        // Before the position: what is pruned after it has a later version, so it will be told.
        let version = shared.log.prune_version();
        let (now, end) = shared.read_ring(|ring| (ring.position(), ring.end()));
        // The log is a moment ahead of the ring, and what it has given out is no id from the
        // future.
        let last = now.seq.max(shared.log.bounds().last);
        let (position, gap) = match subscription.start {
            Start::Now => (now, None),
            Start::Beginning => (
                EventId {
                    epoch: now.epoch,
                    seq: 0,
                },
                None,
            ),
            Start::After(id) if id.epoch == now.epoch && id.seq <= last => (id, None),
            // An id this log has not reached cannot come from it; whatever came since is not known,
            // so go on from here.
            Start::After(id) if id.epoch == now.epoch => (
                now,
                Some(Gap {
                    after: id,
                    resumed_at: now,
                    lost: None,
                }),
            ),
            // Another log. All this one has is news to the subscriber.
            Start::After(id) => {
                let resumed_at = EventId {
                    epoch: now.epoch,
                    seq: shared.log.bounds().first - 1,
                };
                (
                    resumed_at,
                    Some(Gap {
                        after: id,
                        resumed_at,
                        lost: None,
                    }),
                )
            }
        };
        let order = match subscription.start {
            Start::Now => Some(end),
            Start::Beginning | Start::After(_) => None,
        };
        let log_until = match subscription.start {
            Start::Beginning => now.seq,
            Start::Now | Start::After(_) => 0,
        };
        let told_version = match (subscription.start, &gap) {
            (Start::After(_), None) => 0,
            // Whoever asks for all there is misses nothing, and who was told of a gap was told of
            // what is pruned by now.
            (Start::Now | Start::Beginning | Start::After(_), _) => version,
        };
        if gap.is_some() {
            shared.metrics.gaps.inc();
        }

        let id = position.to_string();
        let first = sse::Block {
            id: gap.is_none().then_some(&id),
            retry_millis: subscription.retry_millis,
            ..Default::default()
        };
        let mut preface = first.to_string();
        if let Some(gap) = gap {
            preface += &control_block(&Payload::Gap(gap), position);
        }
        for event in &subscription.greeting {
            preface += &event.to_sse(subscription.framing);
        }
        Self {
            shared,
            end: receiver,
            selection: Selection {
                filter: Arc::new(subscription.filter),
                framing: subscription.framing,
                conflate: subscription.conflate,
            },
            preface: Some(preface.into()),
            position,
            order,
            log_until,
            opened_at: end,
            told_version,
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

    /// The next bytes of the stream, one or more whole blocks; `None` when the hub has closed or
    /// the log has failed.
    ///
    /// Cancel safe: a future dropped before it is done has taken nothing.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.step(0).await? {
                Step::Bytes(bytes) => return Some(bytes),
                Step::Near(order) => self.wait(order).await?,
            }
        }
    }

    /// The next bytes on the way to the present; `None` when the log has failed. Cancel safe like
    /// [`next`](Self::next).
    pub async fn catch_up(&mut self) -> Option<CatchUp> {
        Some(match self.step(CHUNK_ENTRIES as u64).await? {
            Step::Bytes(bytes) => CatchUp::Bytes(bytes),
            Step::Near(_) => CatchUp::Live,
        })
    }

    /// Goes on until there is something to send, or no more than `near` entries of the ring are
    /// left.
    async fn step(&mut self, near: u64) -> Option<Step> {
        if let Some(preface) = self.preface.take() {
            return Some(Step::Bytes(preface));
        }
        loop {
            let chunk = match self.live_order() {
                Some(order) if self.shared.read_ring(Ring::end) <= order + near => {
                    return Some(Step::Near(order));
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
            if let Some(bytes) = chunk.finish(&self.shared.metrics) {
                return Some(Step::Bytes(bytes));
            }
        }
    }

    /// What of the ring's entries from `order` on, but before `until`, is for this stream; the
    /// stream has passed them then.
    fn take(&mut self, order: u64, until: u64, max_bytes: usize) -> Result<Chunk, Behind> {
        // What is newest is known only to who sees everything.
        let limit = if self.selection.conflate {
            usize::MAX
        } else {
            max_bytes.div_ceil(CHUNK_BYTES / CHUNK_ENTRIES)
        };
        let limit = limit.min(usize::try_from(until.saturating_sub(order)).unwrap_or(usize::MAX));
        let mut entries = Vec::new();
        self.shared
            .read_ring(|ring| ring.read(order, limit, &mut entries))?;
        let now = || self.shared.now();
        let is_for_it = |(order, entry): &(u64, Arc<Entry>)| {
            // The log is a moment ahead of the ring; what a replay took from it is not sent again.
            let is_replayed = entry.is_stored() && entry.position.seq <= self.position.seq;
            let is_stale = entry.is_heartbeat() && *order < self.opened_at;
            !is_replayed
                && !is_stale
                && entry.is_for(&self.selection.filter)
                && !entry.is_expired(now)
        };
        let passed = entries.last().map(|entry| Mark {
            order: order + entries.len() as u64,
            seq: entry.position.seq,
        });
        let mut chunk = Chunk::default();
        // Tells where to stop: an entry that has no room is not looked at, because it will be when
        // its turn comes.
        let mut push = |(order, entry): (u64, Arc<Entry>)| {
            chunk.push(entry.encoded(self.selection.framing).clone());
            (chunk.len() >= max_bytes).then_some(Mark {
                order: order + 1,
                seq: entry.position.seq,
            })
        };
        let mut wanted = (order..).zip(entries).filter(is_for_it);
        let full = if self.selection.conflate {
            let mut wanted: Vec<_> = wanted.collect();
            keep_latest(&mut wanted, |(_, entry)| entry.as_event());
            wanted.into_iter().find_map(&mut push)
        } else {
            wanted.find_map(&mut push)
        };
        let passed = full.or(passed);
        if let Some(passed) = passed {
            self.order = Some(passed.order);
            self.position.seq = self.position.seq.max(passed.seq);
        }
        Ok(chunk)
    }

    /// What memory has for the stream before `tip`, without waiting.
    pub(crate) fn take_ready(&mut self, tip: Mark, max_bytes: usize) -> Result<Ready, Behind> {
        loop {
            let order = self.order.ok_or(Behind)?;
            if order >= tip.order {
                return Ok(if self.position.seq > tip.seq {
                    Ready::Ahead
                } else {
                    Ready::CaughtUp
                });
            }
            // What has fallen off the ring is looked for in the log from now on.
            let chunk = self
                .take(order, tip.order, max_bytes)
                .inspect_err(|_| self.order = None)?;
            if let Some(bytes) = chunk.finish(&self.shared.metrics) {
                return Ok(Ready::Bytes(bytes));
            }
        }
    }

    /// What it carries.
    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Takes over an equal selection that others hold already.
    pub(crate) fn share(&mut self, selection: &Selection) {
        self.selection = selection.clone();
    }

    /// The stream was served up to here by other means.
    pub(crate) fn goes_on_at(&mut self, mark: Mark) {
        self.order = Some(mark.order);
        self.position.seq = self.position.seq.max(mark.seq);
    }

    /// The hand-over: as soon as the ring holds everything after the position, the log is not
    /// needed any more. Both are in the order of the log, so the first entry after the position is
    /// exactly the next event.
    fn live_order(&mut self) -> Option<u64> {
        if self.order.is_none() && self.position.seq >= self.log_until {
            let seq = self.position.seq;
            // What is not stored is not in the log: who comes from there takes along what the ring
            // has of it at this position.
            let was_behind = self.behind.is_some();
            self.order = self.shared.read_ring(|ring| {
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

    /// Until there is an entry after `order`, or `None` when there will be none.
    async fn wait(&mut self, order: u64) -> Option<()> {
        let shared = &self.shared;
        let end = *self
            .end
            .wait_for(|end| *end > order || shared.is_closed())
            .await
            .ok()?;
        (end > order).then_some(())
    }

    async fn read_log(&mut self) -> Option<Chunk> {
        let metrics = &self.shared.metrics;
        self.behind
            .get_or_insert_with(|| CountedBehind::new(&metrics.behind));
        let Selection {
            filter,
            framing,
            conflate,
        } = &self.selection;
        let page = match self
            .shared
            .replay
            .page(
                &self.shared,
                (filter, *framing, *conflate),
                self.position.seq,
            )
            .await
        {
            Ok(page) => page,
            Err(error) => {
                // The browser reconnects with its cursor, so ending the stream loses nothing.
                tracing::error!(%error, "a stream was ended because its replay failed");
                return None;
            }
        };
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

    /// The block that tells of a gap. It moves the cursor no further than where the next event is:
    /// some of what was asked for may have survived among what was lost, and must not be lost to a
    /// connection that drops here.
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
        tracing::trace!(position = %self.position, "a stream is over");
    }
}

/// Frames on their way out. One frame stays the shared bytes it is; several are joined into one
/// write.
#[derive(Default)]
struct Chunk {
    first: Option<Bytes>,
    joined: BytesMut,
    count: u64,
}

impl Chunk {
    fn push(&mut self, frame: Bytes) {
        self.push_many(frame, 1);
    }

    /// Adds `count` frames that are one piece already.
    fn push_many(&mut self, frames: Bytes, count: u64) {
        if frames.is_empty() {
            return;
        }
        self.count += count;
        match (&self.first, self.joined.is_empty()) {
            (None, true) => self.first = Some(frames),
            (Some(_), _) => {
                if let Some(first) = self.first.take() {
                    self.joined.extend_from_slice(&first);
                }
                self.joined.extend_from_slice(&frames);
            }
            (None, false) => self.joined.extend_from_slice(&frames),
        }
    }

    fn len(&self) -> usize {
        self.first.as_ref().map_or(self.joined.len(), Bytes::len)
    }

    fn finish(self, metrics: &HubMetrics) -> Option<Bytes> {
        let bytes = self
            .first
            .or_else(|| (!self.joined.is_empty()).then(|| self.joined.freeze()))?;
        metrics.delivered.inc_by(self.count);
        metrics.delivered_bytes.inc_by(bytes.len() as u64);
        Some(bytes)
    }
}
