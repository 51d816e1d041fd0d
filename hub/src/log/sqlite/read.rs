//! Reading a page: what a filter selects, found the cheaper of two ways.
//!
//! Few events among many are found through the index, series by series, merged. Many among many are
//! found by walking the table and passing over the rest. Which is cheaper follows from how much the
//! selected series hold.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, atomic::Ordering},
};

use pulseboard_contract::{Event, EventId, Json, Timestamp, Topic, TypeName};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, types::Type};

use super::{
    SqliteLog,
    directory::{Held, SeriesId},
    merge::Merge,
    number, open,
    schema::Meta,
    sequence,
};
use crate::{
    Filter,
    log::{LogError, Order, Page, Pruned, Query, TopicPage, TopicQuery},
};

/// The most rows one page walks past; then it ends with what it has, so that no reader holds a
/// connection for long.
const WALKED_ROWS: usize = 4_096;
/// What a look into the index for one series costs, in rows walked.
const LOOK_ROWS: u64 = 4;
/// Readers that are kept when they are not in use.
const KEPT_READERS: usize = 8;

const COLUMNS: &str = "seq, series, time, expires, source, id, attributes, data";

/// How the events of a page are found.
enum Plan {
    /// There are none.
    Nothing,
    /// By walking this range of the table; only these series, or all.
    Walk(Option<HashSet<SeriesId>>, (u64, u64)),
    /// Through the index, in this range.
    Look(Vec<SeriesId>, (u64, u64)),
}

/// A page being made.
#[derive(Default)]
struct Taken {
    events: Vec<Arc<Event>>,
    bytes: usize,
    has_more: bool,
    /// The last sequence looked at.
    seen: Option<u64>,
}

impl SqliteLog {
    pub(super) fn read_page(&self, query: &Query) -> Result<Page, LogError> {
        let from = query
            .after
            .map_or(0, |after| after.saturating_add(1))
            .max(1);
        let (plan, bounds, to) = {
            let directory = self.directory();
            let bounds = directory.bounds();
            // Nothing beyond what the directory knows: a series it does not know could be missing
            // from the plan.
            let to = query
                .before
                .map_or(bounds.last, |before| before.saturating_sub(1))
                .min(bounds.last);
            let plan = if from > to {
                Plan::Nothing
            } else if query.filter.is_all() {
                Plan::Walk(None, (from, to))
            } else {
                let mut series = directory.select(&query.filter);
                series.retain(|(_, held)| held.last >= from && held.first <= to);
                plan(series, directory.whole.count, query.limit, (from, to))
            };
            (plan, bounds, to)
        };
        self.with_reader(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let taken = self.take(&transaction, query, plan)?;
            // After the rows: whatever was pruned before this transaction saw them is known by now.
            let pruned = match (query.order, query.after) {
                (Order::Ascending, Some(after))
                    if after < self.pruned_through.load(Ordering::Acquire) =>
                {
                    let next = taken
                        .events
                        .first()
                        .and_then(|event| event.event_id)
                        .map(|id| id.seq);
                    pruned(&transaction, &query.filter, after, next)?
                }
                _ => None,
            };
            let through = match (taken.has_more, query.order) {
                (true, _) => taken.seen.unwrap_or(from.saturating_sub(1)),
                (false, Order::Ascending) => to.max(from.saturating_sub(1)),
                (false, Order::Descending) => from,
            };
            Ok(Page {
                events: taken.events,
                through,
                has_more: taken.has_more,
                bounds,
                pruned,
            })
        })
    }

    pub(super) fn list_topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError> {
        let (mut summaries, has_more) = {
            let directory = self.directory();
            let mut topics = directory.under(&query.prefix, query.after.as_ref());
            let page: Vec<_> = topics
                .by_ref()
                .take(query.limit)
                .map(|(topic, series)| directory.summary(topic, series))
                .collect();
            (page, topics.next().is_some())
        };
        self.with_reader(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let mut rows = Rows::new(&transaction, self)?;
            let mut topics = Vec::with_capacity(summaries.len());
            for summary in summaries.drain(..) {
                // One whose newest event went this moment is, this moment, no topic.
                if let Some(event) = rows.event(summary.last)? {
                    topics.push((summary, event));
                }
            }
            Ok(TopicPage { topics, has_more })
        })
    }

    fn take(&self, connection: &Connection, query: &Query, plan: Plan) -> rusqlite::Result<Taken> {
        let mut taken = Taken::default();
        match plan {
            Plan::Nothing => {}
            Plan::Look(series, range) => {
                let mut rows = Rows::new(connection, self)?;
                let mut merge = Merge::new(connection, &series, query.order, range, query.limit)?;
                while let Some(seq) = merge.next()? {
                    if let Some(event) = rows.event(seq)?
                        && !taken.add(seq, event, query)
                    {
                        break;
                    }
                }
            }
            Plan::Walk(series, range) => {
                let direction = match query.order {
                    Order::Ascending => "",
                    Order::Descending => "DESC",
                };
                let sql = format!(
                    "SELECT {COLUMNS} FROM events WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq {direction}"
                );
                let mut statement = connection.prepare_cached(&sql)?;
                let mut found = statement.query([number(range.0), number(range.1)])?;
                let mut rows = Rows::new(connection, self)?;
                let mut walked = 0;
                while let Some(row) = found.next()? {
                    let seq = sequence(row, 0)?;
                    if walked == WALKED_ROWS {
                        taken.has_more = true;
                        break;
                    }
                    walked += 1;
                    let is_selected = match &series {
                        Some(series) => series.contains(&row.get(1)?),
                        None => true,
                    };
                    if !is_selected {
                        taken.seen = Some(seq);
                    } else if !taken.add(seq, Arc::new(rows.read(row)?), query) {
                        break;
                    }
                }
            }
        }
        Ok(taken)
    }

    /// Reads with a connection of its own; in memory, where there is but one, with the writer's.
    fn with_reader<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        let Some(files) = &self.files else {
            return self
                .writer()
                .use_connection(self, |connection| read(connection));
        };
        let readers = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = readers().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => open::reading(files)?,
        };
        // One that failed is not used again.
        let done = read(&connection)?;
        let mut readers = readers();
        if readers.len() < KEPT_READERS {
            readers.push(connection);
        }
        Ok(done)
    }
}

/// How to find the events of these series in a range that each of them has some part in.
fn plan(series: Vec<(SeriesId, Held)>, all: u64, limit: usize, (from, to): (u64, u64)) -> Plan {
    let held: u64 = series.iter().map(|(_, held)| held.count).sum();
    // Nothing is to be found before the first of them begins or after the last of them ends.
    let begin = series
        .iter()
        .map(|(_, held)| held.first)
        .min()
        .unwrap_or(from);
    let end = series.iter().map(|(_, held)| held.last).max().unwrap_or(to);
    let range = (from.max(begin), to.min(end));
    if held == 0 {
        return Plan::Nothing;
    }
    let ids = series.into_iter().map(|(id, _)| id);
    // Rows to walk until the page is full, were the events spread evenly.
    let walk = (limit as u64).min(held).saturating_mul(all / held.max(1));
    if (ids.len() as u64).saturating_mul(LOOK_ROWS) <= walk || ids.len() == 1 {
        Plan::Look(ids.collect(), range)
    } else {
        Plan::Walk(Some(ids.collect()), range)
    }
}

impl Taken {
    /// Takes an event, unless the page is full; tells whether it goes on.
    fn add(&mut self, seq: u64, event: Arc<Event>, query: &Query) -> bool {
        let size = event.weight();
        let is_expired = event.expires.is_some_and(|expires| expires <= query.now);
        let is_full = self.events.len() >= query.limit
            || (self.bytes + size > query.max_bytes && !self.events.is_empty());
        if !is_expired && is_full {
            self.has_more = true;
            return false;
        }
        self.seen = Some(seq);
        if !is_expired {
            self.bytes += size;
            self.events.push(event);
        }
        true
    }
}

/// Reads rows as events, and the names of their series as they come up.
struct Rows<'c> {
    by_seq: CachedStatement<'c>,
    series: CachedStatement<'c>,
    names: HashMap<SeriesId, (Topic, TypeName)>,
    log: &'c SqliteLog,
}

impl<'c> Rows<'c> {
    fn new(connection: &'c Connection, log: &'c SqliteLog) -> rusqlite::Result<Self> {
        Ok(Self {
            by_seq: connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE seq = ?1"))?,
            series: connection.prepare_cached("SELECT topic, type FROM series WHERE id = ?1")?,
            names: HashMap::new(),
            log,
        })
    }

    fn event(&mut self, seq: u64) -> rusqlite::Result<Option<Arc<Event>>> {
        let Self {
            by_seq,
            series,
            names,
            log,
        } = self;
        let event = by_seq
            .query_row([number(seq)], |row| event(row, series, names, log))
            .optional()?;
        Ok(event.map(Arc::new))
    }

    fn read(&mut self, row: &Row<'_>) -> rusqlite::Result<Event> {
        event(row, &mut self.series, &mut self.names, self.log)
    }
}

fn event(
    row: &Row<'_>,
    series: &mut CachedStatement<'_>,
    names: &mut HashMap<SeriesId, (Topic, TypeName)>,
    log: &SqliteLog,
) -> rusqlite::Result<Event> {
    let event_id = EventId {
        epoch: log.epoch,
        seq: sequence(row, 0)?,
    };
    let id: SeriesId = row.get(1)?;
    let (topic, event_type) = if let Some(known) = names.get(&id) {
        known.clone()
    } else {
        let read = series.query_row([id], name)?;
        names.entry(id).or_insert(read).clone()
    };
    let attributes = match row.get_ref(6)?.as_str_or_null()? {
        Some(text) => serde_json::from_str(text).map_err(|error| invalid(6, error))?,
        None => pulseboard_contract::Attributes::default(),
    };
    Ok(Event {
        event_id: Some(event_id),
        id: row
            .get::<_, Option<String>>(5)?
            .unwrap_or_else(|| event_id.to_string()),
        source: row.get(4)?,
        event_type,
        topic,
        time: Timestamp::from_millis(row.get(2)?).map_err(|error| invalid(2, error))?,
        expires: row
            .get::<_, Option<i64>>(3)?
            .map(Timestamp::from_millis)
            .transpose()
            .map_err(|error| invalid(3, error))?,
        attributes,
        data: Json::from_stored(row.get_ref(7)?.as_str()?),
    })
}

/// The topic and type of a series' row.
fn name(row: &Row<'_>) -> rusqlite::Result<(Topic, TypeName)> {
    let topic = Topic::new(row.get_ref(0)?.as_str()?).map_err(|error| invalid(0, error))?;
    let event_type = TypeName::new(row.get_ref(1)?.as_str()?).map_err(|error| invalid(1, error))?;
    Ok((topic, event_type))
}

fn invalid(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// What retention has taken from the filter's events after `after`; `next` is the first of them
/// that is left.
fn pruned(
    connection: &Connection,
    filter: &Filter,
    after: u64,
    next: Option<u64>,
) -> rusqlite::Result<Option<Pruned>> {
    let mut statement = connection.prepare_cached(
        "SELECT topic, type, first, pruned_through, pruned_count, pruned_version FROM series
         WHERE pruned_through > ?1 AND pruned_through > 0",
    )?;
    let mut rows = statement.query([number(after)])?;
    let mut found: Option<Pruned> = None;
    // Each series either lost only what lies after the cursor, so that its own count is the number,
    // or the number is unknown.
    let mut counted = Some(0);
    while let Some(row) = rows.next()? {
        let (topic, event_type) = name(row)?;
        if !filter.selects_name(&topic, &event_type) {
            continue;
        }
        let (first, through, count, version) = (
            sequence(row, 2)?,
            sequence(row, 3)?,
            sequence(row, 4)?,
            sequence(row, 5)?,
        );
        counted = counted.filter(|_| after < first).map(|sum| sum + count);
        let so_far = found.map_or((0, 0), |pruned| (pruned.through, pruned.version));
        found = Some(Pruned {
            through: through.max(so_far.0),
            lost: None,
            version: version.max(so_far.1),
        });
    }
    let forgotten = Meta::Forgotten.read_number(connection)?;
    if forgotten > after {
        counted = None;
        let so_far = found.map_or((0, 0), |pruned| (pruned.through, pruned.version));
        let version = Meta::ForgottenVersion
            .read_number(connection)?
            .max(so_far.1);
        found = Some(Pruned {
            through: forgotten.max(so_far.0),
            lost: None,
            version,
        });
    }
    let Some(pruned) = found else { return Ok(None) };
    // Where nothing at all is left of a stretch and nothing went otherwise, its length is the
    // number.
    let is_whole = filter.is_all() && next.is_none_or(|next| next > pruned.through);
    let stretch = (is_whole && Meta::Removed.read_number(connection)? <= after)
        .then(|| pruned.through - after);
    Ok(Some(Pruned {
        lost: counted.or(stretch),
        ..pruned
    }))
}
