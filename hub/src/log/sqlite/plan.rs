//! Plans how to find the events that a filter selects.
//!
//! Few events among many are found through the index, topic type by topic type, merged. Many among
//! many are found by a scan of the table that skips the rest. How much the selected topic types
//! hold decides which is cheaper.

use std::collections::HashSet;

use super::directory::{Directory, Extent, TopicTypeId};
use crate::log::query::Query;

/// What the index lookup of one topic type costs, in scanned rows.
const LOOKUP_ROWS: u64 = 4;

/// How to find the events of a page.
pub(super) enum Plan {
    /// There are none.
    Nothing,
    /// Scan this range of the table; take only these topic types, or all.
    Scan(Option<HashSet<TopicTypeId>>, (u64, u64)),
    /// Look these topic types up in the index, in this range.
    Lookup(Vec<TopicTypeId>, (u64, u64)),
}

impl Plan {
    /// The plan of a query for the sequences in `from..=to`.
    pub(super) fn of(query: &Query, directory: &Directory, (from, to): (u64, u64)) -> Self {
        if from > to {
            return Self::Nothing;
        }
        if query.filter.is_all() {
            return Self::Scan(None, (from, to));
        }
        let mut selected = directory.select(&query.filter);
        selected.retain(|(_, extent)| extent.last >= from && extent.first <= to);
        cheaper(selected, directory.whole.count, query.limit, (from, to))
    }
}

/// The cheaper way to find the events of these topic types in a range. Each of them has a part in
/// the range. `all` is the number of events in the log.
fn cheaper(
    selected: Vec<(TopicTypeId, Extent)>,
    all: u64,
    limit: usize,
    (from, to): (u64, u64),
) -> Plan {
    let held: u64 = selected.iter().map(|(_, extent)| extent.count).sum();
    if held == 0 {
        return Plan::Nothing;
    }
    // There is nothing before the first of them begins or after the last of them ends.
    let extents = || selected.iter().map(|(_, extent)| extent);
    let begin = extents().map(|extent| extent.first).min().unwrap_or(from);
    let end = extents().map(|extent| extent.last).max().unwrap_or(to);
    let range = (from.max(begin), to.min(end));
    let ids = selected.into_iter().map(|(id, _)| id);
    // How many rows a scan reads until the page is full, if the events are spread evenly.
    let scanned = (limit as u64).min(held).saturating_mul(all / held.max(1));
    if (ids.len() as u64).saturating_mul(LOOKUP_ROWS) <= scanned || ids.len() == 1 {
        Plan::Lookup(ids.collect(), range)
    } else {
        Plan::Scan(Some(ids.collect()), range)
    }
}
