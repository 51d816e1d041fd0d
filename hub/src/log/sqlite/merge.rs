//! Merges the sequences of several topic types in one order, read from the index a few at a time.
//!
//! It reads little more than what is taken: a filter that selects hundreds of topic types costs one
//! index lookup for each, and then about one for each event.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use rusqlite::{CachedStatement, Connection, params};

use super::{
    columns::{to_integer, unsigned},
    directory::TopicTypeId,
};
use crate::log::query::Order;

const ASCENDING: &str = "SELECT seq FROM events INDEXED BY events_series
    WHERE series = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4";
const DESCENDING: &str = "SELECT seq FROM events INDEXED BY events_series
    WHERE series = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq DESC LIMIT ?4";

/// The merge. `next` returns one sequence after the other.
pub(super) struct Merge<'c> {
    statement: CachedStatement<'c>,
    order: Order,
    from: u64,
    to: u64,
    cursors: Vec<Cursor>,
    /// The next sequence of each topic type, the first in order on top: a key that orders them, and
    /// the index of the cursor.
    heads: BinaryHeap<Reverse<(u64, usize)>>,
}

/// How far one topic type has been read.
struct Cursor {
    topic_type: TopicTypeId,
    /// Sequences that were read and not yet taken.
    read: VecDeque<u64>,
    /// How many sequences the next read asks for.
    batch: usize,
    is_done: bool,
}

impl<'c> Merge<'c> {
    /// Merges the sequences in `from..=to` of these topic types. The caller will take about `wanted`
    /// of them.
    pub(super) fn new(
        connection: &'c Connection,
        topic_types: &[TopicTypeId],
        order: Order,
        (from, to): (u64, u64),
        wanted: usize,
    ) -> rusqlite::Result<Self> {
        let statement = connection.prepare_cached(match order {
            Order::Ascending => ASCENDING,
            Order::Descending => DESCENDING,
        })?;
        let batch = (wanted.saturating_mul(2) / topic_types.len().max(1))
            .clamp(2, wanted.saturating_add(1).clamp(2, 1_024));
        let cursor = |&topic_type| Cursor {
            topic_type,
            read: VecDeque::new(),
            batch,
            is_done: false,
        };
        let cursors: Vec<_> = topic_types.iter().map(cursor).collect();
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

    /// The next sequence; `None` if there are no more.
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

    /// Reads the next batch of a topic type, beyond the sequence taken last.
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
            params![cursor.topic_type, to_integer(from), to_integer(to), limit],
            |row| unsigned(row, 0),
        )?;
        cursor.read = rows.collect::<Result<_, _>>()?;
        cursor.is_done = cursor.read.len() < cursor.batch;
        cursor.batch = (cursor.batch * 4).min(1_024);
        Ok(())
    }

    /// Moves the next sequence of a topic type to the heads.
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
        // `key` is its own inverse.
        self.key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::sqlite::schema;

    /// A database in which topic type `n` of these has the listed sequences.
    fn database(topic_types: &[&[u64]]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        for (topic_type, sequences) in (0i64..).zip(topic_types) {
            for &seq in *sequences {
                connection
                    .execute(
                        "INSERT INTO events (seq, series, stored, time, size, source, data)
                         VALUES (?1, ?2, 0, 0, 0, '', '')",
                        params![to_integer(seq), topic_type],
                    )
                    .unwrap();
            }
        }
        connection
    }

    fn merged(
        connection: &Connection,
        topic_types: &[TopicTypeId],
        order: Order,
        range: (u64, u64),
        wanted: usize,
    ) -> Vec<u64> {
        let mut merge = Merge::new(connection, topic_types, order, range, wanted).unwrap();
        std::iter::from_fn(|| merge.next().unwrap()).collect()
    }

    #[test]
    fn sequences_of_several_topic_types_come_in_one_order() {
        let connection = database(&[&[1, 4, 9], &[2, 3], &[5], &[]]);
        assert_eq!(
            merged(&connection, &[0, 1, 3], Order::Ascending, (1, 99), 10),
            [1, 2, 3, 4, 9]
        );
        assert_eq!(
            merged(&connection, &[2, 0, 1], Order::Descending, (1, 99), 10),
            [9, 5, 4, 3, 2, 1]
        );
    }

    #[test]
    fn both_ends_of_the_range_belong_to_it() {
        let connection = database(&[&[1, 3, 5, 7], &[2, 4, 6]]);
        for (order, expected) in [
            (Order::Ascending, [3, 4, 5, 6]),
            (Order::Descending, [6, 5, 4, 3]),
        ] {
            assert_eq!(merged(&connection, &[0, 1], order, (3, 6), 10), expected);
        }
    }

    #[test]
    fn a_merge_goes_on_after_each_batch_however_few_were_wanted() {
        let one: Vec<u64> = (1..=3_000).filter(|seq| seq % 3 != 0).collect();
        let other: Vec<u64> = (1..=3_000).filter(|seq| seq % 3 == 0).collect();
        let connection = database(&[&one, &other]);
        let all: Vec<u64> = (1..=3_000).collect();
        for wanted in [1, 7, 5_000] {
            let found = merged(&connection, &[0, 1], Order::Ascending, (1, 3_000), wanted);
            assert!(found == all, "wanted {wanted}");
            let mut found = merged(&connection, &[0, 1], Order::Descending, (1, 3_000), wanted);
            found.reverse();
            assert!(found == all, "wanted {wanted}, descending");
        }
    }

    #[test]
    fn no_topic_type_and_no_event_in_the_range_yield_nothing() {
        let connection = database(&[&[1, 2]]);
        assert_eq!(
            merged(&connection, &[], Order::Ascending, (1, 9), 10),
            [0u64; 0]
        );
        assert_eq!(
            merged(&connection, &[0], Order::Ascending, (3, 9), 10),
            [0u64; 0]
        );
    }
}
