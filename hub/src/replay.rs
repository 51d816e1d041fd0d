//! Replay: pages of the log, encoded once and shared by every stream that reads the same range.
//!
//! After a restart a thousand streams reconnect and want the same range. A page ends at the
//! sequence that the highest power of two divides, so streams that start at different sequences
//! soon ask for the same pages.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};
use pulseboard_contract::{Event, Timestamp};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::{
    conflate::keep_latest,
    filter::Filter,
    log::{Log, LogError, Order, Pruned, Query},
    metrics::HubMetrics,
    options::Clock,
    selection::Selection,
};

/// The most events and bytes of data in one page.
const PAGE_EVENTS: usize = 1_024;
const PAGE_BYTES: usize = 128 * 1024;
/// The size of the cache of recently read pages.
const CACHED_BYTES: usize = 16 * 1024 * 1024;
/// How many threads read at the same time. Streams wait for each other, so that publishes and
/// history pages do not wait for them.
const READERS: usize = 2;

/// A page of the log, ready to send.
pub(crate) struct ReplayPage {
    pub(crate) bytes: Bytes,
    /// How many events it carries.
    pub(crate) count: u64,
    /// The first sequence in it.
    pub(crate) first: Option<u64>,
    /// The page has every selected event up to this sequence.
    pub(crate) through: u64,
    pub(crate) pruned: Option<Pruned>,
}

/// Identifies a page: everything the selection selects after the sequence.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PageKey {
    selection: Selection,
    after: u64,
}

type PageCell = Arc<OnceCell<Arc<ReplayPage>>>;

/// Reads pages of a log and caches them.
pub(crate) struct ReplayPages<L> {
    log: Arc<L>,
    clock: Clock,
    metrics: HubMetrics,
    cache: Mutex<PageCache>,
    readers: Arc<Semaphore>,
}

/// The pages read recently, and those being read now.
#[derive(Default)]
struct PageCache {
    pages: HashMap<PageKey, PageCell>,
    /// The read pages, oldest first, each with its size.
    order: VecDeque<(PageKey, usize)>,
    bytes: usize,
}

impl<L> ReplayPages<L> {
    pub(crate) fn new(log: Arc<L>, clock: Clock, metrics: HubMetrics) -> Self {
        Self {
            log,
            clock,
            metrics,
            cache: Mutex::default(),
            readers: Arc::new(Semaphore::new(READERS)),
        }
    }
}

impl<L: Log> ReplayPages<L> {
    /// The page after a sequence. The first stream that asks reads it; the others wait for it.
    pub(crate) async fn page(
        &self,
        selection: &Selection,
        after: u64,
    ) -> Result<Arc<ReplayPage>, LogError> {
        let key = PageKey {
            selection: selection.clone(),
            after,
        };
        let cell = lock(&self.cache)
            .pages
            .entry(key.clone())
            .or_default()
            .clone();
        // A stream that fails or ends before the page is read must leave no empty cell behind.
        let _pending = PendingPage {
            cache: &self.cache,
            key: &key,
            cell: &cell,
        };
        let mut is_reader = false;
        let read = async {
            is_reader = true;
            // The semaphore is never closed.
            let permit = self.readers.clone().acquire_owned().await.ok();
            self.metrics.pages_read.inc();
            let (page, is_stable) = self.read(key.clone(), permit).await?;
            let page = Arc::new(page);
            lock(&self.cache).keep(key.clone(), &page, is_stable);
            Ok(page)
        };
        let page = cell.get_or_try_init(|| read).await.cloned();
        if !is_reader {
            self.metrics.pages_shared.inc();
        }
        page
    }

    /// Reads and encodes a page on a blocking thread.
    async fn read(
        &self,
        key: PageKey,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(ReplayPage, bool), LogError> {
        let log = self.log.clone();
        let now = (self.clock)();
        let work = move || {
            // The stream may end while the read goes on, so the read owns the permit.
            let _permit = permit;
            read_page(&*log, &key, now)
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|error| Err(LogError::Failed(error.to_string().into())))
    }
}

impl PageCache {
    fn keep(&mut self, key: PageKey, page: &ReplayPage, is_stable: bool) {
        if !is_stable {
            // The waiting streams have the cell; later streams read the page again.
            self.pages.remove(&key);
            return;
        }
        let size = page.bytes.len() + 512;
        self.bytes += size;
        self.order.push_back((key, size));
        while self.bytes > CACHED_BYTES {
            let Some((oldest, size)) = self.order.pop_front() else {
                break;
            };
            self.pages.remove(&oldest);
            self.bytes -= size;
        }
    }
}

fn lock(cache: &Mutex<PageCache>) -> MutexGuard<'_, PageCache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A page that a stream waits for.
struct PendingPage<'a> {
    cache: &'a Mutex<PageCache>,
    key: &'a PageKey,
    cell: &'a PageCell,
}

impl Drop for PendingPage<'_> {
    fn drop(&mut self) {
        let mut cache = lock(self.cache);
        let is_ours = cache
            .pages
            .get(self.key)
            .is_some_and(|cell| Arc::ptr_eq(cell, self.cell));
        // Two references are the map's and this one. The lock keeps others from taking a third.
        if is_ours && !self.cell.initialized() && Arc::strong_count(self.cell) <= 2 {
            cache.pages.remove(self.key);
        }
    }
}

/// Reads and encodes a page. Also returns whether the page stays the same: the last page of the log
/// grows, and a page with events that expire shrinks.
fn read_page<L: Log>(
    log: &L,
    key: &PageKey,
    now: Timestamp,
) -> Result<(ReplayPage, bool), LogError> {
    let query = Query {
        filter: Filter::clone(&key.selection.filter),
        after: Some(key.after),
        before: None,
        order: Order::Ascending,
        limit: PAGE_EVENTS,
        max_bytes: PAGE_BYTES,
        now,
    };
    let mut page = log.read(&query)?;
    let end = if page.has_more {
        roundest(key.after, page.through)
    } else {
        page.through
    };
    let seq = |event: &Event| event.event_id.map(|id| id.seq);
    let beyond = |event: &&Arc<Event>| seq(event).is_some_and(|seq| seq > end);
    let excess = page.events.iter().rev().take_while(beyond).count();
    page.events.truncate(page.events.len() - excess);
    let is_stable = end > key.after && page.events.iter().all(|event| event.expires.is_none());
    let first = page.events.first().and_then(|event| seq(event));
    if key.selection.conflate {
        keep_latest(&mut page.events, |event| Some(event));
    }
    let size = page.events.iter().map(|event| event.weight() + 256).sum();
    let mut bytes = BytesMut::with_capacity(size);
    for event in &page.events {
        bytes.extend_from_slice(event.to_sse(key.selection.framing).as_bytes());
    }
    let page = ReplayPage {
        bytes: bytes.freeze(),
        count: page.events.len() as u64,
        first,
        through: end,
        pruned: page.pruned,
    };
    Ok((page, is_stable))
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
    fn streams_that_start_apart_soon_read_the_same_pages() {
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
