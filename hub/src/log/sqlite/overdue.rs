//! Finds the events that retention has to remove next: expired ones, and the oldest beyond a limit.

use pulseboard_contract::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::{
    columns::{to_integer, unsigned},
    directory::{Directory, TopicTypeId, Total},
    merge::Merge,
};
use crate::log::{
    query::Order,
    retention::{Limits, Retention},
};

/// How many topic types of a rule one step looks at, those with the oldest events first.
const TYPES_AT_ONCE: usize = 64;

/// An event to be removed.
#[derive(Clone, Copy)]
pub(super) struct Overdue {
    pub(super) seq: u64,
    pub(super) topic_type: TopicTypeId,
    pub(super) size: u64,
}

/// The events that have expired, up to `rows`.
pub(super) fn expired(
    connection: &Connection,
    now: Timestamp,
    rows: usize,
) -> rusqlite::Result<Vec<Overdue>> {
    let mut statement = connection
        .prepare_cached("SELECT seq, series, size FROM events INDEXED BY events_expires WHERE expires <= ?1 LIMIT ?2")?;
    let limit = i64::try_from(rows).unwrap_or(i64::MAX);
    let found = statement.query_map(params![now.millis(), limit], |row| {
        Ok(Overdue {
            seq: unsigned(row, 0)?,
            topic_type: row.get(1)?,
            size: unsigned(row, 2)?,
        })
    })?;
    found.collect()
}

/// The oldest events beyond a limit, up to `rows`: first those of the rules, then those of the
/// whole log.
pub(super) fn beyond_limits(
    connection: &Connection,
    directory: &Directory,
    retention: &Retention,
    now: Timestamp,
    rows: usize,
) -> rusqlite::Result<Vec<Overdue>> {
    for (rule, total) in retention.rules.iter().zip(&directory.rules) {
        let Some(&(first, _)) = total.oldest.first() else {
            continue;
        };
        let candidates = Candidates::of_rule(connection, directory, total, first, rows)?;
        let overdue = beyond(connection, candidates, total, rule.limits, now, rows)?;
        if !overdue.is_empty() {
            return Ok(overdue);
        }
    }
    let total = &directory.whole;
    let Some(&(first, _)) = total.oldest.first() else {
        return Ok(Vec::new());
    };
    let candidates = Candidates::of_log(connection, first)?;
    beyond(connection, candidates, total, retention.whole, now, rows)
}

/// The sequences that may be removed, oldest first.
enum Candidates<'c> {
    /// Of the topic types of a rule.
    Rule(Merge<'c>),
    /// Of the whole log, from this sequence on.
    Log(CachedStatement<'c>, u64),
}

impl<'c> Candidates<'c> {
    fn of_rule(
        connection: &'c Connection,
        directory: &Directory,
        total: &Total,
        first: u64,
        rows: usize,
    ) -> rusqlite::Result<Self> {
        let topic_types: Vec<TopicTypeId> = total
            .oldest
            .iter()
            .take(TYPES_AT_ONCE)
            .map(|&(_, id)| id)
            .collect();
        // Stop before the first topic type that is left out: its events are older than the rest.
        let to = total
            .oldest
            .iter()
            .nth(TYPES_AT_ONCE)
            .map_or(directory.last, |&(first, _)| first.saturating_sub(1));
        let range = (first, to.max(first));
        Merge::new(connection, &topic_types, Order::Ascending, range, rows).map(Self::Rule)
    }

    fn of_log(connection: &'c Connection, first: u64) -> rusqlite::Result<Self> {
        let next = connection
            .prepare_cached("SELECT seq FROM events WHERE seq >= ?1 ORDER BY seq LIMIT 1")?;
        Ok(Self::Log(next, first))
    }

    fn next(&mut self) -> rusqlite::Result<Option<u64>> {
        match self {
            Self::Rule(merge) => merge.next(),
            Self::Log(next, from) => {
                let seq = next
                    .query_row([to_integer(*from)], |row| unsigned(row, 0))
                    .optional()?;
                if let Some(seq) = seq {
                    *from = seq + 1;
                }
                Ok(seq)
            }
        }
    }
}

/// How far a total is beyond its limits.
struct Excess {
    events: u64,
    bytes: u64,
    /// Events stored at this time or earlier are too old.
    cutoff: Option<i64>,
}

impl Excess {
    fn of(total: &Total, limits: Limits, now: Timestamp) -> Self {
        let over =
            |value: u64, limit: Option<u64>| limit.map_or(0, |limit| value.saturating_sub(limit));
        let cutoff = limits.age.map(|age| {
            now.millis()
                .saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
        });
        Self {
            events: over(total.count, limits.events),
            bytes: over(total.bytes, limits.bytes),
            cutoff,
        }
    }

    fn is_too_many(&self) -> bool {
        self.events > 0 || self.bytes > 0
    }

    fn remove(&mut self, size: u64) {
        self.events = self.events.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size);
    }
}

/// The oldest candidates as long as the total is beyond its limits.
fn beyond(
    connection: &Connection,
    mut candidates: Candidates<'_>,
    total: &Total,
    limits: Limits,
    now: Timestamp,
    rows: usize,
) -> rusqlite::Result<Vec<Overdue>> {
    let mut excess = Excess::of(total, limits, now);
    let mut row =
        connection.prepare_cached("SELECT series, size, stored FROM events WHERE seq = ?1")?;
    let mut overdue = Vec::new();
    // Events that were stored while the clock was ahead. The next event with a plausible time shows
    // whether they are too old.
    let mut undecided = Vec::new();
    while overdue.len() < rows {
        let Some(seq) = candidates.next()? else { break };
        let found = row
            .query_row([to_integer(seq)], |row| {
                Ok((row.get(0)?, unsigned(row, 1)?, row.get::<_, i64>(2)?))
            })
            .optional()?;
        let Some((topic_type, size, stored)) = found else {
            break;
        };
        let event = Overdue {
            seq,
            topic_type,
            size,
        };
        if !excess.is_too_many() {
            let Some(cutoff) = excess.cutoff else { break };
            if stored > now.millis() {
                undecided.push(event);
                if undecided.len() >= rows {
                    break;
                }
                continue;
            }
            if stored > cutoff {
                break;
            }
            overdue.append(&mut undecided);
        }
        excess.remove(size);
        overdue.push(event);
    }
    Ok(overdue)
}
