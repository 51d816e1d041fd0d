//! The tables of the log, and the facts stored beside the events.
//!
//! The table `series` has one row per topic type: one topic with one event type. Every filter
//! selects a set of topic types, so one index serves all filters. The index ends with the size, so
//! that loading the directory reads the index alone.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::unsigned;

/// The application id of a log in the header of its database: "plsb" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x706c_7362;

/// The version of the schema. Opening a file of an older version migrates it step by step.
pub(super) const VERSION: i32 = 1;

/// The step from each version to the next. The first one creates the tables.
const STEPS: [&str; VERSION as usize] = ["
    CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        topic TEXT NOT NULL,
        type TEXT NOT NULL,
        -- The first sequence the topic type ever had.
        first INTEGER NOT NULL,
        -- What retention has removed from it: the last sequence, how many, and by which pruning.
        pruned_through INTEGER NOT NULL DEFAULT 0,
        pruned_count INTEGER NOT NULL DEFAULT 0,
        pruned_version INTEGER NOT NULL DEFAULT 0,
        UNIQUE (topic, type)
    ) STRICT;
    CREATE INDEX series_pruned ON series (pruned_through) WHERE pruned_through > 0;

    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        series INTEGER NOT NULL,
        -- Milliseconds since 1970, by the server's clock; age is counted from here.
        stored INTEGER NOT NULL,
        -- By the producer's clock.
        time INTEGER NOT NULL,
        expires INTEGER,
        size INTEGER NOT NULL,
        source TEXT NOT NULL,
        -- The producer's id; NULL if it gave none.
        id TEXT,
        attributes TEXT,
        data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_series ON events (series, seq, size);
    CREATE UNIQUE INDEX events_producer ON events (source, id) WHERE id IS NOT NULL;
    CREATE INDEX events_expires ON events (expires) WHERE expires IS NOT NULL;
"];

/// Migrates a database from `version` to the newest version; 0 is an empty database.
pub(super) fn migrate(connection: &mut Connection, version: i32) -> rusqlite::Result<()> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// A fact about the log, stored beside the events.
#[derive(Clone, Copy)]
pub(super) enum Meta {
    /// The epoch of the log.
    Epoch,
    /// The file the log was created in, by its identity in the file system.
    File,
    /// The newest sequence there has been; events may have been pruned since.
    Last,
    /// How many times the log has pruned.
    PruneVersion,
    /// The last sequence pruned from topic types whose rows have been deleted.
    Forgotten,
    /// The pruning that last changed `Forgotten`.
    ForgottenVersion,
    /// The last sequence that was removed and does not count as lost: it expired, or a newer event
    /// replaced it.
    Removed,
    /// Written to check that writing works.
    Checked,
}

impl Meta {
    const fn key(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::File => "file",
            Self::Last => "last",
            Self::PruneVersion => "prune_version",
            Self::Forgotten => "forgotten",
            Self::ForgottenVersion => "forgotten_version",
            Self::Removed => "removed",
            Self::Checked => "checked",
        }
    }

    pub(super) fn write(self, connection: &Connection, value: &str) -> rusqlite::Result<()> {
        let mut statement = connection
            .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?;
        statement.execute(params![self.key(), value]).map(drop)
    }

    pub(super) fn read(self, connection: &Connection) -> rusqlite::Result<Option<String>> {
        let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        statement
            .query_row([self.key()], |row| row.get(0))
            .optional()
    }

    /// Writes a number to check that writing works. The number is a new one each time: SQLite does
    /// not write a page whose bytes stay the same, and a write of nothing never fails.
    pub(super) fn write_check(connection: &Connection) -> rusqlite::Result<()> {
        let next = Self::Checked.read_number(connection)?.wrapping_add(1);
        Self::Checked.write(connection, &next.to_string())
    }

    /// Reads a number; 0 if there is none.
    pub(super) fn read_number(self, connection: &Connection) -> rusqlite::Result<u64> {
        Ok(self
            .read(connection)?
            .and_then(|text| text.parse().ok())
            .unwrap_or(0))
    }
}

/// The first and last sequence of a topic type, if it has events.
pub(super) fn sequences_of(
    connection: &Connection,
    topic_type: i64,
) -> rusqlite::Result<Option<(u64, u64)>> {
    let mut first = connection
        .prepare_cached("SELECT seq FROM events WHERE series = ?1 ORDER BY seq LIMIT 1")?;
    let mut last = connection
        .prepare_cached("SELECT seq FROM events WHERE series = ?1 ORDER BY seq DESC LIMIT 1")?;
    let Some(first) = first
        .query_row([topic_type], |row| unsigned(row, 0))
        .optional()?
    else {
        return Ok(None);
    };
    let last = last.query_row([topic_type], |row| unsigned(row, 0))?;
    Ok(Some((first, last)))
}
