//! Finds what retention has removed from the events that a stream asks for.

use rusqlite::Connection;

use super::{
    columns::{to_integer, topic_and_type, unsigned},
    schema::Meta,
};
use crate::{filter::Filter, log::query::Pruned};

/// What retention has removed from the filter's events after `after`. `next` is the first of them
/// that the log still has.
pub(super) fn find(
    connection: &Connection,
    filter: &Filter,
    after: u64,
    next: Option<u64>,
) -> rusqlite::Result<Option<Pruned>> {
    let mut statement = connection.prepare_cached(
        "SELECT topic, type, first, pruned_through, pruned_count, pruned_version FROM series
         WHERE pruned_through > ?1 AND pruned_through > 0",
    )?;
    let mut rows = statement.query([to_integer(after)])?;
    let mut found: Option<Pruned> = None;
    // The number is the sum of what the topic types have lost. It is unknown if one of them has
    // also lost events before the cursor.
    let mut counted = Some(0);
    while let Some(row) = rows.next()? {
        let (topic, event_type) = topic_and_type(row, 0)?;
        if !filter.selects_name(&topic, &event_type) {
            continue;
        }
        let (first, count) = (unsigned(row, 2)?, unsigned(row, 4)?);
        counted = counted.filter(|_| after < first).map(|sum| sum + count);
        found = Some(merged(found, unsigned(row, 3)?, unsigned(row, 5)?));
    }
    let forgotten = Meta::Forgotten.read_number(connection)?;
    if forgotten > after {
        counted = None;
        let version = Meta::ForgottenVersion.read_number(connection)?;
        found = Some(merged(found, forgotten, version));
    }
    let Some(pruned) = found else { return Ok(None) };
    // If nothing is left of a stretch, and nothing was removed otherwise, its length is the number.
    let is_whole = filter.is_all() && next.is_none_or(|next| next > pruned.through);
    let stretch = (is_whole && Meta::Removed.read_number(connection)? <= after)
        .then(|| pruned.through - after);
    Ok(Some(Pruned {
        lost: counted.or(stretch),
        ..pruned
    }))
}

fn merged(found: Option<Pruned>, through: u64, version: u64) -> Pruned {
    let before = found.map_or((0, 0), |pruned| (pruned.through, pruned.version));
    Pruned {
        through: through.max(before.0),
        lost: None,
        version: version.max(before.1),
    }
}
