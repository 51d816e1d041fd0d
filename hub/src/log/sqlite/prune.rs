//! Pruning: what has expired, and what is over a limit, in steps short enough that no publish
//! notices.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use pulseboard_contract::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{
    SqliteLog,
    append::left,
    directory::{Change, Directory, Removed, SeriesId, Total},
    merge::Merge,
    number,
    schema::Meta,
    sequence,
    writer::Writer,
};
use crate::log::{Limits, LogError, MAINTENANCE_STEP, Order};

/// The most events one step takes, however fast the disk.
const MOST_ROWS: usize = 4_096;
/// The most events one step takes because as many come in.
const RUSH_ROWS: usize = 2_048;
/// How many series of a rule are looked at in one step, those with the oldest events first.
const SERIES_AT_ONCE: usize = 64;
/// How many rows of series without events are kept, to tell exactly what they lost. Beyond it they
/// are forgotten, and a cursor that old is told of a gap whatever it selects.
const REMEMBERED_SERIES: i64 = 10_000;

/// An event that is to go.
#[derive(Clone, Copy)]
struct Doomed {
    seq: u64,
    series: SeriesId,
    size: u64,
}

/// What a step has found to do.
struct Step {
    doomed: Vec<Doomed>,
    /// Whether it is a loss that subscribers are told of; what expires was to be forgotten.
    is_loss: bool,
}

impl SqliteLog {
    /// Takes one step; tells whether another should follow.
    pub(super) fn prune(&self, now: Timestamp) -> Result<bool, LogError> {
        let mut writer = self.writer();
        let started = Instant::now();
        // As many as fit the time, but never fewer than come in, or the log would grow past its
        // limits under load.
        let rows = writer.prune_rows.max((2 * writer.appended).min(RUSH_ROWS));
        writer.appended = 0;
        let found = writer.use_connection(self, |connection| self.find(connection, now, rows))?;
        let Some(step) = found else { return Ok(false) };
        let count = step.doomed.len();
        let (changes, took) =
            writer.use_connection(self, |connection| self.delete(connection, &step, started))?;
        let mut directory = self.directory_mut();
        for (id, change) in &changes {
            directory.apply(&self.retention, *id, change, None);
        }
        drop(directory);
        self.metrics.pruned.inc_by(count as u64);
        fit(&mut writer, count, took);
        self.checkpoints.after_commit(&mut writer);
        Ok(true)
    }

    /// What should go next: what has expired, then what is over a rule's limits, then what is over
    /// the whole log's.
    fn find(
        &self,
        connection: &Connection,
        now: Timestamp,
        rows: usize,
    ) -> rusqlite::Result<Option<Step>> {
        let expired = expired(connection, now, rows)?;
        if !expired.is_empty() {
            return Ok(Some(Step {
                doomed: expired,
                is_loss: false,
            }));
        }
        let directory = self.directory();
        for (rule, total) in self.retention.rules.iter().zip(&directory.rules) {
            let doomed = over(connection, total, rule.limits, now, rows, Some(&directory))?;
            if !doomed.is_empty() {
                return Ok(Some(Step {
                    doomed,
                    is_loss: true,
                }));
            }
        }
        let doomed = over(
            connection,
            &directory.whole,
            self.retention.whole,
            now,
            rows,
            None,
        )?;
        Ok((!doomed.is_empty()).then_some(Step {
            doomed,
            is_loss: true,
        }))
    }

    /// Deletes what the step has found; tells how long the work took, without the sync, which every
    /// commit costs alike.
    fn delete(
        &self,
        connection: &mut Connection,
        step: &Step,
        started: Instant,
    ) -> rusqlite::Result<(HashMap<SeriesId, Change>, Duration)> {
        let last = self.directory().last;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = self.prune_version.load(Ordering::Acquire) + 1;
        let mut lost: BTreeMap<SeriesId, (u64, u64, u64)> = BTreeMap::new();
        {
            let mut delete = transaction.prepare_cached("DELETE FROM events WHERE seq = ?1")?;
            for doomed in &step.doomed {
                delete.execute([number(doomed.seq)])?;
                let (through, count, bytes) = lost.entry(doomed.series).or_default();
                (*through, *count, *bytes) =
                    ((*through).max(doomed.seq), *count + 1, *bytes + doomed.size);
            }
        }
        let through = lost
            .values()
            .map(|&(through, _, _)| through)
            .max()
            .unwrap_or(0);
        let mut changes = HashMap::with_capacity(lost.len());
        for (series, (through, count, bytes)) in lost {
            if step.is_loss {
                let mut remember = transaction.prepare_cached(
                    "UPDATE series SET pruned_through = max(pruned_through, ?2), pruned_count = pruned_count + ?3, pruned_version = ?4
                     WHERE id = ?1",
                )?;
                remember.execute(params![
                    series,
                    number(through),
                    number(count),
                    number(version)
                ])?;
            }
            let left = left(&transaction, series)?;
            if left.is_none() && !step.is_loss {
                // Nothing is to be remembered of it, unless it lost something before.
                let mut drop = transaction
                    .prepare_cached("DELETE FROM series WHERE id = ?1 AND pruned_through = 0")?;
                drop.execute([series])?;
            }
            let removed = Removed { count, bytes, left };
            changes.insert(
                series,
                Change {
                    removed: Some(removed),
                    ..Change::default()
                },
            );
        }
        // The newest event may be among them, and no sequence is ever given twice.
        Meta::Last.write(&transaction, &last.to_string())?;
        if step.is_loss {
            Meta::PruneVersion.write(&transaction, &version.to_string())?;
            if changes
                .values()
                .any(|change| change.removed.is_some_and(|removed| removed.left.is_none()))
            {
                forget(&transaction, self.directory().series_count(), version)?;
            }
            // Before the commit: a reader that sees its effect must know to ask.
            self.pruned_through.fetch_max(through, Ordering::AcqRel);
        } else {
            let before = Meta::Removed.read_number(&transaction)?;
            Meta::Removed.write(&transaction, &before.max(through).to_string())?;
        }
        let took = started.elapsed();
        transaction.commit()?;
        if step.is_loss {
            self.prune_version.store(version, Ordering::Release);
        }
        Ok((changes, took))
    }
}

/// The next step is as large as fits the time it may take.
fn fit(writer: &mut Writer, count: usize, took: Duration) {
    if took > MAINTENANCE_STEP {
        writer.prune_rows = (writer.prune_rows / 2).max(16);
    } else if took < MAINTENANCE_STEP / 2 && count >= writer.prune_rows {
        writer.prune_rows = (writer.prune_rows * 2).min(MOST_ROWS);
    }
}

fn expired(connection: &Connection, now: Timestamp, rows: usize) -> rusqlite::Result<Vec<Doomed>> {
    let mut statement = connection
        .prepare_cached("SELECT seq, series, size FROM events INDEXED BY events_expires WHERE expires <= ?1 LIMIT ?2")?;
    let limit = i64::try_from(rows).unwrap_or(i64::MAX);
    let found = statement.query_map(params![now.millis(), limit], |row| {
        Ok(Doomed {
            seq: sequence(row, 0)?,
            series: row.get(1)?,
            size: sequence(row, 2)?,
        })
    })?;
    found.collect()
}

/// The oldest events, as long as they are over the limits. `directory` is given for a rule, whose
/// series are a part of all.
fn over(
    connection: &Connection,
    total: &Total,
    limits: Limits,
    now: Timestamp,
    rows: usize,
    directory: Option<&Directory>,
) -> rusqlite::Result<Vec<Doomed>> {
    let Some(&(first, _)) = total.oldest.first() else {
        return Ok(Vec::new());
    };
    let cutoff = limits.age.map(|age| {
        now.millis()
            .saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
    });
    let mut is_over_by = (
        limits
            .events
            .map_or(0, |events| total.count.saturating_sub(events)),
        limits
            .bytes
            .map_or(0, |bytes| total.bytes.saturating_sub(bytes)),
    );
    let mut row =
        connection.prepare_cached("SELECT series, size, stored FROM events WHERE seq = ?1")?;
    let mut next =
        connection.prepare_cached("SELECT seq FROM events WHERE seq >= ?1 ORDER BY seq LIMIT 1")?;
    let mut merge = match directory {
        Some(directory) => {
            let series: Vec<SeriesId> = total
                .oldest
                .iter()
                .take(SERIES_AT_ONCE)
                .map(|&(_, id)| id)
                .collect();
            // Not past the series that is not looked at: its events are older than what follows.
            let to = total
                .oldest
                .iter()
                .nth(SERIES_AT_ONCE)
                .map_or(directory.last, |&(first, _)| first.saturating_sub(1));
            Some(Merge::new(
                connection,
                &series,
                Order::Ascending,
                (first, to.max(first)),
                rows,
            )?)
        }
        None => None,
    };
    let mut doomed = Vec::new();
    // Stored under a clock that was ahead: how old they are, those after them say.
    let mut undecided = Vec::new();
    let mut from = first;
    while doomed.len() < rows {
        let seq = match &mut merge {
            Some(merge) => merge.next()?,
            None => next
                .query_row([number(from)], |row| sequence(row, 0))
                .optional()?,
        };
        let Some(seq) = seq else { break };
        let found = row
            .query_row([number(seq)], |row| {
                Ok((row.get(0)?, sequence(row, 1)?, row.get::<_, i64>(2)?))
            })
            .optional()?;
        let Some((series, size, stored)) = found else {
            break;
        };
        from = seq + 1;
        let one = Doomed { seq, series, size };
        if is_over_by == (0, 0) {
            let Some(cutoff) = cutoff else { break };
            if stored > now.millis() {
                undecided.push(one);
                if undecided.len() >= rows {
                    break;
                }
                continue;
            }
            if stored > cutoff {
                break;
            }
            doomed.append(&mut undecided);
        }
        is_over_by = (
            is_over_by.0.saturating_sub(1),
            is_over_by.1.saturating_sub(size),
        );
        doomed.push(one);
    }
    Ok(doomed)
}

/// Lets go of the rows of series that have had no events for longest, where there are too many of
/// them.
fn forget(connection: &Connection, living: usize, version: u64) -> rusqlite::Result<()> {
    let mut all = connection.prepare_cached("SELECT count(*) FROM series")?;
    let all: i64 = all.query_row([], |row| row.get(0))?;
    if all - i64::try_from(living).unwrap_or(i64::MAX) <= REMEMBERED_SERIES {
        return Ok(());
    }
    let mut delete = connection.prepare_cached(
        "DELETE FROM series WHERE id IN (
             SELECT id FROM series INDEXED BY series_pruned WHERE pruned_through > 0
                 AND NOT EXISTS (SELECT 1 FROM events WHERE events.series = series.id)
             ORDER BY pruned_through LIMIT 256)
         RETURNING pruned_through",
    )?;
    let rows = delete.query_map([], |row| sequence(row, 0))?;
    let gone: Vec<u64> = rows.collect::<Result<_, _>>()?;
    if let Some(&through) = gone.iter().max() {
        let before = Meta::Forgotten.read_number(connection)?;
        Meta::Forgotten.write(connection, &before.max(through).to_string())?;
        Meta::ForgottenVersion.write(connection, &version.to_string())?;
    }
    Ok(())
}
