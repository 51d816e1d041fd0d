//! What can go wrong with the file, in the words of the log.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

use crate::log::LogError;

/// The log could not be opened; the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be made or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has it.
    #[error("{} is in use by another Pulseboard", .0.display())]
    InUse(PathBuf),
    /// Something else's file.
    #[error("{} is not a log of Pulseboard ({why}); it was left as it is", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What it is, as far as that shows.
        why: &'static str,
    },
    /// A file of a later version.
    #[error("{} was written by a newer Pulseboard (schema {found}, this one reads up to {known}); it was left as it is", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its schema.
        found: i32,
        /// The newest schema this program reads.
        known: i32,
    },
    /// SQLite cannot read it.
    #[error("{} is damaged: {source}; it was left as it is, move it away to begin a new log", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The SQLite in this program has a defect that loses commits.
    #[error("SQLite {0} can lose commits; 3.51.3 or later is needed")]
    OldSqlite(&'static str),
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
