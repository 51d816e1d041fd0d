//! Opening a log. Nothing is written before the file has shown that it is a log of Pulseboard.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, RwLock, atomic::AtomicU64},
};

use pulseboard_contract::Epoch;
use rusqlite::Connection;

use super::{
    checkpoint,
    columns::unsigned,
    create,
    directory::Directory,
    error::OpenError,
    files::Files,
    header, identity, load,
    schema::{self, Meta},
    state::SqliteLog,
    writer::Writer,
};
use crate::{log::retention::Retention, metrics::LogMetrics};

/// The first SQLite version that no longer loses commits when the write-ahead log starts over.
const LEAST_SQLITE: i32 = 3_051_003;

/// How a log on disk is opened.
#[derive(Clone, Debug, Default)]
pub struct SqliteOptions {
    /// How long the log keeps events.
    pub retention: Retention,
    /// The SQLite VFS that accesses the file; the platform's default if `None`.
    pub vfs: Option<String>,
}

impl SqliteLog {
    /// Opens the log in a directory, or creates one there.
    ///
    /// The caller draws `epoch` at random. A new log takes it. So does a log whose file was
    /// restored from a copy, because the ids after the copy may have been assigned before.
    ///
    /// # Errors
    /// The directory cannot be created or read; another process has the log open; the file is not a
    /// log, is damaged, or is from a newer version; or SQLite is too old. A file that is refused is
    /// left unchanged.
    pub fn open(
        directory: impl Into<PathBuf>,
        epoch: Epoch,
        options: SqliteOptions,
    ) -> Result<Self, OpenError> {
        check_sqlite()?;
        let files = Files::lock(directory.into(), options.vfs)?;
        let damaged = OpenError::damaged(&files.database);
        let version = if let Some(version) = header::version(&files.database)? {
            version
        } else {
            create::database(&files, epoch)?;
            schema::VERSION
        };
        let open = || {
            let (mut connection, mut directory) = load::open(&files, &options.retention)?;
            if version < schema::VERSION {
                schema::migrate(&mut connection, version)?;
                directory = load::directory(&connection, &options.retention)?;
            }
            Ok((connection, directory))
        };
        let (connection, directory) = open().map_err(&damaged)?;
        let epoch = identity::settle_epoch(&connection, &files, directory.last, epoch)?;
        files.write_mark(epoch, directory.last);
        assemble(connection, epoch, options.retention, directory, Some(files)).map_err(damaged)
    }

    /// Creates a log in memory. It is lost when the process ends.
    ///
    /// # Errors
    /// SQLite is too old or cannot allocate memory.
    pub fn in_memory(epoch: Epoch, retention: Retention) -> Result<Self, OpenError> {
        check_sqlite()?;
        let open = || {
            let mut connection = Connection::open_in_memory()?;
            connection.set_prepared_statement_cache_capacity(64);
            schema::migrate(&mut connection, 0)?;
            let directory = load::directory(&connection, &retention)?;
            assemble(connection, epoch, retention, directory, None)
        };
        open().map_err(OpenError::damaged(":memory:".as_ref()))
    }
}

fn check_sqlite() -> Result<(), OpenError> {
    if rusqlite::version_number() < LEAST_SQLITE {
        Err(OpenError::OldSqlite(rusqlite::version()))
    } else {
        Ok(())
    }
}

fn assemble(
    connection: Connection,
    epoch: Epoch,
    retention: Retention,
    directory: Directory,
    files: Option<Files>,
) -> rusqlite::Result<SqliteLog> {
    let prune_version = Meta::PruneVersion.read_number(&connection)?;
    let forgotten = Meta::Forgotten.read_number(&connection)?;
    let pruned: u64 = connection.query_row(
        "SELECT coalesce(max(pruned_through), 0) FROM series WHERE pruned_through > 0",
        [],
        |row| unsigned(row, 0),
    )?;
    let metrics = LogMetrics::default();
    metrics.set_held(directory.whole.count, directory.whole.bytes);
    let files = files.map(Arc::new);
    // Last: nothing can fail any more, so the thread does not outlive a log that was never made.
    let (checkpoints, thread) = files
        .as_ref()
        .and_then(|files| checkpoint::start(files.database.clone(), files.vfs.clone()))
        .unzip();
    Ok(SqliteLog {
        epoch,
        retention,
        writer: Mutex::new(Writer::new(connection, files.clone(), checkpoints)),
        readers: Mutex::default(),
        directory: RwLock::new(directory),
        prune_version: AtomicU64::new(prune_version),
        pruned_through: AtomicU64::new(pruned.max(forgotten)),
        _checkpoints: thread,
        metrics,
        files,
    })
}
