//! The identity of a log. A log that was restored from a copy assigns ids again that it has assigned
//! before, so it needs a new epoch.
//!
//! Two signs show a restored log. The database stores which file it was created in, by the file
//! system's inode number and creation time; a copy is another file. The mark beside the database
//! has the newest event id; a database that was copied back into the same file is behind its mark.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path, time::UNIX_EPOCH};

use pulseboard_contract::Epoch;
use rusqlite::Connection;

use super::{error::OpenError, files::Files, schema::Meta};

/// The file's identity in the file system.
pub(super) fn of_file(path: &Path) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    // Some file systems do not record creation times. There the inode number has to suffice.
    let created = metadata
        .created()
        .ok()
        .and_then(|created| created.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |created| created.as_nanos());
    Ok(format!("{}:{created}", metadata.ino()))
}

/// Returns the epoch of a log that ends at sequence `last`: the stored one, or `new` if the log was
/// restored from a copy.
pub(super) fn settle_epoch(
    connection: &Connection,
    files: &Files,
    last: u64,
    new: Epoch,
) -> Result<Epoch, OpenError> {
    let file = of_file(&files.database).map_err(OpenError::io(&files.database))?;
    let settle = || {
        let stored: Option<Epoch> = Meta::Epoch
            .read(connection)?
            .and_then(|text| text.parse().ok());
        let is_same_file = Meta::File
            .read(connection)?
            .is_none_or(|created_in| created_in == file);
        let is_behind = files
            .read_mark()
            .is_some_and(|mark| Some(mark.epoch) == stored && mark.seq > last);
        match stored {
            Some(stored) if is_same_file && !is_behind => {
                Meta::File.write(connection, &file)?;
                Ok(stored)
            }
            Some(_) | None => {
                tracing::warn!(epoch = %new, "the log was restored from a copy; it continues under a new epoch");
                let transaction = connection.unchecked_transaction()?;
                Meta::Epoch.write(&transaction, &new.to_string())?;
                Meta::File.write(&transaction, &file)?;
                transaction.commit()?;
                Ok(new)
            }
        }
    };
    settle().map_err(OpenError::damaged(&files.database))
}
