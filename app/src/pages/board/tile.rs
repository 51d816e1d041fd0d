//! The frame of a tile: the name of its topic, its freshness, its menu and its content.

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::arrange::Menu;
use super::state::{follow, use_board};
use crate::{clock::use_clock, format};
use pulseboard_feed::HistoryAddress;

/// The freshness of a topic: when its last event was, or for how long it has had no data.
#[component]
pub(super) fn Fresh(
    topic: Topic,
    /// Whether the topic is expected to send data regularly, as numbers are.
    #[prop(optional)]
    expects_more: bool,
) -> impl IntoView {
    let clock = use_clock();
    let known = follow(&topic, |topic| (topic.last().time, topic.patience_millis()));
    let age = move || {
        known
            .get()
            .map_or(0, |(last, _)| clock.now().millis() - last.millis())
    };
    let is_stale = Memo::new(move |_| {
        expects_more && known.get().is_some_and(|(_, patience)| age() > patience)
    });
    let text = Memo::new(move |_| {
        if is_stale.get() {
            format!("no data for {}", format::age(age()))
        } else {
            format::ago(age())
        }
    });
    let time = move || known.get().map(|(last, _)| last.to_string());
    view! {
        <span class="fresh" data-age=move || if is_stale.get() { "stale" } else { "fresh" }>
            <time datetime=move || time() title=move || time()>
                {text}
            </time>
        </span>
    }
}

/// The tile of a topic.
#[component]
pub(super) fn Tile(
    topic: Topic,
    /// The kind of the tile: the letter at the beginning of its key.
    kind: char,
    /// Whether the topic is expected to send data regularly.
    #[prop(optional)]
    expects_more: bool,
    children: Children,
) -> impl IntoView {
    let href = HistoryAddress::of(topic.clone()).href();
    let name = topic.to_string();
    let key = format!("{kind}:{topic}");
    view! {
        <section class="tile" data-topic=name.clone() aria-label=name.clone() data-key=key.clone()>
            <header>
                <h2 class="topic">
                    <a href=href draggable="false">
                        {name.clone()}
                    </a>
                </h2>
                <Fresh topic=topic expects_more=expects_more />
                <Menu key=key.clone() name=name.clone() />
            </header>
            {children()}
        </section>
    }
}

/// The number of rows that a list shows, by the height of its tile.
pub(super) fn rows_shown(key: String) -> Memo<usize> {
    use super::layout::Height;
    let board = use_board();
    Memo::new(move |_| {
        if board
            .full
            .with(|full| full.as_deref() == Some(key.as_str()))
        {
            return 40;
        }
        match board.layout.with(|layout| layout.choice(&key).height) {
            Some(Height::Short) => 3,
            None => 7,
            Some(Height::Tall) => 16,
        }
    })
}
