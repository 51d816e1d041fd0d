//! Errors of opening a log, and SQLite's errors as errors of the log.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

use crate::log::error::LogError;

/// The log could not be opened. Its file is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be created or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process has the log open.
    #[error("{} is in use by another Pulseboard", .0.display())]
    InUse(PathBuf),
    /// The file is not a log.
    #[error("{} is not a log of Pulseboard ({why}); it was left unchanged", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead, as far as its header shows.
        why: &'static str,
    },
    /// A newer version wrote the file.
    #[error("{} was written by a newer Pulseboard (schema {found}, this one reads up to {known}); it was left unchanged", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i32,
        /// The newest schema version this program reads.
        known: i32,
    },
    /// SQLite cannot read the file.
    #[error("{} is damaged: {source}; it was left unchanged, move it away to start a new log", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// The SQLite in this program has a defect that loses commits.
    #[error("SQLite {0} can lose commits; version 3.51.3 or later is needed")]
    OldSqlite(&'static str),
}

impl OpenError {
    /// Turns the error of a file operation into an error about this path.
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            path: path.clone(),
            source,
        }
    }

    /// Turns an error of SQLite into an error about this database.
    pub(super) fn damaged(path: &Path) -> impl Fn(rusqlite::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Damaged {
            path: path.clone(),
            source,
        }
    }
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string().into();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(text),
            _ => Self::Failed(text),
        }
    }
}
