//! Whether a file is still the one it was: a log restored from a copy gives out ids again that it
//! gave out before, so it needs another epoch.
//!
//! Two signs tell. The database remembers which file it was made in, by the file system's number
//! and time of making; a copy is another file. And a small file beside it says how far the log had
//! come; a database that was put back in place, into the same file, is behind it.

use std::{fs, os::unix::fs::MetadataExt, path::Path, time::UNIX_EPOCH};

use pulseboard_contract::{Epoch, EventId};

/// The file as the file system knows it.
pub(super) fn of_file(path: &Path) -> std::io::Result<String> {
    let metadata = fs::metadata(path)?;
    // Not every file system knows when a file was made; the number alone must do there.
    let made = metadata
        .created()
        .ok()
        .and_then(|made| made.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |made| made.as_nanos());
    Ok(format!("{}:{made}", metadata.ino()))
}

/// How far the log had come, as far as it was written down.
pub(super) fn mark(path: &Path) -> Option<EventId> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Writes it down. It is only a hint, so it is not synced and may be behind, but never ahead of
/// what is durable.
pub(super) fn set_mark(path: &Path, epoch: Epoch, last: u64) -> std::io::Result<()> {
    fs::write(path, format!("{}\n", EventId { epoch, seq: last }))
}
