//! A room on the board: the last things said, and a way to answer.

use leptos::prelude::*;
use pulseboard::Topic;

use super::tile::{Tile, follow};
use crate::components::{Compose, Lines};

/// Lines shown.
const SHOWN: usize = 4;

/// The tile.
#[component]
pub(super) fn RoomTile(topic: Topic, #[prop(into)] width: Signal<u8>) -> impl IntoView {
    let room = topic.leaf_under("chat").unwrap_or_default().to_owned();
    let lines = follow(&topic, |topic| {
        let lines: Vec<_> = topic.room().lines().rev().take(SHOWN).cloned().collect();
        lines.into_iter().rev().collect::<Vec<_>>()
    });
    let is_empty = move || lines.with(|lines| lines.as_ref().is_none_or(Vec::is_empty));
    view! {
        <Tile topic=topic width=width>
            {move || is_empty().then(|| view! { <p class="quiet">"Nobody has said anything yet."</p> }.into_any())}
            <Lines lines=Signal::derive(move || lines.get().unwrap_or_default())/>
            <Compose room=room/>
        </Tile>
    }
}
