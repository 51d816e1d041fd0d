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
    components::keyed,
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
                {keyed(move || groups.get(), Clone::clone, move |group| view! {
                    <Chip chosen=chosen group=Some(group)/>
                }.into_any())}
            </div>
            <div class="segments needs-script" role="group" aria-label="Time shown">
                {RANGES.map(|(millis, label)| view! {
                    <button aria-pressed=move || (range.get() == millis).to_string() on:click=move |_| range.set(millis)>{label}</button>
                }.into_any()).collect_view()}
            </div>
        </div>
        <div class="grid">
            {keyed(move || shown.get(), |widget| format!("{widget:?}"), move |widget| {
                let width = width_of(shown, widget.clone());
                match widget {
                    Widget::Host(topic) => view! { <host::HostTiles topic=topic range=range/> }.into_any(),
                    Widget::Numbers(topic) => view! { <numbers::NumbersTile width=width topic=topic range=range/> }.into_any(),
                    Widget::Lines(topic) => view! { <lines::LinesTile width=width topic=topic/> }.into_any(),
                    Widget::Notices => view! { <notices::NoticesTile width=width/> }.into_any(),
                    Widget::Room(topic) => view! { <room::RoomTile width=width topic=topic/> }.into_any(),
                }
            })}
        </div>
        {move || widgets.with(Vec::is_empty).then(|| view! { <Empty/> }.into_any())}
    }
}

/// How wide each tile is, of twelve columns, so that no row has a hole. Numbers stand two in a row, the rest three; what
/// is left over at the end takes wider columns.
fn widths(widgets: &[Widget]) -> Vec<u8> {
    let is_numbers = |widget: &&Widget| matches!(widget, Widget::Numbers(_));
    let is_host = |widget: &&Widget| matches!(widget, Widget::Host(_));
    let (hosts, numbers) = (widgets.iter().filter(is_host).count(), widgets.iter().filter(is_numbers).count());
    let rest = widgets.len() - hosts - numbers;
    let mut widths = vec![12; hosts];
    widths.extend(std::iter::repeat_n(6, numbers - numbers % 2));
    let mut narrow = rest;
    match (numbers % 2, rest) {
        (0, _) => {}
        (_, 0) => widths.push(12),
        (_, _) => {
            widths.extend([8, 4]);
            narrow -= 1;
        }
    }
    let wider = match (narrow % 3, narrow) {
        (0, _) => 0,
        (1, 1) => {
            widths.push(12);
            return widths;
        }
        (1, _) => 4,
        (_, _) => 2,
    };
    widths.extend(std::iter::repeat_n(4, narrow - wider));
    widths.extend(std::iter::repeat_n(6, wider));
    widths
}

/// The width of one tile, which changes as others come.
fn width_of(shown: Memo<Vec<Widget>>, widget: Widget) -> Signal<u8> {
    Signal::derive(move || {
        shown.with(|widgets| {
            let index = widgets.iter().position(|other| *other == widget);
            index.and_then(|index| widths(widgets).get(index).copied()).unwrap_or(4)
        })
    })
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
                match environment::fetch_history(&url).await {
                    Ok(page) => {
                        live.feed.try_update(|feed| feed.backfill(page.events));
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
    fn rows_have_no_holes() {
        let topic = |n: usize| Topic::new(&format!("t{n}")).unwrap();
        for host in 0..2 {
            for numbers in 0..7 {
                for lines in 0..12 {
                    let mut widgets: Vec<_> = (0..host).map(|n| Widget::Host(topic(n))).collect();
                    widgets.extend((0..numbers).map(|n| Widget::Numbers(topic(n))));
                    widgets.extend((0..lines).map(|n| Widget::Lines(topic(n))));
                    let widths = widths(&widgets);
                    assert_eq!(widths.len(), widgets.len());
                    // Filled from the left, every row comes to twelve columns.
                    let ends = widths.iter().fold(0, |at, width| {
                        assert!(at + width <= 12, "{widths:?}");
                        (at + width) % 12
                    });
                    assert_eq!(ends, 0, "{widths:?}");
                }
            }
        }
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
