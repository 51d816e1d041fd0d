//! The series of a topic: its numbers and states over time, computed from the stored events.
//!
//! [`builder`] is the pure part: it takes events, newest first, and sorts their values into buckets.
//! [`read`] feeds it from the log and decides which events to skip.

mod buckets;
mod builder;

use std::sync::Arc;

use pulseboard_contract::{
    Event, Topic, TopicPattern,
    api::TopicSeries,
    limits::{PAGE_BYTES, PAGE_ITEMS},
};
use pulseboard_hub::{Filter, LogError, Order, Query};

pub(crate) use self::buckets::TimeRange;
use self::builder::SeriesBuilder;
use crate::AppState;

/// The largest number of events that one series is computed from.
const MAX_EVENTS: usize = 120_000;
/// How many events of one bucket are read before the rest of the bucket is skipped.
const MAX_BUCKET_EVENTS: usize = 1_000;
/// The largest number of queries to find a time in the log: twice the bits of a sequence.
const MAX_PROBES: usize = 128;

/// Reads the series of a topic. It reads the log backwards, so that the oldest events are missing if
/// there are too many.
///
/// # Errors
/// If the log cannot be read.
pub(crate) async fn read(
    state: &AppState,
    topic: Topic,
    range: TimeRange,
) -> Result<TopicSeries, LogError> {
    let log = TopicLog {
        state,
        topic: &topic,
    };
    let mut builder = SeriesBuilder::new(range);
    let mut before = log.sequence_at_end(range).await?;
    // The current bucket, and how many of its events were read in a row.
    let (mut bucket, mut bucket_events) = (None, 0);
    while builder.events() < MAX_EVENTS {
        let page = state.hub.history(log.query(before, PAGE_ITEMS)).await?;
        let Some(oldest) = page.events.last().map(|event| event.time.millis()) else {
            return Ok(builder.finish(topic));
        };
        for event in &page.events {
            let number = builder.add(event);
            bucket_events = if number == bucket {
                bucket_events + 1
            } else {
                1
            };
            bucket = number;
        }
        before = page.through;
        // Some events are published late, with an old time. Only a whole page of events that are
        // too old means that the start of the range is reached.
        let is_past_start = page
            .events
            .iter()
            .all(|event| event.time.millis() < range.from());
        if !page.has_more || is_past_start {
            return Ok(builder.finish(topic));
        }
        if bucket_events >= MAX_BUCKET_EVENTS {
            if let Some(number) = bucket {
                let start = range.start_of(number);
                if oldest > start {
                    let next = log.sequence_at(start, before).await?;
                    if next < before {
                        builder.skip_rest_of(number);
                        before = next;
                    }
                }
            }
            (bucket, bucket_events) = (None, 0);
        }
    }
    builder.truncate();
    Ok(builder.finish(topic))
}

/// The stored events of one topic.
struct TopicLog<'a> {
    state: &'a AppState,
    topic: &'a Topic,
}

impl TopicLog<'_> {
    /// The query for the newest events before a sequence, newest first.
    fn query(&self, before: u64, limit: usize) -> Query {
        Query {
            filter: Filter::new([TopicPattern::from(self.topic)], []),
            after: None,
            before: Some(before),
            order: Order::Descending,
            limit,
            max_bytes: PAGE_BYTES,
            now: self.state.now(),
        }
    }

    async fn newest_before(&self, before: u64) -> Result<Option<Arc<Event>>, LogError> {
        let page = self.state.hub.history(self.query(before, 1)).await?;
        Ok(page.events.into_iter().next())
    }

    /// The sequence where the range ends.
    async fn sequence_at_end(&self, range: TimeRange) -> Result<u64, LogError> {
        let end = self.state.hub.position().seq + 1;
        // Almost always the newest event is older than the end of the range; then no search is
        // needed.
        match self.newest_before(end).await? {
            Some(newest) if newest.time.millis() >= range.to() => {
                self.sequence_at(range.to(), end).await
            }
            Some(_) | None => Ok(end),
        }
    }

    /// A sequence at or below `before`, such that earlier events are older than `time`. The binary
    /// search assumes that times grow with sequences, which events that are published late violate.
    async fn sequence_at(&self, time: i64, before: u64) -> Result<u64, LogError> {
        let (mut low, mut high) = (0, before);
        let mut step = PAGE_ITEMS as u64;
        for _ in 0..MAX_PROBES {
            // Growing steps from the end first, because the time is usually near; then halving.
            let probe = if low == 0 && step < high {
                high - step
            } else {
                u64::midpoint(low, high)
            };
            step = step.saturating_mul(2);
            if probe <= low || probe >= high {
                break;
            }
            match self.newest_before(probe).await? {
                Some(event) if event.time.millis() >= time => {
                    high = event.event_id.map_or(probe, |id| id.seq).min(probe);
                }
                // All events up to the probe are older than the time.
                Some(_) | None => low = probe,
            }
        }
        Ok(high)
    }
}
