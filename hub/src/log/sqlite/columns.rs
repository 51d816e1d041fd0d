//! Conversions between the values of the log and SQLite's columns.

use pulseboard_contract::{Topic, TypeName};
use rusqlite::{Error, Row, types::Type};

/// A sequence or size as SQLite stores it. Neither reaches 2^63.
pub(super) fn to_integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a sequence or size.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| Error::IntegralValueOutOfRange(column, value))
}

/// Reads a topic and an event type from this column and the next.
pub(super) fn topic_and_type(row: &Row<'_>, column: usize) -> rusqlite::Result<(Topic, TypeName)> {
    let topic = Topic::new(row.get_ref(column)?.as_str()?);
    let event_type = TypeName::new(row.get_ref(column + 1)?.as_str()?);
    Ok((
        topic.map_err(|error| invalid(column, error))?,
        event_type.map_err(|error| invalid(column + 1, error))?,
    ))
}

/// The text in a column is not valid.
pub(super) fn invalid(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
