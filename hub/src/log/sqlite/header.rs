//! The header of a database file: shows whether the file is a log of Pulseboard before anything is
//! written to it.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{error::OpenError, schema};

/// The schema version of the database; `None` if there is no file yet, or an empty one.
pub(super) fn version(path: &Path) -> Result<Option<i32>, OpenError> {
    read(path)
        .map_err(OpenError::io(path))?
        .map(|header| check(path, &header))
        .transpose()
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut header)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok((!header.is_empty()).then_some(header))
}

/// Checks that this is the header of a log; returns its schema version. The offsets are those of
/// the SQLite file format (<https://sqlite.org/fileformat2.html#the_database_header>).
fn check(path: &Path, header: &[u8]) -> Result<i32, OpenError> {
    let foreign = |why| OpenError::Foreign {
        path: path.to_owned(),
        why,
    };
    let field = |at: usize| {
        header
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
            .map(i32::from_be_bytes)
    };
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(foreign("it is not an SQLite database"));
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
        Some(_) | None => Err(foreign("its schema has no version")),
    }
}
