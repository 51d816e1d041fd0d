//! The sequences of several series in one order, read from the index a few at a time.
//!
//! What is not asked for is not read: a filter that selects hundreds of series costs one look into
//! the index for each, and then about one for each event taken.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use rusqlite::{CachedStatement, Connection, params};

use super::{directory::SeriesId, number, sequence};
use crate::log::Order;

const ASCENDING: &str = "SELECT seq FROM events INDEXED BY events_series
    WHERE series = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4";
const DESCENDING: &str = "SELECT seq FROM events INDEXED BY events_series
    WHERE series = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq DESC LIMIT ?4";

/// The merge. `next` gives one sequence after the other.
pub(super) struct Merge<'c> {
    statement: CachedStatement<'c>,
    order: Order,
    from: u64,
    to: u64,
    cursors: Vec<Cursor>,
    /// The next of each series, the first in order on top: a key that orders them, and whose it is.
    heads: BinaryHeap<Reverse<(u64, usize)>>,
}

struct Cursor {
    series: SeriesId,
    read: VecDeque<u64>,
    batch: usize,
    is_done: bool,
}

impl<'c> Merge<'c> {
    /// The sequences in `from..=to` of these series; about `wanted` of them will be taken.
    pub(super) fn new(
        connection: &'c Connection,
        series: &[SeriesId],
        order: Order,
        (from, to): (u64, u64),
        wanted: usize,
    ) -> rusqlite::Result<Self> {
        let statement = connection.prepare_cached(match order {
            Order::Ascending => ASCENDING,
            Order::Descending => DESCENDING,
        })?;
        let batch = (wanted.saturating_mul(2) / series.len().max(1))
            .clamp(2, wanted.saturating_add(1).clamp(2, 1_024));
        let cursor = |&series| Cursor {
            series,
            read: VecDeque::new(),
            batch,
            is_done: false,
        };
        let cursors: Vec<_> = series.iter().map(cursor).collect();
        let heads = BinaryHeap::with_capacity(cursors.len());
        let mut merge = Self {
            statement,
            order,
            from,
            to,
            cursors,
            heads,
        };
        for index in 0..merge.cursors.len() {
            merge.fill(index, None)?;
            merge.advance(index);
        }
        Ok(merge)
    }

    /// The next sequence, or `None` when there is no more.
    pub(super) fn next(&mut self) -> rusqlite::Result<Option<u64>> {
        let Some(Reverse((key, index))) = self.heads.pop() else {
            return Ok(None);
        };
        let seq = self.seq(key);
        if self
            .cursors
            .get(index)
            .is_some_and(|cursor| cursor.read.is_empty() && !cursor.is_done)
        {
            self.fill(index, Some(seq))?;
        }
        self.advance(index);
        Ok(Some(seq))
    }

    /// Reads the next batch of a series, beyond the sequence taken last.
    fn fill(&mut self, index: usize, taken: Option<u64>) -> rusqlite::Result<()> {
        let (from, to) = match (self.order, taken) {
            (_, None) => (self.from, self.to),
            (Order::Ascending, Some(taken)) => (taken + 1, self.to),
            (Order::Descending, Some(taken)) => (self.from, taken.saturating_sub(1)),
        };
        let Some(cursor) = self.cursors.get_mut(index) else {
            return Ok(());
        };
        let limit = i64::try_from(cursor.batch).unwrap_or(i64::MAX);
        let rows = self.statement.query_map(
            params![cursor.series, number(from), number(to), limit],
            |row| sequence(row, 0),
        )?;
        cursor.read = rows.collect::<Result<_, _>>()?;
        cursor.is_done = cursor.read.len() < cursor.batch;
        cursor.batch = (cursor.batch * 4).min(1_024);
        Ok(())
    }

    fn advance(&mut self, index: usize) {
        if let Some(seq) = self
            .cursors
            .get_mut(index)
            .and_then(|cursor| cursor.read.pop_front())
        {
            self.heads.push(Reverse((self.key(seq), index)));
        }
    }

    fn key(&self, seq: u64) -> u64 {
        match self.order {
            Order::Ascending => seq,
            Order::Descending => u64::MAX - seq,
        }
    }

    fn seq(&self, key: u64) -> u64 {
        // Its own inverse.
        self.key(key)
    }
}
