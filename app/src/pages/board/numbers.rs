//! Numbers: a small chart for each field of a topic, each with its own scale, because a shared axis would flatten all
//! but the largest.

use leptos::prelude::*;
use pulseboard::Topic;

use super::tile::{Tile, follow, start, window};
use crate::{
    clock::use_clock,
    components::{Chart, FieldChart, keyed},
    format,
    live::use_live,
};

/// Charts a tile has; the topic's page has all fields.
const SHOWN: usize = 6;

/// The tile.
#[component]
pub(super) fn NumbersTile(topic: Topic, range: RwSignal<i64>, #[prop(into)] width: Signal<u8>) -> impl IntoView {
    let fields = follow(&topic, |topic| topic.series().map(|(name, _)| name.to_owned()).collect::<Vec<_>>());
    let states = follow(&topic, |topic| topic.states().clone());
    let words = move || states.get().unwrap_or_default().into_iter().collect();
    let clock = use_clock();
    let window = window(&topic, range);
    let shown = move || fields.get().unwrap_or_default().into_iter().take(SHOWN).collect::<Vec<_>>();
    let rest = move || fields.get().map_or(0, |fields| fields.len().saturating_sub(SHOWN));
    let topic_ = topic.clone();
    view! {
        <Tile topic=topic width=width expects_more=true>
            <div class="multiples">
                {keyed(shown, Clone::clone, move |field| {
                    let chart = chart(topic_.clone(), field.clone(), window);
                    view! { <FieldChart field=field chart=chart/> }.into_any()
                })}
            </div>
            <p class="axis" aria-hidden="true">
                <span>{move || clock.hour_and_minute(start(clock.now(), window.get()))}</span>
                <span>{move || clock.hour_and_minute(clock.now())}</span>
            </p>
            <dl class="states">
                {keyed(words, |(name, value)| format!("{name}={value}"), |(name, value)| view! {
                    <div><dt>{name}</dt><dd>{value}</dd></div>
                }.into_any())}
            </dl>
            {move || (rest() > 0).then(|| view! { <p class="quiet">{format!("and {} on the topic's page", format::count(rest() as u64, "field", "fields"))}</p> }.into_any())}
        </Tile>
    }
}

/// A field over the time shown, up to now.
fn chart(topic: Topic, field: String, window: Memo<i64>) -> Memo<Option<Chart>> {
    let live = use_live();
    let clock = use_clock();
    let revision = live.revision(topic.clone());
    Memo::new(move |_| {
        revision.get();
        let (now, window) = (clock.now(), window.get());
        live.feed.with_untracked(|feed| Chart::of(&field, feed.topic(&topic)?.field(&field)?, now, window))
    })
}
