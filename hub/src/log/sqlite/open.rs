//! Opening: nothing is written before the file has shown that it is a log of ours.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Mutex, RwLock, atomic::AtomicU64},
    time::Duration,
};

use pulseboard_contract::{Epoch, EventId, Topic, TypeName};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    SqliteLog, SqliteOptions,
    checkpoint::Checkpoints,
    directory::{Directory, Held},
    error::OpenError,
    identity, schema,
    schema::Meta,
    sequence,
    writer::Writer,
};
use crate::{log::Retention, metrics::LogMetrics};

/// The first SQLite that no longer loses commits when the write-ahead log starts over.
const LEAST_SQLITE: i32 = 3_051_003;

/// The files of a log.
pub(super) struct Files {
    pub(super) database: PathBuf,
    mark: PathBuf,
    marked: Mutex<Option<EventId>>,
    pub(super) vfs: Option<String>,
    /// Held, and with it the lock, for as long as the log is open.
    _lock: File,
}

impl Files {
    /// Writes down how far the log has come, where that is news.
    pub(super) fn mark(&self, epoch: Epoch, last: u64) {
        let id = EventId { epoch, seq: last };
        let mut marked = self
            .marked
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if *marked != Some(id) {
            // On a full disk it stays behind, which is allowed.
            match identity::set_mark(&self.mark, epoch, last) {
                Ok(()) => *marked = Some(id),
                Err(error) => tracing::debug!(%error, "the mark could not be written"),
            }
        }
    }

    /// What the database and its write-ahead log take on disk.
    pub(super) fn bytes(&self) -> i64 {
        let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        i64::try_from(size(&self.database) + size(&beside(&self.database, "-wal")))
            .unwrap_or(i64::MAX)
    }
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

pub(super) fn file(
    directory: PathBuf,
    epoch: Epoch,
    options: SqliteOptions,
) -> Result<SqliteLog, OpenError> {
    check_sqlite()?;
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Io { path, source }
    };
    fs::create_dir_all(&directory).map_err(at(&directory))?;
    let lock_path = directory.join("lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(at(&lock_path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(directory)),
        Err(TryLockError::Error(source)) => {
            return Err(OpenError::Io {
                path: lock_path,
                source,
            });
        }
    }
    let database = directory.join("events.db");
    let files = Files {
        mark: directory.join("events.mark"),
        marked: Mutex::default(),
        vfs: options.vfs,
        _lock: lock,
        database,
    };
    let damaged = |source| OpenError::Damaged {
        path: files.database.clone(),
        source,
    };

    let version = if let Some(head) = head(&files.database).map_err(at(&files.database))? {
        check(&files.database, &head)?
    } else {
        create(&files, epoch)?;
        schema::VERSION
    };
    let (mut connection, mut directory) = readable(&files, &options.retention).map_err(damaged)?;
    if version < schema::VERSION {
        schema::migrate(&mut connection, version).map_err(damaged)?;
        directory = load(&connection, &options.retention).map_err(damaged)?;
    }
    let epoch = settle_epoch(&connection, &files, &directory, epoch)
        .map_err(at(&files.database))?
        .map_err(damaged)?;
    files.mark(epoch, directory.last);
    let checkpoints = Checkpoints::start(files.database.clone(), files.vfs.clone());
    let path = files.database.clone();
    with(
        connection,
        epoch,
        options.retention,
        directory,
        Some(files),
        checkpoints,
    )
    .map_err(|source| OpenError::Damaged { path, source })
}

pub(super) fn memory(epoch: Epoch, retention: Retention) -> Result<SqliteLog, OpenError> {
    check_sqlite()?;
    let open = || {
        let mut connection = Connection::open_in_memory()?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut connection, 0)?;
        let directory = load(&connection, &retention)?;
        with(
            connection,
            epoch,
            retention.clone(),
            directory,
            None,
            Checkpoints::none(),
        )
    };
    open().map_err(|source| OpenError::Damaged {
        path: ":memory:".into(),
        source,
    })
}

fn with(
    connection: Connection,
    epoch: Epoch,
    retention: Retention,
    directory: Directory,
    files: Option<Files>,
    checkpoints: Checkpoints,
) -> rusqlite::Result<SqliteLog> {
    let prune_version = Meta::PruneVersion.read_number(&connection)?;
    let forgotten = Meta::Forgotten.read_number(&connection)?;
    let pruned: u64 = connection.query_row(
        "SELECT coalesce(max(pruned_through), 0) FROM series WHERE pruned_through > 0",
        [],
        |row| sequence(row, 0),
    )?;
    let metrics = LogMetrics::default();
    metrics.held(directory.whole.count, directory.whole.bytes);
    Ok(SqliteLog {
        epoch,
        retention,
        files,
        writer: Mutex::new(Writer::new(connection)),
        readers: Mutex::default(),
        directory: RwLock::new(directory),
        prune_version: AtomicU64::new(prune_version),
        pruned_through: AtomicU64::new(pruned.max(forgotten)),
        checkpoints,
        metrics,
    })
}

fn check_sqlite() -> Result<(), OpenError> {
    if rusqlite::version_number() < LEAST_SQLITE {
        Err(OpenError::OldSqlite(rusqlite::version()))
    } else {
        Ok(())
    }
}

/// The beginning of the database's header; none where there is no file yet, or an empty one.
fn head(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut head)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok((!head.is_empty()).then_some(head))
}

/// Whether these are the first bytes of a log of ours; answers its schema's version. The offsets
/// are those of the SQLite file format.
fn check(path: &Path, head: &[u8]) -> Result<i32, OpenError> {
    let foreign = |why| OpenError::Foreign {
        path: path.to_owned(),
        why,
    };
    let field = |at: usize| {
        head.get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
            .map(i32::from_be_bytes)
    };
    if !head.starts_with(b"SQLite format 3\0") {
        return Err(foreign("it is no SQLite database"));
    }
    if field(68) != Some(schema::APPLICATION_ID) {
        return Err(foreign("it is another program's SQLite database"));
    }
    match field(60) {
        Some(version) if (1..=schema::VERSION).contains(&version) => Ok(version),
        Some(found) if found > schema::VERSION => Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: schema::VERSION,
        }),
        _ => Err(foreign("its schema has no version")),
    }
}

/// Makes an empty log under another name and gives it its own when it is whole, so that no
/// half-made one is ever found.
fn create(files: &Files, epoch: Epoch) -> Result<(), OpenError> {
    let new = beside(&files.database, ".new");
    for left in [
        &new,
        &beside(&new, "-journal"),
        &beside(&new, "-wal"),
        &beside(&new, "-shm"),
    ] {
        // What an interrupted attempt has left.
        let _ = fs::remove_file(left);
    }
    let make = || {
        let mut connection = connect(&new, files.vfs.as_deref(), OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::migrate(&mut connection, 0)?;
        Meta::Epoch.write(&connection, &epoch.to_string())?;
        connection.pragma_update(None, "journal_mode", "WAL")
    };
    make().map_err(|source| OpenError::Damaged {
        path: new.clone(),
        source,
    })?;
    let named = || {
        // The name must be as durable as what it names.
        File::open(&new)?.sync_all()?;
        fs::rename(&new, &files.database)?;
        match files.database.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    };
    named().map_err(|source| OpenError::Io {
        path: files.database.clone(),
        source,
    })?;
    let file = identity::of_file(&files.database).map_err(|source| OpenError::Io {
        path: files.database.clone(),
        source,
    })?;
    let remember = || {
        Meta::File.write(
            &connect(&files.database, files.vfs.as_deref(), OpenFlags::empty())?,
            &file,
        )
    };
    remember().map_err(|source| OpenError::Damaged {
        path: files.database.clone(),
        source,
    })
}

/// The epoch the log goes on under: its own, or the new one where the file is a copy or was put
/// back.
fn settle_epoch(
    connection: &Connection,
    files: &Files,
    directory: &Directory,
    new: Epoch,
) -> io::Result<rusqlite::Result<Epoch>> {
    let file = identity::of_file(&files.database)?;
    let settle = || {
        let old: Option<Epoch> = Meta::Epoch
            .read(connection)?
            .and_then(|text| text.parse().ok());
        let is_same_file = Meta::File.read(connection)?.is_none_or(|made| made == file);
        let is_behind = identity::mark(&files.mark)
            .is_some_and(|mark| Some(mark.epoch) == old && mark.seq > directory.last);
        match old {
            Some(old) if is_same_file && !is_behind => {
                Meta::File.write(connection, &file)?;
                Ok(old)
            }
            _ => {
                tracing::warn!(epoch = %new, "the log was restored from a copy; it goes on under a new epoch");
                let transaction = connection.unchecked_transaction()?;
                Meta::Epoch.write(&transaction, &new.to_string())?;
                Meta::File.write(&transaction, &file)?;
                transaction.commit()?;
                Ok(new)
            }
        }
    };
    Ok(settle())
}

/// A connection to a database that has been read through once, before anything is written to it,
/// and what it holds. One that cannot be read is left as it is, without files beside it that were
/// not there.
fn readable(files: &Files, retention: &Retention) -> rusqlite::Result<(Connection, Directory)> {
    let wal = beside(&files.database, "-wal");
    let had_wal = wal.exists();
    let read = || {
        let connection = writing(files)?;
        // Closing would write what the write-ahead log has into the database.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let directory = load(&connection, retention)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok((connection, directory))
    };
    let read = read();
    if read.is_err() && !had_wal {
        for made in [wal, beside(&files.database, "-shm")] {
            // It may not have come to that.
            let _ = fs::remove_file(made);
        }
    }
    read
}

/// Counts what there is, from the index alone, and looks at the newest event: what cannot be read
/// shows here.
fn load(connection: &Connection, retention: &Retention) -> rusqlite::Result<Directory> {
    let newest: Option<u64> = connection.query_row("SELECT max(seq) FROM events", [], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.map(i64::unsigned_abs))
    })?;
    let last = Meta::Last.read_number(connection)?.max(newest.unwrap_or(0));
    let mut directory = Directory::new(retention, last);
    let mut statement = connection.prepare(
        "SELECT series.id, topic, type, held.first, held.last, held.count, held.bytes
         FROM (SELECT series, min(seq) AS first, max(seq) AS last, count(*) AS count, sum(size) AS bytes
               FROM events INDEXED BY events_series GROUP BY series) AS held
         LEFT JOIN series ON series.id = held.series",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let topic = row.get_ref(1)?.as_str()?;
        let event_type = row.get_ref(2)?.as_str()?;
        let invalid = |column: usize, error: Box<dyn std::error::Error + Send + Sync>| {
            rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error)
        };
        let topic = Topic::new(topic).map_err(|error| invalid(1, error.into()))?;
        let event_type = TypeName::new(event_type).map_err(|error| invalid(2, error.into()))?;
        let held = Held {
            first: sequence(row, 3)?,
            last: sequence(row, 4)?,
            count: sequence(row, 5)?,
            bytes: sequence(row, 6)?,
        };
        directory.insert(retention, row.get(0)?, topic, event_type, held);
    }
    Ok(directory)
}

/// A connection that writes.
pub(super) fn writing(files: &Files) -> rusqlite::Result<Connection> {
    let connection = connect(&files.database, files.vfs.as_deref(), OpenFlags::empty())?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Checkpoints are made beside the writer; see there.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

/// A connection that reads.
pub(super) fn reading(files: &Files) -> rusqlite::Result<Connection> {
    let connection = connect(&files.database, files.vfs.as_deref(), OpenFlags::empty())?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -4_096)?;
    Ok(connection)
}

/// Any connection.
pub(super) fn connect(
    path: &Path,
    vfs: Option<&str>,
    flags: OpenFlags,
) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}
