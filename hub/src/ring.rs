//! The ring: the newest events in memory, in the order they are fanned out, each encoded once per
//! framing.
//!
//! Every subscriber reads from here while it keeps up. Who falls off the old end reads the log
//! instead.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use pulseboard_contract::{
    Event, EventId, Framing, Heartbeat, HeartbeatStatus, Json, Timestamp, sse,
};

use crate::Filter;

/// One thing that is fanned out.
pub(crate) struct Entry {
    body: Body,
    /// The log position a stream has passed once it has sent this.
    pub(crate) position: EventId,
    encoded: [OnceLock<Bytes>; Framing::ALL.len()],
}

enum Body {
    Event(Arc<Event>),
    /// Not on a topic: it is for every stream, whatever its filter.
    Heartbeat(Timestamp),
}

impl Entry {
    pub(crate) fn event(event: Arc<Event>, position: EventId) -> Self {
        Self {
            body: Body::Event(event),
            position,
            encoded: Default::default(),
        }
    }

    pub(crate) fn heartbeat(time: Timestamp, position: EventId) -> Self {
        Self {
            body: Body::Heartbeat(time),
            position,
            encoded: Default::default(),
        }
    }

    /// The event it carries; none for a heartbeat.
    pub(crate) fn as_event(&self) -> Option<&Event> {
        match &self.body {
            Body::Event(event) => Some(event),
            Body::Heartbeat(_) => None,
        }
    }

    pub(crate) fn is_for(&self, filter: &Filter) -> bool {
        match &self.body {
            Body::Event(event) => filter.selects(event),
            Body::Heartbeat(_) => true,
        }
    }

    /// Whether it was of use only until now. Few events expire, and only for those the time is
    /// asked.
    pub(crate) fn is_expired(&self, now: impl FnOnce() -> Timestamp) -> bool {
        match &self.body {
            Body::Event(event) => event.expires.is_some_and(|expires| expires <= now()),
            Body::Heartbeat(_) => false,
        }
    }

    pub(crate) fn is_heartbeat(&self) -> bool {
        self.as_event().is_none()
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.as_event()
            .is_some_and(|event| event.event_id.is_some())
    }

    /// The entry as SSE bytes: encoded by the first stream that needs it, shared by all others.
    pub(crate) fn encoded(&self, framing: Framing) -> &Bytes {
        let slot = match framing {
            Framing::Named => 0,
            Framing::Unnamed => 1,
            Framing::Envelope => 2,
        };
        self.encoded[slot].get_or_init(|| match &self.body {
            Body::Event(event) => event.to_sse(framing).into(),
            Body::Heartbeat(time) => heartbeat(*time, self.position).into(),
        })
    }

    /// An upper estimate of what holding the entry costs, all three framings encoded.
    fn cost(&self) -> usize {
        match &self.body {
            Body::Event(event) => 800 + 4 * event.weight(),
            Body::Heartbeat(_) => 600,
        }
    }
}

/// A heartbeat is a named event in every framing, because script cannot see comments. Its id is the
/// position the stream has passed, so that a quiet, filtered stream resumes without a long read.
fn heartbeat(time: Timestamp, position: EventId) -> String {
    let payload = pulseboard_contract::Payload::Heartbeat(Heartbeat {
        status: HeartbeatStatus::Ok,
        time,
    });
    control_block(&payload, position)
}

/// An event about the stream itself, with the position it stands for.
pub(crate) fn control_block(payload: &pulseboard_contract::Payload, position: EventId) -> String {
    let (id, event_type, data): (_, _, Json) =
        (position.to_string(), payload.event_type(), payload.json());
    sse::Block {
        id: Some(&id),
        event: Some(event_type.as_str()),
        data: Some(data.as_str()),
        retry_millis: None,
    }
    .to_string()
}

/// How much the ring holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingLimits {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

/// The newest entries. Each has a number, its order, that only grows and counts everything fanned
/// out.
pub(crate) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// The order of the oldest entry held.
    start: u64,
    /// The log position before the oldest entry held: every stored event after it is in the ring.
    floor: EventId,
    bytes: usize,
    limits: RingLimits,
    evicted: Vec<Arc<Entry>>,
}

/// A place between two entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The order of the next entry.
    pub(crate) order: u64,
    /// The log position before it.
    pub(crate) seq: u64,
}

/// The ring has moved on; the log has to be read.
#[derive(Debug)]
pub(crate) struct Behind;

impl Ring {
    pub(crate) fn new(floor: EventId, limits: RingLimits) -> Self {
        Self {
            entries: VecDeque::new(),
            start: 0,
            floor,
            bytes: 0,
            limits,
            evicted: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.bytes += entry.cost();
        self.entries.push_back(Arc::new(entry));
        while self.entries.len() > self.limits.entries
            || (self.bytes > self.limits.bytes && self.entries.len() > 1)
        {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.start += 1;
            self.bytes -= oldest.cost();
            self.floor = oldest.position;
            self.evicted.push(oldest);
        }
    }

    /// What was pushed out since this was asked last; freeing it is no work for whoever holds the
    /// lock.
    pub(crate) fn take_evicted(&mut self) -> Vec<Arc<Entry>> {
        std::mem::take(&mut self.evicted)
    }

    /// The order of the next entry to come.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.entries.len() as u64
    }

    /// The position of the log after the newest entry.
    pub(crate) fn position(&self) -> EventId {
        self.entries
            .back()
            .map_or(self.floor, |entry| entry.position)
    }

    /// Where a stream that has passed log position `seq` goes on, if every later event is here.
    pub(crate) fn order_after(&self, seq: u64) -> Option<u64> {
        (seq >= self.floor.seq).then(|| {
            self.start
                + self
                    .entries
                    .partition_point(|entry| entry.position.seq <= seq) as u64
        })
    }

    /// The same, but with whatever else stands at that position, such as events that are not
    /// stored.
    pub(crate) fn order_at(&self, seq: u64) -> Option<u64> {
        (seq >= self.floor.seq).then(|| {
            self.start
                + self
                    .entries
                    .partition_point(|entry| entry.position.seq < seq) as u64
        })
    }

    /// The place after the newest entry.
    pub(crate) fn tip(&self) -> Mark {
        Mark {
            order: self.end(),
            seq: self.position().seq,
        }
    }

    /// Up to `limit` entries from `order` on, put into `found`; none when the reader has all there
    /// is.
    pub(crate) fn read(
        &self,
        order: u64,
        limit: usize,
        found: &mut Vec<Arc<Entry>>,
    ) -> Result<(), Behind> {
        let skip = order.checked_sub(self.start).ok_or(Behind)?;
        let skip = usize::try_from(skip)
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        found.extend(self.entries.range(skip..).take(limit).cloned());
        Ok(())
    }
}
