//! Pruning: removes the events that `overdue.rs` finds, in steps short enough that no publisher
//! notices. `log/retention.rs` lists the other places of retention.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use pulseboard_contract::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{
    columns::{to_integer, unsigned},
    directory::{Change, Removed, TopicTypeId},
    overdue::{Overdue, beyond_limits, expired},
    schema::{Meta, sequences_of},
    state::SqliteLog,
    writer::Writer,
};
use crate::log::error::LogError;

/// How long a step should take. A publish waits at most that long for it.
const STEP: Duration = Duration::from_millis(4);
/// The most events of one step, however fast the disk.
const MOST_ROWS: usize = 4_096;
/// The most events of one step that are removed only to keep up with appends.
const RUSH_ROWS: usize = 2_048;
/// How many rows of topic types without events are kept, to count exactly what they lost. Beyond
/// it, rows are deleted, and a cursor that old gets a gap whatever its filter selects.
const REMEMBERED_TYPES: i64 = 10_000;

/// The events that one step removes.
struct Step {
    overdue: Vec<Overdue>,
    /// Whether subscribers are told of a loss. Expired events were meant to go.
    is_loss: bool,
}

/// What a step removes from one topic type.
#[derive(Default)]
struct Loss {
    /// The last removed sequence.
    through: u64,
    count: u64,
    bytes: u64,
}

impl SqliteLog {
    /// Takes one step; returns whether another should follow.
    pub(super) fn prune(&self, now: Timestamp) -> Result<bool, LogError> {
        let mut writer = self.writer();
        let started = Instant::now();
        // As many events as fit the time, but never fewer than were appended, or the log would grow
        // beyond its limits under load.
        let rows = writer.prune_rows.max((2 * writer.appended).min(RUSH_ROWS));
        writer.appended = 0;
        let found = writer.use_connection(|connection| self.find(connection, now, rows))?;
        let Some(step) = found else { return Ok(false) };
        let count = step.overdue.len();
        let (changes, took) =
            writer.use_connection(|connection| self.delete(connection, &step, started))?;
        let mut directory = self.directory_mut();
        for (id, change) in &changes {
            directory.apply(&self.retention, *id, change, None);
        }
        drop(directory);
        self.metrics.pruned.inc_by(count as u64);
        adapt(&mut writer, count, took);
        writer.after_commit(0);
        Ok(true)
    }

    fn find(
        &self,
        connection: &Connection,
        now: Timestamp,
        rows: usize,
    ) -> rusqlite::Result<Option<Step>> {
        let mut step = Step {
            overdue: expired(connection, now, rows)?,
            is_loss: false,
        };
        if step.overdue.is_empty() {
            let directory = self.directory();
            step = Step {
                overdue: beyond_limits(connection, &directory, &self.retention, now, rows)?,
                is_loss: true,
            };
        }
        Ok((!step.overdue.is_empty()).then_some(step))
    }

    /// Deletes the events of a step. Also returns how long the work took, without the sync, which
    /// every commit costs alike.
    fn delete(
        &self,
        connection: &mut Connection,
        step: &Step,
        started: Instant,
    ) -> rusqlite::Result<(HashMap<TopicTypeId, Change>, Duration)> {
        let last = self.directory().last;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = self.prune_version.load(Ordering::Acquire) + 1;
        let losses = delete_events(&transaction, &step.overdue)?;
        let through = losses.values().map(|loss| loss.through).max().unwrap_or(0);
        let mut changes = HashMap::with_capacity(losses.len());
        for (id, loss) in losses {
            if step.is_loss {
                remember(&transaction, id, &loss, version)?;
            }
            let left = sequences_of(&transaction, id)?;
            if left.is_none() && !step.is_loss {
                // The row is needed only if the topic type has lost something before.
                let mut delete = transaction
                    .prepare_cached("DELETE FROM series WHERE id = ?1 AND pruned_through = 0")?;
                delete.execute([id])?;
            }
            let change = Change {
                removed: Some(Removed {
                    count: loss.count,
                    bytes: loss.bytes,
                    left,
                }),
                ..Change::default()
            };
            changes.insert(id, change);
        }
        // The newest event may be among the removed ones, and no sequence is ever assigned twice.
        Meta::Last.write(&transaction, &last.to_string())?;
        if step.is_loss {
            Meta::PruneVersion.write(&transaction, &version.to_string())?;
            if changes
                .values()
                .any(|change| change.removed.is_some_and(|removed| removed.left.is_none()))
            {
                forget(&transaction, self.directory().type_count(), version)?;
            }
            // Before the commit: a reader that sees its effect must know to look for pruned events.
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

fn delete_events(
    transaction: &Transaction<'_>,
    overdue: &[Overdue],
) -> rusqlite::Result<BTreeMap<TopicTypeId, Loss>> {
    let mut losses: BTreeMap<TopicTypeId, Loss> = BTreeMap::new();
    let mut delete = transaction.prepare_cached("DELETE FROM events WHERE seq = ?1")?;
    for event in overdue {
        delete.execute([to_integer(event.seq)])?;
        let loss = losses.entry(event.topic_type).or_default();
        loss.through = loss.through.max(event.seq);
        loss.count += 1;
        loss.bytes += event.size;
    }
    Ok(losses)
}

/// Records what a topic type has lost, for the gaps of later streams.
fn remember(
    transaction: &Transaction<'_>,
    id: TopicTypeId,
    loss: &Loss,
    version: u64,
) -> rusqlite::Result<()> {
    let mut update = transaction.prepare_cached(
        "UPDATE series SET pruned_through = max(pruned_through, ?2), pruned_count = pruned_count + ?3, pruned_version = ?4
         WHERE id = ?1",
    )?;
    let (through, count) = (to_integer(loss.through), to_integer(loss.count));
    update
        .execute(params![id, through, count, to_integer(version)])
        .map(drop)
}

/// Adapts the size of the next step to the time it should take.
fn adapt(writer: &mut Writer, count: usize, took: Duration) {
    if took > STEP {
        writer.prune_rows = (writer.prune_rows / 2).max(16);
    } else if took < STEP / 2 && count >= writer.prune_rows {
        writer.prune_rows = (writer.prune_rows * 2).min(MOST_ROWS);
    }
}

/// Deletes rows of topic types that have had no events for the longest time, if there are too many.
/// `living` is the number of topic types with events.
fn forget(connection: &Connection, living: usize, version: u64) -> rusqlite::Result<()> {
    let mut all = connection.prepare_cached("SELECT count(*) FROM series")?;
    let all: i64 = all.query_row([], |row| row.get(0))?;
    if all - i64::try_from(living).unwrap_or(i64::MAX) <= REMEMBERED_TYPES {
        return Ok(());
    }
    let mut delete = connection.prepare_cached(
        "DELETE FROM series WHERE id IN (
             SELECT id FROM series INDEXED BY series_pruned WHERE pruned_through > 0
                 AND NOT EXISTS (SELECT 1 FROM events WHERE events.series = series.id)
             ORDER BY pruned_through LIMIT 256)
         RETURNING pruned_through",
    )?;
    let rows = delete.query_map([], |row| unsigned(row, 0))?;
    let gone: Vec<u64> = rows.collect::<Result<_, _>>()?;
    if let Some(&through) = gone.iter().max() {
        let before = Meta::Forgotten.read_number(connection)?;
        Meta::Forgotten.write(connection, &before.max(through).to_string())?;
        Meta::ForgottenVersion.write(connection, &version.to_string())?;
    }
    Ok(())
}
