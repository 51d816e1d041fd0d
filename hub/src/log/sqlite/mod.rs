//! The log in SQLite: durable, indexed, pruned; or the same in memory.
//!
//! One connection writes, in WAL mode with `synchronous=FULL`: when a commit returns, its events
//! survive the loss of power. Readers have connections of their own and never wait for the writer.
//! Everything a filter needs is in one index over [series](directory); see there and in [`schema`].

mod append;
mod checkpoint;
mod directory;
mod error;
mod identity;
mod merge;
mod open;
mod prune;
mod read;
mod schema;
mod writer;

use std::{
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::registry::Registry;
use pulseboard_contract::{Epoch, Timestamp};
use rusqlite::{Connection, Row};

use self::{
    checkpoint::Checkpoints, directory::Directory, open::Files, schema::Meta, writer::Writer,
};
use super::{
    Appended, Bounds, Log, LogError, NewEvent, Page, Query, Retention, TopicPage, TopicQuery,
    TopicSummary,
};
use crate::metrics::LogMetrics;
pub use error::OpenError;

/// How a log is opened.
#[derive(Clone, Debug, Default)]
pub struct SqliteOptions {
    /// What it keeps.
    pub retention: Retention,
    /// The SQLite VFS the file is reached through; the platform's where none is named.
    pub vfs: Option<String>,
}

/// A log in a SQLite database.
pub struct SqliteLog {
    epoch: Epoch,
    retention: Retention,
    writer: Mutex<Writer>,
    /// Connections that read and are not in use.
    readers: Mutex<Vec<Connection>>,
    directory: RwLock<Directory>,
    prune_version: AtomicU64,
    /// The highest sequence retention has taken; saves readers beyond it the question.
    pruned_through: AtomicU64,
    checkpoints: Checkpoints,
    metrics: LogMetrics,
    /// None for a log in memory, which has the writer's connection alone. Last, because its lock is
    /// let go when every connection is closed.
    files: Option<Files>,
}

impl SqliteLog {
    /// Opens the log in a directory, or makes one there. `epoch` is drawn at random; a new log
    /// takes it, and so does one whose file was restored from a copy, because its old ids may have
    /// been given out again.
    pub fn open(
        directory: impl Into<PathBuf>,
        epoch: Epoch,
        options: SqliteOptions,
    ) -> Result<Self, OpenError> {
        open::file(directory.into(), epoch, options)
    }

    /// A log in memory; it goes with the process.
    pub fn in_memory(epoch: Epoch, retention: Retention) -> Result<Self, OpenError> {
        open::memory(epoch, retention)
    }

    // A panic while one of these was held leaves what it guards as of some moment before it; going
    // on is right.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn directory_mut(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for SqliteLog {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn bounds(&self) -> Bounds {
        self.directory().bounds()
    }

    fn append(&self, events: Vec<NewEvent>, now: Timestamp) -> Result<Vec<Appended>, LogError> {
        self.append_all(events, now)
    }

    fn read(&self, query: &Query) -> Result<Page, LogError> {
        self.read_page(query)
    }

    fn topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError> {
        self.list_topics(query)
    }

    fn recent_topics(&self, limit: usize) -> Vec<TopicSummary> {
        self.directory().recent(limit)
    }

    fn maintain(&self, now: Timestamp) -> Result<bool, LogError> {
        let has_more = self.prune(now)?;
        let mut writer = self.writer();
        self.checkpoints.keep_short(&mut writer);
        let (bounds, whole) = {
            let directory = self.directory();
            (
                directory.bounds(),
                (directory.whole.count, directory.whole.bytes),
            )
        };
        if let Some(files) = &self.files {
            files.mark(self.epoch, bounds.last);
            self.metrics.file_bytes.set(files.bytes());
        }
        self.metrics.held(whole.0, whole.1);
        Ok(has_more)
    }

    fn check(&self) -> Result<(), LogError> {
        self.writer()
            .use_connection(self, |connection| Meta::write_check(connection))
    }

    fn prune_version(&self) -> u64 {
        self.prune_version.load(Ordering::Acquire)
    }

    fn register(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }
}

/// A sequence or size as SQLite has it. Neither can reach 2^63.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A sequence or size from a row.
fn sequence(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}
