//! Connections to the database, each set up for its purpose.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::files::Files;

/// How long a connection waits for a lock that another one holds.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the connection that writes.
pub(super) fn open_writer(files: &Files) -> rusqlite::Result<Connection> {
    let connection = open(&files.database, files.vfs.as_deref(), OpenFlags::empty())?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The checkpoint thread makes checkpoints; see `checkpoint.rs`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(files: &Files) -> rusqlite::Result<Connection> {
    let connection = open(&files.database, files.vfs.as_deref(), OpenFlags::empty())?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -4_096)?;
    Ok(connection)
}

/// Opens a connection without further settings.
pub(super) fn open(
    path: &Path,
    vfs: Option<&str>,
    flags: OpenFlags,
) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}
