//! The topic's numbers over what is loaded of its history: the same events as in the list below, as charts.

use leptos::prelude::*;
use pulseboard::Timestamp;

use crate::{
    clock::{Clock, use_clock},
    components::{Chart, FieldChart},
    feed::{History, TopicFeed},
    format,
    live::use_live,
};

/// Charts shown at once; further fields are folded away.
const SHOWN: usize = 6;

/// A chart for every field, if there are any.
#[component]
pub(super) fn Charts(revision: Memo<Option<u64>>) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let fields = Memo::new(move |_| {
        revision.get();
        numbers(|topic| topic.series().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()).unwrap_or_default()
    });
    let span = Memo::new(move |_| {
        revision.get();
        numbers(TopicFeed::span).flatten()
    });
    let events = Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| feed.history().map_or(0, |history| history.events().len()))
    });
    let over = move || {
        let events = format::count(events.get() as u64, "event", "events");
        span.get().map(|(from, to)| format!("{events}, {} to {}", moment(clock, from, to), moment(clock, to, from)))
    };
    let is_folded = Memo::new(move |_| fields.with(|fields| fields.len().saturating_sub(SHOWN)));
    let plots = move |fields: Signal<Vec<String>>| {
        view! {
            <div class="plots">
                <For each=move || fields.get() key=Clone::clone let:field>
                    {
                        let chart = chart(revision, span, field.clone());
                        view! { <FieldChart field=field chart=chart/> }
                    }
                </For>
            </div>
        }
    };
    let first = Signal::derive(move || fields.with(|fields| fields.iter().take(SHOWN).cloned().collect()));
    let rest = Signal::derive(move || fields.with(|fields| fields.iter().skip(SHOWN).cloned().collect()));
    let has_numbers = Memo::new(move |_| fields.with(|fields| !fields.is_empty()));
    move || {
        has_numbers.get().then(|| {
            view! {
                <section class="tile numbers" aria-label="Numbers">
                    <header><h2>"Numbers"</h2><span class="quiet">{over}</span></header>
                    {plots(first)}
                    {move || (is_folded.get() > 0).then(|| view! {
                        <details class="further">
                            <summary>{format::count(is_folded.get() as u64, "further field", "further fields")}</summary>
                            {plots(rest)}
                        </details>
                    })}
                </section>
            }
        })
    }
}

/// A field over all that is loaded.
fn chart(revision: Memo<Option<u64>>, span: Memo<Option<(Timestamp, Timestamp)>>, field: String) -> Memo<Option<Chart>> {
    Memo::new(move |_| {
        revision.get();
        let (from, to) = span.get()?;
        let window = (to.millis() - from.millis()).max(1);
        numbers(|topic| Chart::of(&field, topic.field(&field)?, to, window)).flatten()
    })
}

/// Reads the numbers of the history on the page.
fn numbers<T>(read: impl FnOnce(&TopicFeed) -> T) -> Option<T> {
    use_live().feed.with_untracked(|feed| feed.history().and_then(History::numbers).map(read))
}

/// A time, with its day where the other end lies in another.
fn moment(clock: Clock, at: Timestamp, other: Timestamp) -> String {
    let (day, time) = (clock.day(at), clock.time_of_day(at));
    if day == clock.day(other) { time } else { format!("{} {}", clock.day_name(&day), time) }
}
