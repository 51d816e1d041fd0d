//! Reading pages of events and of topics.

use std::sync::{Arc, atomic::Ordering};

use pulseboard_contract::Event;
use rusqlite::Connection;

use super::{
    columns::{to_integer, unsigned},
    directory::TopicTypeId,
    merge::Merge,
    plan::Plan,
    pruned,
    rows::{COLUMNS, EventReader},
    state::SqliteLog,
};
use crate::log::{
    error::LogError,
    query::{Order, Page, Query, TopicPage, TopicQuery},
};

/// The most rows one page scans. Then it ends with what it has, so that no reader holds a
/// connection for long.
const SCANNED_ROWS: usize = 4_096;

/// A page in the making.
#[derive(Default)]
struct PageBuilder {
    events: Vec<Arc<Event>>,
    bytes: usize,
    has_more: bool,
    /// The last sequence that was looked at.
    seen: Option<u64>,
}

impl SqliteLog {
    pub(super) fn read_page(&self, query: &Query) -> Result<Page, LogError> {
        let from = query
            .after
            .map_or(0, |after| after.saturating_add(1))
            .max(1);
        let (plan, bounds, to) = {
            let directory = self.directory();
            let bounds = directory.bounds();
            // Not beyond the directory: the plan could miss a topic type that it does not know yet.
            let to = query
                .before
                .map_or(bounds.last, |before| before.saturating_sub(1))
                .min(bounds.last);
            (Plan::of(query, &directory, (from, to)), bounds, to)
        };
        self.with_reader(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let page = self.build(&transaction, query, plan)?;
            // After the rows: whatever was pruned before this transaction saw them is known by now.
            let pruned = match (query.order, query.after) {
                (Order::Ascending, Some(after))
                    if after < self.pruned_through.load(Ordering::Acquire) =>
                {
                    let next = page
                        .events
                        .first()
                        .and_then(|event| event.event_id)
                        .map(|id| id.seq);
                    pruned::find(&transaction, &query.filter, after, next)?
                }
                (Order::Ascending | Order::Descending, _) => None,
            };
            let through = match (page.has_more, query.order) {
                (true, _) => page.seen.unwrap_or(from.saturating_sub(1)),
                (false, Order::Ascending) => to.max(from.saturating_sub(1)),
                (false, Order::Descending) => from,
            };
            Ok(Page {
                events: page.events,
                through,
                has_more: page.has_more,
                bounds,
                pruned,
            })
        })
    }

    pub(super) fn list_topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError> {
        let (mut summaries, has_more) = {
            let directory = self.directory();
            let mut topics = directory.under(&query.prefix, query.after.as_ref());
            let page: Vec<_> = topics
                .by_ref()
                .take(query.limit)
                .map(|(topic, types)| directory.summary(topic, types))
                .collect();
            (page, topics.next().is_some())
        };
        self.with_reader(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let mut reader = EventReader::new(&transaction, self.epoch)?;
            let mut topics = Vec::with_capacity(summaries.len());
            for summary in summaries.drain(..) {
                // If its newest event was removed a moment ago, the topic has no events now.
                if let Some(event) = reader.find(summary.last)? {
                    topics.push((summary, event));
                }
            }
            Ok(TopicPage { topics, has_more })
        })
    }

    fn build(
        &self,
        connection: &Connection,
        query: &Query,
        plan: Plan,
    ) -> rusqlite::Result<PageBuilder> {
        let mut page = PageBuilder::default();
        if let Plan::Nothing = plan {
            return Ok(page);
        }
        let mut reader = EventReader::new(connection, self.epoch)?;
        match plan {
            Plan::Nothing => {}
            Plan::Lookup(ids, range) => {
                page.look_up(connection, &mut reader, query, &ids, range)?;
            }
            Plan::Scan(ids, range) => {
                let is_selected =
                    |id: TopicTypeId| ids.as_ref().is_none_or(|ids| ids.contains(&id));
                page.scan(connection, &mut reader, query, is_selected, range)?;
            }
        }
        Ok(page)
    }
}

impl PageBuilder {
    fn look_up(
        &mut self,
        connection: &Connection,
        reader: &mut EventReader<'_>,
        query: &Query,
        ids: &[TopicTypeId],
        range: (u64, u64),
    ) -> rusqlite::Result<()> {
        let mut merge = Merge::new(connection, ids, query.order, range, query.limit)?;
        while let Some(seq) = merge.next()? {
            if let Some(event) = reader.find(seq)?
                && !self.add(seq, event, query)
            {
                break;
            }
        }
        Ok(())
    }

    fn scan(
        &mut self,
        connection: &Connection,
        reader: &mut EventReader<'_>,
        query: &Query,
        is_selected: impl Fn(TopicTypeId) -> bool,
        (from, to): (u64, u64),
    ) -> rusqlite::Result<()> {
        let direction = match query.order {
            Order::Ascending => "",
            Order::Descending => "DESC",
        };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq {direction}"
        ))?;
        let mut rows = statement.query([to_integer(from), to_integer(to)])?;
        let mut scanned = 0;
        while let Some(row) = rows.next()? {
            let seq = unsigned(row, 0)?;
            if scanned == SCANNED_ROWS {
                self.has_more = true;
                break;
            }
            scanned += 1;
            if !is_selected(row.get(1)?) {
                self.seen = Some(seq);
            } else if !self.add(seq, Arc::new(reader.read(row)?), query) {
                break;
            }
        }
        Ok(())
    }

    /// Adds an event, unless the page is full; returns whether the page takes further events.
    fn add(&mut self, seq: u64, event: Arc<Event>, query: &Query) -> bool {
        let size = event.weight();
        let is_expired = event.expires.is_some_and(|expires| expires <= query.now);
        let is_full = self.events.len() >= query.limit
            || (self.bytes + size > query.max_bytes && !self.events.is_empty());
        if !is_expired && is_full {
            self.has_more = true;
            return false;
        }
        self.seen = Some(seq);
        if !is_expired {
            self.bytes += size;
            self.events.push(event);
        }
        true
    }
}
