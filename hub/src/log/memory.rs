//! The log without persistence: for tests and for boards whose history may go with the process.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use futures_util::future::{BoxFuture, ready};
use pulseboard::{Epoch, Event, EventId, Topic};

use super::{Appended, Bounds, Log, LogError, NewEvent, Order, Page, Query, TopicSummary};

/// Keeps the newest events, up to its limits, and remembers how far it has pruned.
pub struct MemoryLog {
    epoch: Epoch,
    limits: MemoryLimits,
    state: RwLock<State>,
}

/// How much a [`MemoryLog`] keeps.
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimits {
    /// At most so many events.
    pub events: usize,
    /// At most so many bytes, data and what holding it costs.
    pub bytes: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self { events: 100_000, bytes: 128 * 1024 * 1024 }
    }
}

#[derive(Default)]
struct State {
    events: VecDeque<Arc<Event>>,
    /// How many events have been pruned: the sequence before the oldest one kept.
    pruned: u64,
    bytes: usize,
    topics: BTreeMap<Topic, TopicState>,
    /// Where each producer's id is, for publishes that come again. Pruned with the event.
    producer_ids: HashMap<(String, String), u64>,
}

struct TopicState {
    count: u64,
    last: Arc<Event>,
}

impl MemoryLog {
    /// An empty log. The epoch is drawn at random by the caller.
    pub fn new(epoch: Epoch) -> Self {
        Self::with_limits(epoch, MemoryLimits::default())
    }

    /// An empty log that keeps so much.
    pub fn with_limits(epoch: Epoch, limits: MemoryLimits) -> Self {
        Self { epoch, limits, state: RwLock::default() }
    }

    // A panic while the lock was held would leave counters at most a little off, never an event torn; going on is right.
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for MemoryLog {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn bounds(&self) -> Bounds {
        self.state().bounds()
    }

    fn append(&self, events: Vec<NewEvent>) -> BoxFuture<'_, Result<Vec<Appended>, LogError>> {
        let mut state = self.state_mut();
        let appended = events.into_iter().map(|event| state.append(self.epoch, event)).collect();
        state.prune(self.limits);
        Box::pin(ready(Ok(appended)))
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, LogError>> {
        Box::pin(ready(Ok(self.state().read(&query))))
    }

    fn topics(&self) -> BoxFuture<'_, Result<Vec<TopicSummary>, LogError>> {
        let summary = |(topic, state): (&Topic, &TopicState)| TopicSummary {
            topic: topic.clone(),
            count: state.count,
            last: state.last.clone(),
        };
        Box::pin(ready(Ok(self.state().topics.iter().map(summary).collect())))
    }
}

impl State {
    fn bounds(&self) -> Bounds {
        Bounds { first: self.pruned + 1, last: self.pruned + self.events.len() as u64 }
    }

    fn append(&mut self, epoch: Epoch, new: NewEvent) -> Appended {
        let seq = self.bounds().last + 1;
        if let Some(id) = &new.id {
            let key = (new.source.clone(), id.clone());
            if let Some(&seq) = self.producer_ids.get(&key) {
                return Appended::Duplicate(EventId { epoch, seq });
            }
            self.producer_ids.insert(key, seq);
        }
        let event_id = EventId { epoch, seq };
        let event = Arc::new(Event {
            event_id: Some(event_id),
            id: new.id.unwrap_or_else(|| event_id.to_string()),
            source: new.source,
            event_type: new.event_type,
            topic: new.topic,
            time: new.time,
            expires: new.expires,
            attributes: new.attributes,
            data: new.data,
        });
        self.bytes += cost(&event);
        self.topics
            .entry(event.topic.clone())
            .and_modify(|topic| {
                topic.count += 1;
                topic.last = event.clone();
            })
            .or_insert_with(|| TopicState { count: 1, last: event.clone() });
        self.events.push_back(event.clone());
        Appended::Stored(event)
    }

    fn prune(&mut self, limits: MemoryLimits) {
        while self.events.len() > limits.events || self.bytes > limits.bytes {
            let Some(event) = self.events.pop_front() else { break };
            self.pruned += 1;
            self.bytes -= cost(&event);
            if let Some(topic) = self.topics.get_mut(&event.topic) {
                topic.count -= 1;
                if topic.count == 0 {
                    self.topics.remove(&event.topic);
                }
            }
            self.producer_ids.remove(&(event.source.clone(), event.id.clone()));
        }
    }

    fn read(&self, query: &Query) -> Page {
        let bounds = self.bounds();
        // Sequences from..to, as positions in the deque.
        let from = query.after.map_or(bounds.first, |after| after.saturating_add(1)).max(bounds.first);
        let to = query.before.map_or(bounds.last, |before| before.saturating_sub(1)).min(bounds.last);
        #[allow(clippy::cast_possible_truncation)] // Both lie within the deque.
        let at = |seq: u64| (seq - bounds.first) as usize;
        let range = if from <= to { at(from)..at(to) + 1 } else { 0..0 };
        let mut selected: Box<dyn Iterator<Item = &Arc<Event>>> = match query.order {
            Order::Ascending => Box::new(self.events.range(range)),
            Order::Descending => Box::new(self.events.range(range).rev()),
        };
        let (mut events, mut bytes, mut has_more) = (Vec::new(), 0, false);
        for event in selected.by_ref().filter(|event| query.filter.selects(event)) {
            if events.len() == query.limit || (bytes + event.data.as_str().len() > query.max_bytes && !events.is_empty()) {
                has_more = true;
                break;
            }
            bytes += event.data.as_str().len();
            events.push(event.clone());
        }
        let through = match (has_more, query.order) {
            (true, _) => events.last().and_then(|event: &Arc<Event>| event.event_id).map_or(0, |id| id.seq),
            (false, Order::Ascending) => to.max(from.saturating_sub(1)),
            (false, Order::Descending) => from,
        };
        Page { events, through, has_more, bounds }
    }
}

/// What an event costs to hold: its strings and, roughly, the records around them.
fn cost(event: &Event) -> usize {
    event.data.as_str().len() + event.id.len() + event.source.len() + 400
}
