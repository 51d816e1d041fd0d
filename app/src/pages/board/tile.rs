//! The frame of a tile: its name, how fresh it is, its content.

use leptos::prelude::*;
use pulseboard::{Timestamp, Topic};

use crate::{
    clock::use_clock,
    feed::{Place, TopicFeed},
    format,
    live::use_live,
};

/// How fresh a topic is: a tile whose data stopped says so, and for how long.
#[component]
pub(super) fn Fresh(
    topic: Topic,
    /// Whether silence means that something stopped, as it does for numbers.
    #[prop(optional)]
    expects_more: bool,
) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let revision = live.revision(topic.clone());
    let known = Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| feed.topic(&topic).map(|topic| (topic.last().time, topic.patience_millis())))
    });
    let age = move || known.get().map_or(0, |(last, _)| clock.now().millis() - last.millis());
    let is_stale = Memo::new(move |_| expects_more && known.get().is_some_and(|(_, patience)| age() > patience));
    let text =
        Memo::new(move |_| if is_stale.get() { format!("no data for {}", format::age(age())) } else { format::ago(age()) });
    let time = move || known.get().map(|(last, _)| last.to_string());
    view! {
        <span class="fresh" data-age=move || if is_stale.get() { "stale" } else { "fresh" }>
            <time datetime=move || time() title=move || time()>{text}</time>
        </span>
    }
}

/// A tile that is about one topic.
#[component]
pub(super) fn Tile(
    topic: Topic,
    /// How wide it is, of twelve columns.
    #[prop(into)]
    width: Signal<u8>,
    /// Whether silence means that something stopped.
    #[prop(optional)]
    expects_more: bool,
    children: Children,
) -> impl IntoView {
    let href = Place::of(topic.clone()).href();
    let name = topic.to_string();
    view! {
        <section class="tile" data-width=move || width.get().to_string() data-topic=name.clone() aria-label=name>
            <header>
                <h2 class="topic"><a href=href>{name.clone()}</a></h2>
                <Fresh topic=topic expects_more=expects_more/>
            </header>
            {children()}
        </section>
    }
}

/// A value of a topic, which follows it.
pub(super) fn follow<T: PartialEq + Clone + Send + Sync + 'static>(
    topic: &Topic,
    read: impl Fn(&TopicFeed) -> T + Send + Sync + 'static,
) -> Memo<Option<T>> {
    let live = use_live();
    let topic = topic.clone();
    let revision = live.revision(topic.clone());
    Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| feed.topic(&topic).map(&read))
    })
}

/// How much time a chart of the topic shows: the range chosen, or all there is where that is less, so that a board which
/// has just been started is not a sliver at the edge of an empty chart.
pub(super) fn window(topic: &Topic, range: RwSignal<i64>) -> Memo<i64> {
    /// A few seconds of data stretched over a tile would look like a storm.
    const LEAST_MILLIS: i64 = 60_000;
    let clock = use_clock();
    let first = follow(topic, TopicFeed::first_time);
    Memo::new(move |_| match first.get().flatten() {
        Some(first) => range.get().min((clock.now().millis() - first.millis()).max(LEAST_MILLIS)),
        None => range.get(),
    })
}

/// The start of the time shown.
pub(super) fn start(now: Timestamp, range: i64) -> Timestamp {
    Timestamp::from_millis(now.millis() - range).unwrap_or(now)
}
