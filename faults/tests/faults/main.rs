//! The effect of faults on SQLite, and what a power loss leaves of a database.

// Here a failed unwrap is a failed assertion, in helpers as in tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod crash;
mod disk;
mod power;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pulseboard_faults::{Damage, FaultVfs, Faults, Loss, power_loss};
use rusqlite::{Connection, OpenFlags, ffi};
use tempfile::TempDir;

/// How long a connection waits for a lock. Only a test that hangs reaches it.
const HANG_GUARD: Duration = Duration::from_mins(2);

/// A disk with one database. Its VFS has the name of the test.
pub(crate) struct Disk {
    dir: TempDir,
    vfs: String,
    pub(crate) faults: Faults,
}

impl Disk {
    pub(crate) fn new(vfs: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let faults = FaultVfs::new(vfs)
            .undo_journal(&dir.path().join("undo"))
            .register()
            .unwrap();
        Self {
            dir,
            vfs: vfs.to_owned(),
            faults,
        }
    }

    /// A connection in WAL mode, with a table of numbers.
    pub(crate) fn open(&self, synchronous: &str) -> Connection {
        let db = open(self.dir.path(), Some(&self.vfs));
        db.pragma_update(None, "synchronous", synchronous).unwrap();
        db
    }

    /// Loses power while `db` is open. Its destructor must not run: it would sync and close, and a
    /// killed process does not.
    pub(crate) fn power_loss(&self, db: Connection, loss: Loss) -> Damage {
        // Leaked, so that its memory stays as it was at that moment.
        Box::leak(Box::new(db));
        power_loss(&self.undo_dir(), loss).unwrap()
    }

    /// The numbers in the database, read from the disk. The database must be intact.
    pub(crate) fn survivors(&self) -> Vec<i64> {
        survivors(self.dir.path())
    }

    pub(crate) fn undo_dir(&self) -> PathBuf {
        self.dir.path().join("undo")
    }

    pub(crate) fn database(&self) -> PathBuf {
        database(self.dir.path())
    }
}

pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join("numbers.db")
}

/// Opens the database through this VFS, or through the default one.
pub(crate) fn open(dir: &Path, vfs: Option<&str>) -> Connection {
    let db = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(database(dir), OpenFlags::default(), vfs),
        None => Connection::open(database(dir)),
    };
    let db = db.unwrap();
    db.busy_timeout(HANG_GUARD).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS numbers(n INTEGER PRIMARY KEY, filling BLOB NOT NULL)",
    )
    .unwrap();
    db
}

/// Commits a number with enough bytes to touch several pages.
pub(crate) fn insert(db: &Connection, n: i64) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO numbers VALUES (?1, randomblob(100 + (?1 * 7919) % 9000))",
        [n],
    )
}

/// The numbers that another process finds. It reads a copy, because the leaked connection of this
/// process may still hold locks on the files.
pub(crate) fn survivors(dir: &Path) -> Vec<i64> {
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal", "-journal"] {
        let name = format!("numbers.db{suffix}");
        if dir.join(&name).exists() {
            std::fs::copy(dir.join(&name), copy.path().join(&name)).unwrap();
        }
    }
    let db = Connection::open(database(copy.path())).unwrap();
    let verdict: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    if !db.table_exists(None, "numbers").unwrap() {
        return Vec::new();
    }
    let mut rows = db.prepare("SELECT n FROM numbers ORDER BY n").unwrap();
    rows.query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The extended result code of a call.
pub(crate) fn code<T>(result: rusqlite::Result<T>) -> i32 {
    match result {
        Err(rusqlite::Error::SqliteFailure(ffi::Error { extended_code, .. }, _)) => extended_code,
        Err(other) => panic!("not a failure of SQLite: {other}"),
        Ok(_) => ffi::SQLITE_OK,
    }
}
