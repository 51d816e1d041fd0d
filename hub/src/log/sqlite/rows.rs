//! Rows of the events table as events.

use std::{collections::HashMap, sync::Arc};

use pulseboard_contract::{Attributes, Epoch, Event, EventId, Json, Timestamp, Topic, TypeName};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use super::{
    columns::{invalid, to_integer, topic_and_type, unsigned},
    directory::TopicTypeId,
};

/// The columns that [`EventReader::read`] expects, in order.
pub(super) const COLUMNS: &str = "seq, series, time, expires, source, id, attributes, data";

/// Reads rows as events. It looks the name of each topic type up once.
pub(super) struct EventReader<'c> {
    epoch: Epoch,
    by_seq: CachedStatement<'c>,
    names: Names<'c>,
}

/// The names of topic types, looked up as they appear.
struct Names<'c> {
    by_id: CachedStatement<'c>,
    known: HashMap<TopicTypeId, (Topic, TypeName)>,
}

impl<'c> EventReader<'c> {
    pub(super) fn new(connection: &'c Connection, epoch: Epoch) -> rusqlite::Result<Self> {
        Ok(Self {
            epoch,
            by_seq: connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE seq = ?1"))?,
            names: Names {
                by_id: connection.prepare_cached("SELECT topic, type FROM series WHERE id = ?1")?,
                known: HashMap::new(),
            },
        })
    }

    /// The event with this sequence, if the log still has it.
    pub(super) fn find(&mut self, seq: u64) -> rusqlite::Result<Option<Arc<Event>>> {
        let (epoch, names) = (self.epoch, &mut self.names);
        let event = self
            .by_seq
            .query_row([to_integer(seq)], |row| event(row, epoch, names))
            .optional()?;
        Ok(event.map(Arc::new))
    }

    /// The event in a row that has the [`COLUMNS`].
    pub(super) fn read(&mut self, row: &Row<'_>) -> rusqlite::Result<Event> {
        event(row, self.epoch, &mut self.names)
    }
}

impl Names<'_> {
    fn get(&mut self, id: TopicTypeId) -> rusqlite::Result<(Topic, TypeName)> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let read = self.by_id.query_row([id], |row| topic_and_type(row, 0))?;
        Ok(self.known.entry(id).or_insert(read).clone())
    }
}

fn event(row: &Row<'_>, epoch: Epoch, names: &mut Names<'_>) -> rusqlite::Result<Event> {
    let event_id = EventId {
        epoch,
        seq: unsigned(row, 0)?,
    };
    let (topic, event_type) = names.get(row.get(1)?)?;
    let attributes = match row.get_ref(6)?.as_str_or_null()? {
        Some(text) => serde_json::from_str(text).map_err(|error| invalid(6, error))?,
        None => Attributes::default(),
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
