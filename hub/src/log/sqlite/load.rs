//! Loading: reads through the index of a database to build the directory. A damaged file shows here,
//! before anything is written to it.

use rusqlite::{Connection, config::DbConfig};

use super::{
    columns::{topic_and_type, unsigned},
    connection,
    directory::{Directory, Extent},
    files::{Files, beside, remove_if_there},
    schema::Meta,
};
use crate::log::retention::Retention;

/// Opens the writing connection and loads the directory. If the database cannot be read, it is left
/// unchanged, without new files beside it.
pub(super) fn open(
    files: &Files,
    retention: &Retention,
) -> rusqlite::Result<(Connection, Directory)> {
    let wal = beside(&files.database, "-wal");
    let had_wal = wal.exists();
    let read = || {
        let connection = connection::open_writer(files)?;
        // Closing the connection would move the write-ahead log into the database.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let directory = directory(&connection, retention)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok((connection, directory))
    };
    let read = read();
    if read.is_err() && !had_wal {
        for made in [wal, beside(&files.database, "-shm")] {
            remove_if_there(&made);
        }
    }
    read
}

/// Builds the directory from the index alone, and reads the newest sequence from the table.
pub(super) fn directory(
    connection: &Connection,
    retention: &Retention,
) -> rusqlite::Result<Directory> {
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
        let (topic, event_type) = topic_and_type(row, 1)?;
        let extent = Extent {
            first: unsigned(row, 3)?,
            last: unsigned(row, 4)?,
            count: unsigned(row, 5)?,
            bytes: unsigned(row, 6)?,
        };
        directory.insert(retention, row.get(0)?, topic, event_type, extent);
    }
    Ok(directory)
}
