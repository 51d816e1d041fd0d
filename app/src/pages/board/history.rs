//! Backfill: reads the part of the charts' history that the page does not have from the server, one
//! topic at a time.

use std::collections::BTreeMap;

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::{Topic, limits::CHART_POINTS, push_percent_encoded};

use super::state::BoardState;
use crate::{
    clock::{Clock, use_clock},
    live::use_live,
    platform::http::fetch_series,
};
use pulseboard_feed::TopicFeed;

/// Reads missing history whenever there is a new topic or a longer range.
pub(super) fn backfill(board: BoardState) {
    let (live, clock) = (use_live(), use_clock());
    let topics = Memo::new(move |_| {
        let has_values =
            |topic: &&TopicFeed| topic.series().len() > 0 || !topic.states().is_empty();
        live.feed.with(|feed| {
            feed.topics()
                .filter(has_values)
                .map(|topic| topic.topic().clone())
                .collect::<Vec<_>>()
        })
    });
    let range = Memo::new(move |_| board.layout.with(|layout| layout.range));
    // The time from which on the page has the history of each topic.
    let known = StoredValue::new(BTreeMap::<Topic, i64>::new());
    let is_reading = StoredValue::new(false);
    Effect::new(move |_| {
        topics.track();
        range.track();
        if is_reading.try_update_value(|reading| std::mem::replace(reading, true)) != Some(false) {
            // The running read looks for more when it is done.
            return;
        }
        spawn_local(async move {
            while let Some((topic, from)) = next(clock, topics, range, known) {
                let past = live
                    .feed
                    .with_untracked(|feed| feed.topic(&topic).and_then(TopicFeed::first_time))
                    .map(pulseboard_contract::Timestamp::millis);
                let Some(to) = past.filter(|to| *to > from) else {
                    continue;
                };
                let mut url =
                    format!("/api/series?from={from}&to={to}&points={CHART_POINTS}&topic=");
                push_percent_encoded(&mut url, topic.as_str());
                match fetch_series(&url).await {
                    Ok(past) => {
                        live.feed.try_update(|feed| feed.extend(&topic, &past));
                    }
                    // The chart keeps the page's own history. A longer range tries again.
                    Err(error) => {
                        leptos::logging::warn!("could not read the history of {topic}: {error}");
                    }
                }
            }
            is_reading.try_update_value(|reading| *reading = false);
        });
    });
}

/// The next topic of which the log may have more history, and the time from which on it is needed. The
/// topic counts as known from here on, so that a failed read does not repeat for ever. None once the
/// board is gone.
fn next(
    clock: Clock,
    topics: Memo<Vec<Topic>>,
    range: Memo<i64>,
    known: StoredValue<BTreeMap<Topic, i64>>,
) -> Option<(Topic, i64)> {
    let from = clock.now_untracked().millis() - range.try_get_untracked()?;
    let topics = topics.try_get_untracked()?;
    known.try_update_value(|known| {
        let topic = topics
            .into_iter()
            .find(|topic| known.get(topic).is_none_or(|known| *known > from))?;
        known.insert(topic.clone(), from);
        Some((topic, from))
    })?
}
