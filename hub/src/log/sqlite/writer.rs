//! The writing connection, and how it recovers when the disk fails.

use std::{sync::Arc, time::Duration};

use rusqlite::Connection;

use super::{
    checkpoint::{Checkpoints, Mode, checkpoint},
    connection::{self, BUSY_TIMEOUT},
    files::Files,
    schema::Meta,
};
use crate::log::error::LogError;

/// After this many written bytes a checkpoint is requested. The count is an estimate: every commit
/// also rewrites a few pages.
const CHECKPOINT_BYTES: u64 = 2 * 1024 * 1024;
const COMMIT_BYTES: u64 = 16 * 1024;

/// The connection that writes. One thread at a time uses it.
pub(super) struct Writer {
    connection: Connection,
    /// `None` for a log in memory.
    files: Option<Arc<Files>>,
    checkpoints: Option<Checkpoints>,
    /// Whether an operation has failed on the connection.
    is_suspect: bool,
    /// Bytes of events since the last checkpoint was requested.
    written_bytes: u64,
    /// Commits since the last checkpoint was requested.
    commits: u64,
    /// Events since the last pruning step.
    pub(super) appended: usize,
    /// How many events one pruning step removes; it adapts to the disk.
    pub(super) prune_rows: usize,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        files: Option<Arc<Files>>,
        checkpoints: Option<Checkpoints>,
    ) -> Self {
        Self {
            connection,
            files,
            checkpoints,
            is_suspect: false,
            written_bytes: 0,
            commits: 0,
            appended: 0,
            prune_rows: 128,
        }
    }

    /// Uses the connection. If `work` fails, nothing of it is in the log, whatever of it has
    /// reached the file.
    pub(super) fn use_connection<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        self.replace_suspect();
        let done = work(&mut self.connection).map_err(LogError::from);
        if let (Err(error), Some(_)) = (&done, &self.files) {
            self.is_suspect = true;
            overwrite_rejected(&self.connection);
            if matches!(error, LogError::Full(_)) {
                // A checkpoint may move the write-ahead log into pages freed by pruning, and so
                // make room for a new one.
                self.request_checkpoint();
            }
        }
        done
    }

    /// Replaces a connection on which an operation failed; it may have failed for good.
    ///
    /// The old connection stays open until the new one is open, and is used again if there is no
    /// new one. While a connection is open, SQLite knows how far the write-ahead log was committed.
    /// Without one, the next connection would find out by reading the file, and would take a commit
    /// that was written but not synced for one that succeeded.
    fn replace_suspect(&mut self) {
        if let (true, Some(files)) = (self.is_suspect, &self.files) {
            match connection::open_writer(files) {
                Ok(connection) => {
                    (self.connection, self.is_suspect) = (connection, false);
                    tracing::info!("the log was reopened");
                }
                Err(error) => tracing::warn!(%error, "the log could not be reopened"),
            }
        }
    }

    /// Requests a checkpoint if enough has been written, and starts a long write-ahead log over.
    pub(super) fn after_commit(&mut self, written_bytes: u64) {
        self.written_bytes += written_bytes;
        self.commits += 1;
        if self.written_bytes + self.commits * COMMIT_BYTES >= CHECKPOINT_BYTES {
            self.request_checkpoint();
        }
        self.keep_wal_short();
    }

    /// Starts the write-ahead log over if the last checkpoint found it long.
    pub(super) fn keep_wal_short(&mut self) {
        if self
            .checkpoints
            .as_ref()
            .is_some_and(Checkpoints::take_wal_long)
        {
            // Readers may be in the way. They are short, so the next attempt will do.
            let _ = self.connection.busy_timeout(Duration::ZERO);
            if let Err(error) = checkpoint(&self.connection, Mode::Restart) {
                tracing::debug!(%error, "the write-ahead log was not started over");
            }
            let _ = self.connection.busy_timeout(BUSY_TIMEOUT);
        }
    }

    fn request_checkpoint(&mut self) {
        if self.checkpoints.as_ref().is_some_and(Checkpoints::request) {
            (self.written_bytes, self.commits) = (0, 0);
        }
    }
}

/// Writes something that is not an event to the end of the write-ahead log. A commit that could not
/// be synced has left its frames there, complete, and the next process would count them as
/// committed. This write replaces them, even if its own sync fails too. Only if the write itself
/// fails, and the process ends before another one succeeds, can the rejected events show up again.
fn overwrite_rejected(connection: &Connection) {
    if let Err(error) = Meta::write_check(connection) {
        tracing::debug!(%error, "the disk accepts no write");
    }
}
