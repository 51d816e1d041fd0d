//! Replay: pages of the log, encoded once and shared by every stream that reads the same range.
//!
//! After a restart a thousand streams come back and want the same. A page is cut at the roundest
//! sequence it reaches, so that streams which begin at different places soon ask for the same
//! pages.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};
use pulseboard_contract::Framing;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::{
    Filter,
    conflate::keep_latest,
    hub::Shared,
    log::{Log, LogError, Order, Pruned, Query},
};

/// The most events and bytes of data of one page.
const PAGE_EVENTS: usize = 1_024;
const PAGE_BYTES: usize = 128 * 1024;
/// How much of the pages read last is kept.
const KEPT_BYTES: usize = 16 * 1024 * 1024;
/// How many threads read at the same time. Streams wait; publishes and pages of history must not.
const READERS: usize = 2;

/// A page of the log, ready to send.
pub(crate) struct ReplayPage {
    pub(crate) bytes: Bytes,
    pub(crate) count: u64,
    /// The first sequence in it.
    pub(crate) first: Option<u64>,
    /// The last sequence it speaks for.
    pub(crate) through: u64,
    pub(crate) pruned: Option<Pruned>,
}

/// Which page: everything the filter selects after the sequence, in the framing.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    filter: Arc<Filter>,
    framing: Framing,
    conflate: bool,
    after: u64,
}

type Cell = Arc<OnceCell<Arc<ReplayPage>>>;

/// The pages read last.
pub(crate) struct Replay {
    kept: Mutex<Kept>,
    readers: Arc<Semaphore>,
}

#[derive(Default)]
struct Kept {
    pages: HashMap<Key, Cell>,
    /// The oldest first, each with its size.
    order: VecDeque<(Key, usize)>,
    bytes: usize,
}

impl Default for Replay {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            readers: Arc::new(Semaphore::new(READERS)),
        }
    }
}

impl Replay {
    /// The page after a sequence: read by the first stream that asks, waited for by the others.
    pub(crate) async fn page<L: Log>(
        &self,
        shared: &Arc<Shared<L>>,
        (filter, framing, conflate): (&Arc<Filter>, Framing, bool),
        after: u64,
    ) -> Result<Arc<ReplayPage>, LogError> {
        let key = Key {
            filter: filter.clone(),
            framing,
            conflate,
            after,
        };
        let cell = self.kept().pages.entry(key.clone()).or_default().clone();
        // Whoever fails or goes away before the page is there leaves no empty cell behind.
        let _unread = Unread {
            replay: self,
            key: &key,
            cell: &cell,
        };
        let mut is_mine = false;
        let read = async {
            is_mine = true;
            // It is never closed.
            let permit = self.readers.clone().acquire_owned().await.ok();
            shared.metrics.pages_read.inc();
            let (page, may_be_kept) = read(shared, key.clone(), permit).await?;
            let page = Arc::new(page);
            self.keep(key.clone(), &page, may_be_kept);
            Ok(page)
        };
        let page = cell.get_or_try_init(|| read).await.cloned();
        if !is_mine {
            shared.metrics.pages_shared.inc();
        }
        page
    }

    fn keep(&self, key: Key, page: &ReplayPage, may_be_kept: bool) {
        let mut kept = self.kept();
        if !may_be_kept {
            // Those who wait have the cell; nobody else finds it.
            kept.pages.remove(&key);
            return;
        }
        let size = page.bytes.len() + 512;
        kept.bytes += size;
        kept.order.push_back((key, size));
        while kept.bytes > KEPT_BYTES {
            let Some((oldest, size)) = kept.order.pop_front() else {
                break;
            };
            kept.pages.remove(&oldest);
            kept.bytes -= size;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A page somebody waits for.
struct Unread<'a> {
    replay: &'a Replay,
    key: &'a Key,
    cell: &'a Cell,
}

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        let mut kept = self.replay.kept();
        // The map's and this one, counted while nobody can take another: nobody else waits for it.
        let is_ours = kept
            .pages
            .get(self.key)
            .is_some_and(|cell| Arc::ptr_eq(cell, self.cell));
        if is_ours && !self.cell.initialized() && Arc::strong_count(self.cell) <= 2 {
            kept.pages.remove(self.key);
        }
    }
}

/// Reads and encodes a page; tells also whether it stays good. One that leads nowhere does not: it
/// is the end of the log as it was. Nor does one with events that expire.
async fn read<L: Log>(
    shared: &Arc<Shared<L>>,
    key: Key,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<(ReplayPage, bool), LogError> {
    let shared = shared.clone();
    let now = shared.now();
    let work = move || {
        // It goes with the read: the stream may go away, and the read goes on.
        let _permit = permit;
        let query = Query {
            filter: Filter::clone(&key.filter),
            after: Some(key.after),
            before: None,
            order: Order::Ascending,
            limit: PAGE_EVENTS,
            max_bytes: PAGE_BYTES,
            now,
        };
        let mut page = shared.log.read(&query)?;
        let end = if page.has_more {
            roundest(key.after, page.through)
        } else {
            page.through
        };
        let beyond =
            |event: &Arc<pulseboard_contract::Event>| event.event_id.is_some_and(|id| id.seq > end);
        page.events.truncate(
            page.events.len()
                - page
                    .events
                    .iter()
                    .rev()
                    .take_while(|event| beyond(event))
                    .count(),
        );
        let may_be_kept =
            end > key.after && page.events.iter().all(|event| event.expires.is_none());
        let first = page
            .events
            .first()
            .and_then(|event| event.event_id)
            .map(|id| id.seq);
        if key.conflate {
            keep_latest(&mut page.events, |event| Some(event));
        }
        let mut bytes =
            BytesMut::with_capacity(page.events.iter().map(|event| event.weight() + 256).sum());
        for event in &page.events {
            bytes.extend_from_slice(event.to_sse(key.framing).as_bytes());
        }
        let page = ReplayPage {
            bytes: bytes.freeze(),
            count: page.events.len() as u64,
            first,
            through: end,
            pruned: page.pruned,
        };
        Ok((page, may_be_kept))
    };
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(LogError::Failed(error.to_string().into())))
}

/// The number in `after + 1..=through` that the highest power of two divides.
fn roundest(after: u64, through: u64) -> u64 {
    if through <= after {
        return through;
    }
    let differing = u64::BITS - 1 - (after ^ through).leading_zeros();
    through >> differing << differing
}

#[cfg(test)]
mod tests {
    use super::roundest;

    #[test]
    fn the_roundest_number_of_a_range_is_found() {
        for (after, through) in (0..200u64)
            .flat_map(|after| (after + 1..=after + 70).map(move |through| (after, through)))
        {
            let best = (after + 1..=through)
                .max_by_key(|number| number.trailing_zeros())
                .unwrap();
            assert_eq!(
                roundest(after, through).trailing_zeros(),
                best.trailing_zeros(),
                "{after}..={through}"
            );
            assert!((after + 1..=through).contains(&roundest(after, through)));
        }
        assert_eq!(roundest(7, 7), 7);
    }

    #[test]
    fn streams_that_begin_apart_come_to_the_same_pages() {
        let ends = |mut at: u64| {
            let mut ends = Vec::new();
            while at < 5_000 {
                at = roundest(at, at + 58);
                ends.push(at);
            }
            ends
        };
        let (one, other) = (ends(3), ends(117));
        assert!(
            other.iter().skip(6).all(|end| one.contains(end)),
            "{one:?} {other:?}"
        );
    }
}
