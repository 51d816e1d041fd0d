//! Numbers: a small chart for each field of a topic, each with its own scale, because a shared axis would flatten all
//! but the largest.

use leptos::prelude::*;
use pulseboard::Topic;

use super::tile::{Tile, follow, start, window};
use crate::{
    clock::use_clock,
    components::Spark,
    format::{self, with_unit},
    live::use_live,
};

/// Charts a tile has; the inspector has all fields.
const SHOWN: usize = 6;

/// The tile.
#[component]
pub(super) fn NumbersTile(topic: Topic, range: RwSignal<i64>, #[prop(into)] width: Signal<u8>) -> impl IntoView {
    let fields = follow(&topic, |topic| topic.series().map(|(name, _)| name.to_owned()).collect::<Vec<_>>());
    let states = follow(&topic, |topic| topic.states().clone());
    let clock = use_clock();
    let window = window(&topic, range);
    let shown = move || fields.get().unwrap_or_default().into_iter().take(SHOWN).collect::<Vec<_>>();
    let rest = move || fields.get().map_or(0, |fields| fields.len().saturating_sub(SHOWN));
    let topic_ = topic.clone();
    view! {
        <Tile topic=topic width=width expects_more=true>
            <div class="multiples">
                <For each=shown key=Clone::clone let:field>
                    <FieldChart topic=topic_.clone() field=field window=window/>
                </For>
            </div>
            <p class="axis" aria-hidden="true">
                <span>{move || clock.hour_and_minute(start(clock.now(), window.get()))}</span>
                <span>{move || clock.hour_and_minute(clock.now())}</span>
            </p>
            <dl class="states">
                <For each=move || states.get().unwrap_or_default() key=Clone::clone let((name, value))>
                    <div><dt>{name}</dt><dd>{value}</dd></div>
                </For>
            </dl>
            {move || (rest() > 0).then(|| view! { <p class="quiet">{format!("and {} in the inspector", format::count(rest() as u64, "field", "fields"))}</p> })}
        </Tile>
    }
}

#[component]
fn FieldChart(topic: Topic, field: String, window: Memo<i64>) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let (label, unit) = format::field(&field);
    let name = field.clone();
    let value = follow(&topic, move |topic| topic.value(&name).map(|value| format::quantity(value, unit)));
    let scale = {
        let (topic, field) = (topic.clone(), field.clone());
        let revision = live.revision(topic.clone());
        Memo::new(move |_| {
            revision.get();
            let start = start(clock.now(), window.get());
            live.feed.with_untracked(|feed| {
                let (low, high) = feed.topic(&topic)?.field(&field)?.range(start)?;
                let (low, high) = (with_unit(low, unit), with_unit(high, unit));
                // A constant has one label, not the same one twice.
                Some((if low == high { String::new() } else { low }, high))
            })
        })
    };
    view! {
        <figure class="multiple">
            <figcaption>
                <span class="label">{label}</span>
                <b>
                    {move || value.get().flatten().map(|(number, _)| number)}
                    <small>{move || value.get().flatten().map(|(_, unit)| unit)}</small>
                </b>
            </figcaption>
            <div class="plot">
                <Spark topic=topic field=field window_millis=window/>
                <span class="scale">
                    <span>{move || scale.get().map(|(_, high)| high)}</span>
                    <span>{move || scale.get().map(|(low, _)| low)}</span>
                </span>
            </div>
        </figure>
    }
}
