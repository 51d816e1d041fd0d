//! Charts of the topic's numeric fields over the loaded history, the same events as in the list below.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use crate::{
    clock::{Clock, use_clock},
    components::{Chart, FieldChart},
    format,
    live::{Live, use_live},
};
use pulseboard_feed::{Feed, History, TopicFeed};

/// The charts that are always open. Charts of more fields start folded.
const OPEN_CHARTS: usize = 6;

/// A chart for each numeric field, if there are any.
#[component]
pub(super) fn Charts(revision: Memo<Option<u64>>) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let fields = Memo::new(move |_| {
        revision.get();
        // A line needs two values. The list shows a single value.
        let lines = |topic: &TopicFeed| {
            topic
                .series()
                .filter(|(_, series)| series.buckets().len() > 1)
                .map(|(name, _)| name.to_owned())
                .collect::<Vec<_>>()
        };
        live.feed
            .with_untracked(|feed| numbers(feed).map(lines).unwrap_or_default())
    });
    let over = move || {
        revision.get();
        live.feed.with_untracked(|feed| {
            let events = feed.history().map_or(0, |history| history.events().len());
            let events = format::count(events as u64, "event", "events");
            let (from, to) = numbers(feed).and_then(TopicFeed::span)?;
            Some(format!(
                "{events}, {} to {}",
                moment(clock, from, to),
                moment(clock, to, from)
            ))
        })
    };
    view! {
        {move || {
            let fields = fields.get();
            (!fields.is_empty())
                .then(|| {
                    let (shown, more) = fields.split_at(fields.len().min(OPEN_CHARTS));
                    let shown = plots(live, revision, shown);
                    let more = (!more.is_empty())
                        .then(|| {
                            let count = format::count(
                                more.len() as u64,
                                "more field",
                                "more fields",
                            );
                            let more = plots(live, revision, more);
                            view! {
                                <details class="further">
                                    <summary>{count}</summary>
                                    <div class="plots">{more}</div>
                                </details>
                            }
                                .into_any()
                        });
                    view! {
                        <section class="tile numbers" aria-label="Numbers">
                            <header>
                                <h2>"Numbers"</h2>
                                <span class="quiet">{move || over()}</span>
                            </header>
                            <div class="plots">{shown}</div>
                            {more}
                        </section>
                    }
                        .into_any()
                })
        }}
    }
}

/// A chart for each field, over the whole loaded history.
fn plots(live: Live, revision: Memo<Option<u64>>, fields: &[String]) -> Vec<AnyView> {
    let plot = |field: &String| {
        let name = field.clone();
        let chart = Memo::new(move |_| {
            revision.get();
            live.feed.with_untracked(|feed| {
                let numbers = numbers(feed)?;
                let (from, to) = numbers.span()?;
                Chart::of(
                    &name,
                    numbers.field(&name)?,
                    to,
                    (to.millis() - from.millis()).max(1),
                )
            })
        });
        view! { <FieldChart field=field.clone() chart=chart /> }.into_any()
    };
    fields.iter().map(plot).collect()
}

/// The numeric fields of the loaded history.
fn numbers(feed: &Feed) -> Option<&TopicFeed> {
    feed.history().and_then(History::numbers)
}

/// A time for the reader, with its day if `other` is on another day.
fn moment(clock: Clock, at: Timestamp, other: Timestamp) -> String {
    let (day, time) = (clock.day(at), clock.time_of_day(at));
    if day == clock.day(other) {
        time
    } else {
        format!("{} {}", clock.day_name(&day), time)
    }
}
