//! Appending: one transaction for a group of publishes.
//!
//! It also replaces the older events of latest-only topics; `log/retention.rs` lists the other
//! places of retention.

use std::{collections::HashMap, sync::Arc, time::Instant};

use pulseboard_contract::{Attributes, Event, EventId, Timestamp, Topic, TypeName};
use rusqlite::{CachedStatement, Connection, OptionalExtension, TransactionBehavior, params};

use super::{
    columns::{to_integer, unsigned},
    directory::{Change, Directory, Removed, TopicTypeId},
    schema::{Meta, sequences_of},
    state::SqliteLog,
};
use crate::log::{
    error::LogError,
    event::{Appended, NewEvent},
};

/// What an event counts for besides its texts: its record and its index entries.
const RECORD_BYTES: usize = 64;
/// How many replaced events of a latest-only topic one append removes. Normally there is one; a
/// topic that has become latest-only with a long history gives it up bit by bit.
const REPLACED_AT_ONCE: i64 = 8;

/// What one transaction does.
#[derive(Default)]
struct Batch {
    appended: Vec<Appended>,
    changes: HashMap<TopicTypeId, Change>,
    /// Topic types that the directory does not have yet.
    named: HashMap<(Topic, TypeName), TopicTypeId>,
    /// The last sequence that a newer event replaced.
    replaced: Option<u64>,
}

/// A transaction that appends events.
struct Appending<'c> {
    connection: &'c Connection,
    log: &'c SqliteLog,
    directory: &'c Directory,
    now: Timestamp,
    insert: CachedStatement<'c>,
    duplicates: CachedStatement<'c>,
    /// The last sequence assigned.
    seq: u64,
    batch: Batch,
}

impl SqliteLog {
    pub(super) fn append_all(
        &self,
        events: Vec<NewEvent>,
        now: Timestamp,
    ) -> Result<Vec<Appended>, LogError> {
        let mut writer = self.writer();
        let written = writer.use_connection(|connection| {
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
        let mut written_bytes = 0;
        for (id, change) in &batch.changes {
            directory.apply(&self.retention, *id, change, names.remove(id));
            written_bytes += change.added_bytes;
        }
        drop(directory);
        writer.after_commit(written_bytes);
        Ok(batch.appended)
    }

    fn insert(
        &self,
        connection: &Connection,
        directory: &Directory,
        events: Vec<NewEvent>,
        now: Timestamp,
    ) -> rusqlite::Result<Batch> {
        let mut appending = Appending {
            connection,
            log: self,
            directory,
            now,
            insert: connection.prepare_cached(
                "INSERT INTO events (seq, series, stored, time, expires, size, source, id, attributes, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            duplicates: connection
                .prepare_cached("SELECT seq FROM events WHERE source = ?1 AND id = ?2")?,
            seq: directory.last,
            batch: Batch {
                appended: Vec::with_capacity(events.len()),
                ..Batch::default()
            },
        };
        for new in events {
            let appended = match appending.duplicate_of(&new)? {
                Some(known) => Appended::Duplicate(known),
                None => Appended::Stored(appending.store(new)?),
            };
            appending.batch.appended.push(appended);
        }
        let batch = appending.batch;
        if let Some(replaced) = batch.replaced {
            let before = Meta::Removed.read_number(connection)?;
            Meta::Removed.write(connection, &before.max(replaced).to_string())?;
        }
        Ok(batch)
    }
}

impl Appending<'_> {
    /// The stored event that has the same source and id as this one.
    fn duplicate_of(&mut self, new: &NewEvent) -> rusqlite::Result<Option<EventId>> {
        let Some(id) = &new.id else { return Ok(None) };
        if let Some(known) = self.reimported(new, id)? {
            return Ok(Some(known));
        }
        let seq = self
            .duplicates
            .query_row(params![new.source, id], |row| unsigned(row, 0))
            .optional()?;
        Ok(seq.map(|seq| self.event_id(seq)))
    }

    /// The stored event itself, if an export of it is imported again: an event that the producer
    /// gave no id is exported under its event id.
    fn reimported(&self, new: &NewEvent, id: &str) -> rusqlite::Result<Option<EventId>> {
        let Some(own) = id
            .parse()
            .ok()
            .filter(|id: &EventId| id.epoch == self.log.epoch)
        else {
            return Ok(None);
        };
        let mut known = self
            .connection
            .prepare_cached("SELECT 1 FROM events WHERE seq = ?1 AND source = ?2 AND id IS NULL")?;
        Ok(known
            .exists(params![to_integer(own.seq), new.source])?
            .then_some(own))
    }

    fn event_id(&self, seq: u64) -> EventId {
        EventId {
            epoch: self.log.epoch,
            seq,
        }
    }

    fn store(&mut self, new: NewEvent) -> rusqlite::Result<Arc<Event>> {
        self.seq += 1;
        let seq = self.seq;
        let topic_type = self.topic_type_of(&new)?;
        let attributes = attributes_text(&new.attributes);
        let texts = new.data.as_str().len()
            + new.source.len()
            + new.id.as_ref().map_or(0, String::len)
            + attributes.as_ref().map_or(0, String::len);
        let size = (texts + RECORD_BYTES) as u64;
        self.insert.execute(params![
            to_integer(seq),
            topic_type,
            self.now.millis(),
            new.time.millis(),
            new.expires.map(Timestamp::millis),
            to_integer(size),
            new.source,
            new.id,
            attributes,
            new.data.as_str(),
        ])?;
        self.batch
            .changes
            .entry(topic_type)
            .or_default()
            .add(seq, size);
        if self.log.retention.is_latest_only(&new.topic) {
            self.replace_older(&new.topic)?;
        }
        let event_id = self.event_id(seq);
        Ok(Arc::new(Event {
            event_id: Some(event_id),
            id: new.id.unwrap_or_else(|| event_id.to_string()),
            source: new.source,
            event_type: new.event_type,
            topic: new.topic,
            time: new.time,
            expires: new.expires,
            attributes: new.attributes,
            data: new.data,
        }))
    }

    /// The id of the event's topic type; its row is created if there is none.
    fn topic_type_of(&mut self, new: &NewEvent) -> rusqlite::Result<TopicTypeId> {
        if let Some(id) = self.directory.find(&new.topic, &new.event_type) {
            return Ok(id);
        }
        let name = (new.topic.clone(), new.event_type.clone());
        if let Some(&id) = self.batch.named.get(&name) {
            return Ok(id);
        }
        // A topic type that had events before still has its row, which remembers what it lost.
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO series (topic, type, first) VALUES (?1, ?2, ?3) ON CONFLICT (topic, type) DO UPDATE SET first = first
             RETURNING id",
        )?;
        let id = insert.query_row(
            params![name.0.as_str(), name.1.as_str(), to_integer(self.seq)],
            |row| row.get(0),
        )?;
        self.batch.named.insert(name, id);
        Ok(id)
    }

    /// Removes the events that the newest one replaces: the older events of its topic, whatever
    /// their type.
    fn replace_older(&mut self, topic: &Topic) -> rusqlite::Result<()> {
        let new = self
            .batch
            .named
            .iter()
            .filter(|((of, _), _)| of == topic)
            .map(|(_, &id)| id);
        let ids: Vec<TopicTypeId> = self.directory.of_topic(topic).chain(new).collect();
        let mut delete = self.connection.prepare_cached(
            "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE series = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3)
             RETURNING seq, size",
        )?;
        for id in ids {
            let rows = delete
                .query_map(params![id, to_integer(self.seq), REPLACED_AT_ONCE], |row| {
                    Ok((unsigned(row, 0)?, unsigned(row, 1)?))
                })?;
            let gone: Vec<(u64, u64)> = rows.collect::<Result<_, _>>()?;
            let Some(last) = gone.iter().map(|&(seq, _)| seq).max() else {
                continue;
            };
            self.batch.replaced = self.batch.replaced.max(Some(last));
            let left = sequences_of(self.connection, id)?;
            let removed = &mut self.batch.changes.entry(id).or_default().removed;
            let before = removed.map_or((0, 0), |removed| (removed.count, removed.bytes));
            *removed = Some(Removed {
                count: before.0 + gone.len() as u64,
                bytes: before.1 + gone.iter().map(|&(_, size)| size).sum::<u64>(),
                left,
            });
        }
        Ok(())
    }
}

impl Change {
    /// Adds an event to the change.
    fn add(&mut self, seq: u64, size: u64) {
        let extend = |range: Option<(u64, u64)>| (range.map_or(seq, |(first, _)| first), seq);
        self.added = Some(extend(self.added));
        self.added_count += 1;
        self.added_bytes += size;
        if let Some(removed) = &mut self.removed {
            removed.left = Some(extend(removed.left));
        }
    }
}

/// The attributes as they are stored; `None` if there are none.
fn attributes_text(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        None
    } else {
        serde_json::to_string(attributes).ok()
    }
}

#[allow(clippy::cast_precision_loss)] // A count far below 2^52.
fn float(count: usize) -> f64 {
    count as f64
}
