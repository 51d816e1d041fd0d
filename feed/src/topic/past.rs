//! A topic's past: what the log has from before the page was opened.

use std::sync::Arc;

use pulseboard_contract::{Event, Timestamp, api::TopicSeries};

use super::{ROWS, TopicFeed};
use crate::Bucket;

impl TopicFeed {
    /// Takes in older events, oldest first, before those that are known.
    pub fn backfill(&mut self, events: &[Arc<Event>]) {
        self.revision += 1;
        let mut older = Self::new(&self.last);
        for event in events {
            older.apply(event, &event.payload());
        }
        for (name, series) in older.series {
            let buckets: Vec<_> = series.buckets().collect();
            if let Some(known) = self.series_mut(name) {
                known.prepend(&buckets);
            }
        }
        for (name, states) in older.states {
            let changes: Vec<_> = states
                .changes()
                .map(|(time, value)| (time, value.to_owned()))
                .collect();
            if let Some(known) = self.states_mut(name) {
                known.prepend(&changes);
            }
        }
        let first = self.rows.front().map(|row| row.event.clone());
        for row in older
            .rows
            .into_iter()
            .rev()
            .filter(|row| is_older(&row.event, first.as_ref()))
        {
            if self.rows.len() < ROWS {
                self.rows.push_front(row);
            }
        }
        self.room.prepend(older.room, is_older);
        self.count = self.count.max(older.count);
    }

    /// Takes in what the log has of the time before the oldest known value.
    pub fn extend(&mut self, older: &TopicSeries) {
        self.revision += 1;
        for field in &older.fields {
            if let Some(series) = self.series_mut(field.name.clone()) {
                series.prepend(&Bucket::from_columns(field));
            }
        }
        for field in &older.states {
            let change = |(millis, value): &(i64, String)| {
                Some((Timestamp::from_millis(*millis).ok()?, value.clone()))
            };
            let changes: Vec<_> = field.changes.iter().filter_map(change).collect();
            if let Some(states) = self.states_mut(field.name.clone()) {
                states.prepend(&changes);
            }
        }
    }
}

/// Whether the event comes before the first one that is known, in the same log.
fn is_older(event: &Event, first: Option<&Arc<Event>>) -> bool {
    match (event.event_id, first.and_then(|first| first.event_id)) {
        (Some(id), Some(first)) => id.epoch == first.epoch && id.seq < first.seq,
        _ => first.is_none(),
    }
}
