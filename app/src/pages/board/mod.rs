//! The board: a tile for everything that is published, with no configuration.

mod host;
mod lines;
mod notices;
mod numbers;
mod room;
mod tile;

use std::collections::BTreeSet;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use pulseboard::Topic;

use crate::{
    clock::use_clock,
    environment,
    event_source::push_percent_encoded,
    feed::{Feed, Widget},
    format,
    live::{Live, use_live},
};

/// How much time the charts show.
const RANGES: [(i64, &str); 3] = [(60_000, "1 min"), (300_000, "5 min"), (900_000, "15 min")];

/// The page.
#[component]
pub fn Board() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let range = RwSignal::new(RANGES[1].0);
    let chosen = RwSignal::new(None::<String>);
    let widgets = Memo::new(move |_| live.feed.with(Feed::widgets));
    let groups = Memo::new(move |_| widgets.with(|widgets| groups(widgets)));
    let shown = Memo::new(move |_| {
        let chosen = chosen.get();
        widgets.with(|widgets| widgets.iter().filter(|widget| is_in(widget, chosen.as_deref())).cloned().collect::<Vec<_>>())
    });
    let summary = Memo::new(move |_| {
        let now = clock.now();
        live.feed.with(|feed| {
            let topics = format::count(feed.topics().count() as u64, "topic", "topics");
            format!("{topics}, {:.1} events/s", feed.rate(now))
        })
    });
    backfill(live, range.into());
    view! {
        <Title text="Board"/>
        <div class="head">
            <div>
                <h1>"Board"</h1>
                <p>{summary}</p>
            </div>
            <div class="chips needs-script" role="group" aria-label="Topics shown">
                <Chip chosen=chosen group=None/>
                <For each=move || groups.get() key=Clone::clone let:group>
                    <Chip chosen=chosen group=Some(group)/>
                </For>
            </div>
            <div class="segments needs-script" role="group" aria-label="Time shown">
                {RANGES.map(|(millis, label)| view! {
                    <button aria-pressed=move || (range.get() == millis).to_string() on:click=move |_| range.set(millis)>{label}</button>
                }).collect_view()}
            </div>
        </div>
        <div class="grid">
            <For each=move || shown.get() key=Clone::clone let:widget>
                {match widget {
                    Widget::Host(topic) => view! { <host::HostTiles topic=topic range=range/> }.into_any(),
                    Widget::Numbers(topic) => view! { <numbers::NumbersTile width=numbers_width(shown, topic.clone()) topic=topic range=range/> }.into_any(),
                    Widget::Lines(topic) => view! { <lines::LinesTile topic=topic/> }.into_any(),
                    Widget::Notices => view! { <notices::NoticesTile/> }.into_any(),
                    Widget::Room(topic) => view! { <room::RoomTile topic=topic/> }.into_any(),
                }}
            </For>
        </div>
        {move || widgets.with(Vec::is_empty).then(|| view! { <Empty/> })}
    }
}

/// How wide a tile of numbers is, so that no row has a hole: two share a row; one left over takes what the tile of text
/// after it leaves, or the whole row where there is none.
fn numbers_width(shown: Memo<Vec<Widget>>, topic: Topic) -> Signal<u8> {
    Signal::derive(move || shown.with(|widgets| width_among(widgets, &topic)))
}

fn width_among(widgets: &[Widget], topic: &Topic) -> u8 {
    let numbers: Vec<_> =
        widgets.iter().filter_map(|w| if let Widget::Numbers(topic) = w { Some(topic) } else { None }).collect();
    let has_narrow = widgets.iter().any(|w| matches!(w, Widget::Lines(_) | Widget::Room(_) | Widget::Notices));
    let is_left_over = numbers.len() % 2 == 1 && numbers.last() == Some(&topic);
    match (is_left_over, has_narrow) {
        (false, _) => 6,
        (true, true) => 8,
        (true, false) => 12,
    }
}

/// One choice of topics.
#[component]
fn Chip(chosen: RwSignal<Option<String>>, group: Option<String>) -> impl IntoView {
    let label = group.clone().unwrap_or_else(|| "all".to_owned());
    let this = group.clone();
    view! {
        <button class="chip" aria-pressed=move || (chosen.get() == this).to_string() on:click=move |_| chosen.set(group.clone())>
            {label}
        </button>
    }
}

/// A board nothing was published to yet.
#[component]
fn Empty() -> impl IntoView {
    view! {
        <section class="empty">
            <h2>"Nothing has been published yet"</h2>
            <p>"Publish anything, and it is here at once:"</p>
            <pre tabindex="0">"curl -d 'Hello World' -H 'Content-Type: text/plain' http://127.0.0.1:3000/topics/hello"</pre>
        </section>
    }
}

/// The groups one can choose: topics by their first segment.
fn groups(widgets: &[Widget]) -> Vec<String> {
    let groups: BTreeSet<_> = widgets.iter().filter_map(Widget::topic).map(group_of).collect();
    groups.into_iter().collect()
}

fn group_of(topic: &Topic) -> String {
    match topic.as_str().split_once('/') {
        Some((first, _)) => format!("{first}/**"),
        None => topic.to_string(),
    }
}

fn is_in(widget: &Widget, group: Option<&str>) -> bool {
    match (widget.topic(), group) {
        (_, None) => true,
        (Some(topic), Some(group)) => group_of(topic) == group,
        (None, Some(_)) => false,
    }
}

/// Brings the history that the charts show and the page was not rendered with.
fn backfill(live: Live, range: Signal<i64>) {
    let wanted = Memo::new(move |_| {
        let topics: Vec<_> =
            live.feed.with(|feed| feed.topics().filter(|t| t.series().len() > 0).map(|t| t.topic().clone()).collect());
        (topics, range.get())
    });
    let fetched = StoredValue::new(BTreeSet::<Topic>::new());
    Effect::new(move |_| {
        let (topics, range) = wanted.get();
        // The snapshot has two minutes of one number a second; a shorter range needs no more.
        if range <= RANGES[0].0 {
            return;
        }
        for topic in topics {
            if fetched.try_update_value(|fetched| fetched.insert(topic.clone())) != Some(true) {
                continue;
            }
            let mut url = "/api/history?order=desc&limit=1000&topic=".to_owned();
            push_percent_encoded(&mut url, topic.as_str());
            spawn_local(async move {
                match environment::fetch_events(&url).await {
                    Ok(events) => {
                        live.feed.try_update(|feed| feed.backfill(events));
                    }
                    // The chart begins where the page began; asked again when the board is opened next.
                    Err(error) => leptos::logging::warn!("no history of {topic}: {error}"),
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_of_numbers_leave_no_hole() {
        let topic = |name: &str| Topic::new(name).unwrap();
        let numbers = |name: &str| Widget::Numbers(topic(name));
        assert_eq!(width_among(&[numbers("a")], &topic("a")), 12);
        assert_eq!(width_among(&[numbers("a"), Widget::Notices], &topic("a")), 8);
        assert_eq!(width_among(&[numbers("a"), numbers("b"), Widget::Notices], &topic("b")), 6);
        assert_eq!(width_among(&[numbers("a"), numbers("b"), numbers("c"), Widget::Notices], &topic("c")), 8);
    }

    #[test]
    fn topics_are_grouped_by_their_first_segment() {
        let topic = |name: &str| Topic::new(name).unwrap();
        let widgets = [
            Widget::Numbers(topic("host/metrics")),
            Widget::Lines(topic("deploys")),
            Widget::Room(topic("chat/a")),
            Widget::Room(topic("chat/b")),
            Widget::Notices,
        ];
        assert_eq!(groups(&widgets), ["chat/**", "deploys", "host/**"]);
        assert!(is_in(&widgets[2], Some("chat/**")) && !is_in(&widgets[0], Some("chat/**")) && is_in(&widgets[4], None));
    }
}
