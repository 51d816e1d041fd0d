//! The tile of a chat room: its newest messages, and a form to send one.

use leptos::prelude::*;
use pulseboard_contract::{Room, Topic};

use super::{
    state::follow,
    tile::{Tile, rows_shown},
};
use crate::components::{Compose, Messages};

/// The tile.
#[component]
pub(super) fn RoomTile(topic: Topic) -> impl IntoView {
    let room = Room::of(&topic).map(|room| room.to_string());
    let room = room.unwrap_or_default();
    let shown = rows_shown(format!("r:{topic}"));
    // The most rows that any height shows.
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
        // A message is higher than a row of a list.
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
                        view! { <p class="quiet">"No messages yet."</p> }.into_any()
                    })
            }}
            <Messages lines=lines />
            <Compose room=room />
        </Tile>
    }
}
