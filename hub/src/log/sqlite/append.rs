//! Appending: one transaction for a group of publishes.

use std::{collections::HashMap, sync::Arc, time::Instant};

use pulseboard_contract::{Event, EventId, Timestamp, Topic, TypeName};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{
    SqliteLog,
    directory::{Change, Directory, Removed, SeriesId},
    number,
    schema::Meta,
    sequence,
};
use crate::log::{Appended, LogError, NewEvent};

/// What an event counts for beside its texts: its record and its places in the indexes.
const RECORD_BYTES: usize = 64;
/// How many replaced events of a latest-only topic go with one append. In the steady state there is
/// one; a topic that has become latest-only with a long history gives it up bit by bit.
const REPLACED_AT_ONCE: i64 = 8;

/// What one transaction has done.
#[derive(Default)]
struct Batch {
    appended: Vec<Appended>,
    changes: HashMap<SeriesId, Change>,
    /// Series the directory does not have.
    named: HashMap<(Topic, TypeName), SeriesId>,
    /// The last sequence that a newer event replaced.
    replaced: Option<u64>,
}

impl SqliteLog {
    pub(super) fn append_all(
        &self,
        events: Vec<NewEvent>,
        now: Timestamp,
    ) -> Result<Vec<Appended>, LogError> {
        let mut writer = self.writer();
        let written = writer.use_connection(self, |connection| {
            let directory = self.directory();
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let batch = self.insert(&transaction, &directory, events, now)?;
            drop(directory);
            let started = Instant::now();
            transaction.commit()?;
            self.metrics.commit.observe(started.elapsed().as_secs_f64());
            Ok(batch)
        });
        let batch = written?;
        self.metrics.group.observe(float(batch.appended.len()));
        writer.appended += batch.appended.len();
        let mut directory = self.directory_mut();
        let mut names: HashMap<_, _> = batch
            .named
            .into_iter()
            .map(|(name, id)| (id, name))
            .collect();
        for (id, change) in &batch.changes {
            directory.apply(&self.retention, *id, change, names.remove(id));
            writer.written_bytes += change.added_bytes;
        }
        drop(directory);
        self.checkpoints.after_commit(&mut writer);
        Ok(batch.appended)
    }

    fn insert(
        &self,
        connection: &Connection,
        directory: &Directory,
        events: Vec<NewEvent>,
        now: Timestamp,
    ) -> rusqlite::Result<Batch> {
        let mut duplicates =
            connection.prepare_cached("SELECT seq FROM events WHERE source = ?1 AND id = ?2")?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO events (seq, series, stored, time, expires, size, source, id, attributes, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let mut batch = Batch {
            appended: Vec::with_capacity(events.len()),
            ..Batch::default()
        };
        let mut seq = directory.last;
        for new in events {
            if let Some(known) = self.already_here(connection, &new)? {
                batch.appended.push(Appended::Duplicate(known));
                continue;
            }
            if let Some(id) = &new.id {
                let known = duplicates
                    .query_row(params![new.source, id], |row| sequence(row, 0))
                    .optional()?;
                if let Some(seq) = known {
                    batch.appended.push(Appended::Duplicate(EventId {
                        epoch: self.epoch,
                        seq,
                    }));
                    continue;
                }
            }
            seq += 1;
            let series = series_of(connection, directory, &mut batch, &new, seq)?;
            let attributes = if new.attributes.is_empty() {
                None
            } else {
                serde_json::to_string(&new.attributes).ok()
            };
            let texts = new.data.as_str().len()
                + new.source.len()
                + new.id.as_ref().map_or(0, String::len)
                + attributes.as_ref().map_or(0, String::len);
            let size = (texts + RECORD_BYTES) as u64;
            insert.execute(params![
                number(seq),
                series,
                now.millis(),
                new.time.millis(),
                new.expires.map(Timestamp::millis),
                number(size),
                new.source,
                new.id,
                attributes,
                new.data.as_str(),
            ])?;
            let change = batch.changes.entry(series).or_default();
            change.added = Some((change.added.map_or(seq, |(first, _)| first), seq));
            change.added_count += 1;
            change.added_bytes += size;
            if let Some(removed) = &mut change.removed {
                removed.left = Some((removed.left.map_or(seq, |(first, _)| first), seq));
            }
            if self.retention.is_latest_only(&new.topic) {
                replace(connection, directory, &mut batch, &new.topic, seq)?;
            }
            let event_id = EventId {
                epoch: self.epoch,
                seq,
            };
            batch.appended.push(Appended::Stored(Arc::new(Event {
                event_id: Some(event_id),
                id: new.id.unwrap_or_else(|| event_id.to_string()),
                source: new.source,
                event_type: new.event_type,
                topic: new.topic,
                time: new.time,
                expires: new.expires,
                attributes: new.attributes,
                data: new.data,
            })));
        }
        if let Some(replaced) = batch.replaced {
            let before = Meta::Removed.read_number(connection)?;
            Meta::Removed.write(connection, &before.max(replaced).to_string())?;
        }
        Ok(batch)
    }
}

impl SqliteLog {
    /// The event itself, where it comes back: one without an id of its own is exported under its
    /// event id.
    fn already_here(
        &self,
        connection: &Connection,
        new: &NewEvent,
    ) -> rusqlite::Result<Option<EventId>> {
        let own = new
            .id
            .as_ref()
            .and_then(|id| id.parse().ok())
            .filter(|id: &EventId| id.epoch == self.epoch);
        let Some(id) = own else { return Ok(None) };
        let mut known = connection
            .prepare_cached("SELECT 1 FROM events WHERE seq = ?1 AND source = ?2 AND id IS NULL")?;
        Ok(known
            .exists(params![number(id.seq), new.source])?
            .then_some(id))
    }
}

/// The row of the event's series; made where there is none.
fn series_of(
    connection: &Connection,
    directory: &Directory,
    batch: &mut Batch,
    new: &NewEvent,
    seq: u64,
) -> rusqlite::Result<SeriesId> {
    if let Some(id) = directory.find(&new.topic, &new.event_type) {
        return Ok(id);
    }
    let name = (new.topic.clone(), new.event_type.clone());
    if let Some(&id) = batch.named.get(&name) {
        return Ok(id);
    }
    // One that had events before has its row still; what it lost is remembered there.
    let mut insert = connection.prepare_cached(
        "INSERT INTO series (topic, type, first) VALUES (?1, ?2, ?3) ON CONFLICT (topic, type) DO UPDATE SET first = first
         RETURNING id",
    )?;
    let id = insert.query_row(
        params![name.0.as_str(), name.1.as_str(), number(seq)],
        |row| row.get(0),
    )?;
    batch.named.insert(name, id);
    Ok(id)
}

/// Takes what `seq` replaces: the older events of its topic, whatever their type.
fn replace(
    connection: &Connection,
    directory: &Directory,
    batch: &mut Batch,
    topic: &Topic,
    seq: u64,
) -> rusqlite::Result<()> {
    let new = batch
        .named
        .iter()
        .filter(|((of, _), _)| of == topic)
        .map(|(_, &id)| id);
    let series: Vec<SeriesId> = directory.of_topic(topic).chain(new).collect();
    let mut delete = connection.prepare_cached(
        "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE series = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3)
         RETURNING seq, size",
    )?;
    for id in series {
        let rows = delete.query_map(params![id, number(seq), REPLACED_AT_ONCE], |row| {
            Ok((sequence(row, 0)?, sequence(row, 1)?))
        })?;
        let gone: Vec<(u64, u64)> = rows.collect::<Result<_, _>>()?;
        let Some(last) = gone.iter().map(|&(seq, _)| seq).max() else {
            continue;
        };
        batch.replaced = batch.replaced.max(Some(last));
        let before = batch.changes.get(&id).and_then(|change| change.removed);
        let removed = Removed {
            count: before.map_or(0, |removed| removed.count) + gone.len() as u64,
            bytes: before.map_or(0, |removed| removed.bytes)
                + gone.iter().map(|&(_, size)| size).sum::<u64>(),
            left: left(connection, id)?,
        };
        batch.changes.entry(id).or_default().removed = Some(removed);
    }
    Ok(())
}

/// The first and last sequence of a series, if it has any.
pub(super) fn left(
    connection: &Connection,
    series: SeriesId,
) -> rusqlite::Result<Option<(u64, u64)>> {
    let mut first = connection
        .prepare_cached("SELECT seq FROM events WHERE series = ?1 ORDER BY seq LIMIT 1")?;
    let mut last = connection
        .prepare_cached("SELECT seq FROM events WHERE series = ?1 ORDER BY seq DESC LIMIT 1")?;
    let Some(first) = first
        .query_row([series], |row| sequence(row, 0))
        .optional()?
    else {
        return Ok(None);
    };
    let last = last.query_row([series], |row| sequence(row, 0))?;
    Ok(Some((first, last)))
}

#[allow(clippy::cast_precision_loss)] // A count far below 2^52.
fn float(count: usize) -> f64 {
    count as f64
}
