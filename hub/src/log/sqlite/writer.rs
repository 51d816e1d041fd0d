//! The writing connection, and what happens to it when the disk fails.

use rusqlite::Connection;

use super::{SqliteLog, number, open};
use crate::log::LogError;

/// The connection that writes; used by one thread at a time.
pub(super) struct Writer {
    /// None after a failure, until it is opened anew.
    connection: Option<Connection>,
    /// Bytes of events since the last checkpoint was asked for.
    pub(super) written_bytes: u64,
    pub(super) commits: u64,
    /// How many events one step of pruning takes; it finds its own size.
    pub(super) prune_rows: usize,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection: Some(connection), written_bytes: 0, commits: 0, prune_rows: 128 }
    }

    /// The connection, where there is one: for what can wait.
    pub(super) fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Does something with the connection.
    ///
    /// After a failure the connection of a file is given up: a failed sync leaves it open what the kernel still holds, so
    /// the next use begins from what can be read back.
    pub(super) fn use_connection<T>(
        &mut self,
        log: &SqliteLog,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => reopened(log)?,
        };
        match work(&mut connection) {
            Ok(done) => {
                self.connection = Some(connection);
                Ok(done)
            }
            Err(error) => {
                if log.files.is_none() {
                    self.connection = Some(connection);
                }
                Err(error.into())
            }
        }
    }
}

/// A new connection. What was refused must not be there: an append that failed may have left its frames in the write-ahead
/// log, and they would count once it is read anew.
fn reopened(log: &SqliteLog) -> Result<Connection, LogError> {
    let Some(files) = &log.files else { return Err(LogError::Failed("the log in memory is gone".into())) };
    let connection = open::writing(files)?;
    let last = log.directory().last;
    connection.execute("DELETE FROM events WHERE seq > ?1", [number(last)])?;
    tracing::info!(last, "the log was opened again");
    Ok(connection)
}
