//! The tables of the log, and what is kept beside the events.
//!
//! A *series* is what has one topic and one type; every filter comes down to a set of series, so
//! one index serves all filters. Its columns end with the size, so that counting at the start reads
//! the index alone.

use rusqlite::{Connection, OptionalExtension, params};

/// Marks a database as a log of Pulseboard: "plsb" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x706c_7362;

/// The version of the schema. A file of an older one is brought up to it when it is opened, step by
/// step.
pub(super) const VERSION: i32 = 1;

/// What leads from each version to the next; the first makes the tables.
const STEPS: [&str; VERSION as usize] = ["
    CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        topic TEXT NOT NULL,
        type TEXT NOT NULL,
        -- The first sequence it ever had.
        first INTEGER NOT NULL,
        -- What retention has taken from it: up to where, how many, and at which pruning last.
        pruned_through INTEGER NOT NULL DEFAULT 0,
        pruned_count INTEGER NOT NULL DEFAULT 0,
        pruned_version INTEGER NOT NULL DEFAULT 0,
        UNIQUE (topic, type)
    ) STRICT;
    CREATE INDEX series_pruned ON series (pruned_through) WHERE pruned_through > 0;

    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        series INTEGER NOT NULL,
        -- Milliseconds since 1970, by the server's clock; what age is counted from.
        stored INTEGER NOT NULL,
        -- By the producer's clock.
        time INTEGER NOT NULL,
        expires INTEGER,
        size INTEGER NOT NULL,
        source TEXT NOT NULL,
        -- The producer's id; none where it gave none.
        id TEXT,
        attributes TEXT,
        data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_series ON events (series, seq, size);
    CREATE UNIQUE INDEX events_producer ON events (source, id) WHERE id IS NOT NULL;
    CREATE INDEX events_expires ON events (expires) WHERE expires IS NOT NULL;
"];

/// Brings a database from `version` to the newest.
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

/// A fact about the log that is no event.
#[derive(Clone, Copy)]
pub(super) enum Meta {
    /// Which log this is.
    Epoch,
    /// Which file the log was made in, as the file system knows it.
    File,
    /// The newest sequence there has been; events may have been pruned since.
    Last,
    /// How many times it has pruned.
    PruneVersion,
    /// Up to where series that have no events any more have been pruned, once their rows have gone
    /// too.
    Forgotten,
    /// The pruning at which that last changed.
    ForgottenVersion,
    /// The last sequence that went otherwise than by retention: it expired, or a newer event
    /// replaced it.
    Removed,
    /// Written to see whether writing works.
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

    /// Writes something that is no event, to see whether writing works. It is another number each
    /// time: SQLite leaves a page alone that has the same bytes already, and what writes nothing
    /// never fails.
    pub(super) fn write_check(connection: &Connection) -> rusqlite::Result<()> {
        let next = Self::Checked.read_number(connection)?.wrapping_add(1);
        Self::Checked.write(connection, &next.to_string())
    }

    /// A number; 0 where there is none.
    pub(super) fn read_number(self, connection: &Connection) -> rusqlite::Result<u64> {
        Ok(self
            .read(connection)?
            .and_then(|text| text.parse().ok())
            .unwrap_or(0))
    }
}
