//! A room on the board: the last things said, and a way to answer.

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{
    state::follow,
    tile::{Tile, rows_shown},
};
use crate::components::{Compose, Lines};

/// The tile.
#[component]
pub(super) fn RoomTile(topic: Topic) -> impl IntoView {
    let room = topic.leaf_under("chat").unwrap_or_default().to_owned();
    let shown = rows_shown(format!("r:{topic}"));
    // As many as there may be rows at all; which of them are shown follows the height.
    let said = follow(&topic, |topic| {
        topic
            .room()
            .lines()
            .rev()
            .take(40)
            .cloned()
            .collect::<Vec<_>>()
    });
    let lines = Memo::new(move |_| {
        // What is said takes more room than a row of a list.
        let shown = (shown.get() * 2 / 3).max(2);
        let newest: Vec<_> = said
            .get()
            .unwrap_or_default()
            .into_iter()
            .take(shown)
            .collect();
        newest.into_iter().rev().collect::<Vec<_>>()
    });
    let is_empty = move || lines.with(Vec::is_empty);
    view! {
        <Tile topic=topic kind='r'>
            {move || {
                is_empty()
                    .then(|| {
                        view! { <p class="quiet">"Nobody has said anything yet."</p> }.into_any()
                    })
            }}
            <Lines lines=lines />
            <Compose room=room />
        </Tile>
    }
}
