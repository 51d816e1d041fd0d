//! The state of an open log, shared by the operations on it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::AtomicU64,
};

use pulseboard_contract::Epoch;
use rusqlite::Connection;

use super::{
    checkpoint::CheckpointThread, connection, directory::Directory, files::Files, writer::Writer,
};
use crate::{
    log::{error::LogError, retention::Retention},
    metrics::LogMetrics,
};

/// How many unused reading connections are kept.
const IDLE_READERS: usize = 8;

/// A log in an SQLite database: on disk, or in memory.
///
/// ```
/// use pulseboard_contract::Epoch;
/// use pulseboard_hub::{Log, SqliteLog, SqliteOptions};
///
/// let directory = tempfile::tempdir()?;
/// let log = SqliteLog::open(directory.path(), Epoch::new(7), SqliteOptions::default())?;
/// assert_eq!(log.bounds().last, 0);
/// // One process has a log open at a time.
/// let again = SqliteLog::open(directory.path(), Epoch::new(8), SqliteOptions::default());
/// assert!(again.is_err());
/// drop(log);
/// // The log keeps the epoch it was created with.
/// let log = SqliteLog::open(directory.path(), Epoch::new(9), SqliteOptions::default())?;
/// assert_eq!(log.epoch(), Epoch::new(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// The fields are dropped in this order: the lock in `files` is released once every connection is
// closed, and the checkpoint thread ends once the writer is gone.
pub struct SqliteLog {
    pub(super) epoch: Epoch,
    pub(super) retention: Retention,
    pub(super) writer: Mutex<Writer>,
    /// Reading connections that are not in use.
    pub(super) readers: Mutex<Vec<Connection>>,
    pub(super) directory: RwLock<Directory>,
    pub(super) prune_version: AtomicU64,
    /// The highest sequence that retention has removed. A reader after it need not look for pruned
    /// events.
    pub(super) pruned_through: AtomicU64,
    pub(super) _checkpoints: Option<CheckpointThread>,
    pub(super) metrics: LogMetrics,
    /// `None` for a log in memory, which has only the writing connection.
    pub(super) files: Option<Arc<Files>>,
}

impl SqliteLog {
    // A panic while one of these locks was held leaves its content as of some moment before, so it
    // is safe to go on.
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn directory_mut(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads with a connection that no other thread uses. A log in memory has only the writer's.
    pub(super) fn with_reader<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        let Some(files) = &self.files else {
            return self.writer().use_connection(|connection| read(connection));
        };
        let readers = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open_reader(files)?,
        };
        // A connection that failed is closed here and not used again.
        let done = read(&connection)?;
        let mut readers = readers();
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        Ok(done)
    }
}
