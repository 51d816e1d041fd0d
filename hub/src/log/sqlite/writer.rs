//! The writing connection, and what happens to it when the disk fails.

use rusqlite::Connection;

use super::{SqliteLog, open, schema::Meta};
use crate::log::LogError;

/// The connection that writes; used by one thread at a time.
pub(super) struct Writer {
    connection: Connection,
    /// Something failed on it.
    is_suspect: bool,
    /// Bytes of events since the last checkpoint was asked for.
    pub(super) written_bytes: u64,
    pub(super) commits: u64,
    /// Events since the last step of pruning.
    pub(super) appended: usize,
    /// How many events one step of pruning takes; it finds its own size.
    pub(super) prune_rows: usize,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            is_suspect: false,
            written_bytes: 0,
            commits: 0,
            appended: 0,
            prune_rows: 128,
        }
    }

    /// The connection, for what can wait.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Does something with the connection. What fails is not in the log, whatever of it has reached
    /// the file.
    pub(super) fn use_connection<T>(
        &mut self,
        log: &SqliteLog,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        self.replace_suspect(log);
        let done = work(&mut self.connection).map_err(LogError::from);
        if let (Err(error), Some(_)) = (&done, &log.files) {
            self.is_suspect = true;
            overwrite_refused(&self.connection);
            if matches!(error, LogError::Full(_)) {
                // What the write-ahead log has may find room in the database, among what was
                // pruned, and then it starts over.
                log.checkpoints.ask(self);
            }
        }
        done
    }

    /// Puts a new connection in the place of one that failed, which may have failed for good.
    ///
    /// The old one stays open until the new one is there, and where there is no new one it is used
    /// again. While one is open SQLite knows how far the write-ahead log was committed; were none,
    /// the next would find out by reading the file, and would take a commit that was written and
    /// could not be synced for one that succeeded.
    fn replace_suspect(&mut self, log: &SqliteLog) {
        if let (true, Some(files)) = (self.is_suspect, &log.files) {
            match open::writing(files) {
                Ok(connection) => {
                    (self.connection, self.is_suspect) = (connection, false);
                    tracing::info!("the log was opened again");
                }
                Err(error) => tracing::warn!(%error, "the log could not be opened again"),
            }
        }
    }
}

/// Writes something that is no event where the write-ahead log ends. A commit that could not be
/// synced has left its frames there, whole, and whoever opens the file once this process is gone
/// would count them. Over them, it does not matter whether this commit succeeds. Only if not even
/// its write does, and the process ends before another has, can they still show up.
fn overwrite_refused(connection: &Connection) {
    if let Err(error) = Meta::write_check(connection) {
        tracing::debug!(%error, "the disk takes nothing");
    }
}
