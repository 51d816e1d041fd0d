//! The files of a log: the database, the lock, and the mark beside it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use pulseboard_contract::{Epoch, EventId};

use super::error::OpenError;

/// The files of an open log.
pub(super) struct Files {
    pub(super) database: PathBuf,
    /// The SQLite VFS of all connections; the platform's default if `None`.
    pub(super) vfs: Option<String>,
    mark: PathBuf,
    /// The content of the mark, if this process has written it.
    marked: Mutex<Option<EventId>>,
    /// Locked for as long as the log is open.
    _lock: File,
}

impl Files {
    /// Creates the directory if needed, and locks it for this process.
    pub(super) fn lock(directory: PathBuf, vfs: Option<String>) -> Result<Self, OpenError> {
        fs::create_dir_all(&directory).map_err(OpenError::io(&directory))?;
        let path = directory.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(OpenError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(directory)),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path, source }),
        }
        Ok(Self {
            database: directory.join("events.db"),
            vfs,
            mark: directory.join("events.mark"),
            marked: Mutex::default(),
            _lock: lock,
        })
    }

    /// The event id in the mark: the newest one of the log when it was last written.
    pub(super) fn read_mark(&self) -> Option<EventId> {
        fs::read_to_string(&self.mark).ok()?.trim().parse().ok()
    }

    /// Writes the newest event id to the mark, unless it is there already. The mark is only a hint:
    /// it is not synced and may be behind, but it is never ahead of what is durable.
    pub(super) fn write_mark(&self, epoch: Epoch, last: u64) {
        let id = EventId { epoch, seq: last };
        let mut marked = self.marked.lock().unwrap_or_else(PoisonError::into_inner);
        if *marked != Some(id) {
            match fs::write(&self.mark, format!("{id}\n")) {
                Ok(()) => *marked = Some(id),
                // On a full disk the mark stays behind, which is allowed.
                Err(error) => tracing::debug!(%error, "the mark could not be written"),
            }
        }
    }

    /// The size of the database and its write-ahead log on disk.
    pub(super) fn bytes(&self) -> i64 {
        let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        i64::try_from(size(&self.database) + size(&beside(&self.database, "-wal")))
            .unwrap_or(i64::MAX)
    }
}

/// The file beside the database whose name has this ending.
pub(super) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Removes a file that may not exist.
pub(super) fn remove_if_there(path: &Path) {
    let removed: io::Result<()> = fs::remove_file(path);
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(%error, path = %path.display(), "a file could not be removed");
    }
}
