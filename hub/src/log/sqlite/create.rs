//! Creating an empty log.

use std::fs::{self, File};

use pulseboard_contract::Epoch;
use rusqlite::OpenFlags;

use super::{
    connection,
    error::OpenError,
    files::{Files, beside, remove_if_there},
    identity,
    schema::{self, Meta},
};

/// Creates the database under a temporary name and renames it once it is complete, so that nobody
/// ever finds a half-made one.
pub(super) fn database(files: &Files, epoch: Epoch) -> Result<(), OpenError> {
    let new = beside(&files.database, ".new");
    // An interrupted attempt may have left these.
    for leftover in [
        &new,
        &beside(&new, "-journal"),
        &beside(&new, "-wal"),
        &beside(&new, "-shm"),
    ] {
        remove_if_there(leftover);
    }
    let make = || {
        let mut connection =
            connection::open(&new, files.vfs.as_deref(), OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::migrate(&mut connection, 0)?;
        Meta::Epoch.write(&connection, &epoch.to_string())?;
        connection.pragma_update(None, "journal_mode", "WAL")
    };
    make().map_err(OpenError::damaged(&new))?;
    let rename = || {
        // The name must become as durable as the content.
        File::open(&new)?.sync_all()?;
        fs::rename(&new, &files.database)?;
        match files.database.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    };
    rename().map_err(OpenError::io(&files.database))?;
    let file = identity::of_file(&files.database).map_err(OpenError::io(&files.database))?;
    let store_identity = || {
        let connection =
            connection::open(&files.database, files.vfs.as_deref(), OpenFlags::empty())?;
        Meta::File.write(&connection, &file)
    };
    store_identity().map_err(OpenError::damaged(&files.database))
}
