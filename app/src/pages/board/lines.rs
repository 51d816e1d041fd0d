//! The tile of a topic with text: its newest rows.

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{
    state::paced,
    tile::{Tile, rows_shown},
};
use crate::{
    components::{SeverityMark, TimeOfDay, event_key, keyed},
    live::use_live,
};

/// The tile.
#[component]
pub(super) fn LinesTile(topic: Topic) -> impl IntoView {
    let live = use_live();
    let shown = rows_shown(format!("l:{topic}"));
    let name = topic.clone();
    let revision = live.revision(topic.clone());
    let read = move || {
        revision.get();
        let shown = shown.get();
        live.feed.with_untracked(|feed| {
            feed.topic(&name)
                .map(|topic| topic.rows().take(shown).cloned().collect::<Vec<_>>())
        })
    };
    let rows = paced(
        move || read().unwrap_or_default(),
        |a, b| a.event.event_id == b.event.event_id,
    );
    view! {
        <Tile topic=topic kind='l'>
            <ul class="rows">
                {keyed(
                    move || rows.get(),
                    |row| event_key(&row.event),
                    move |row| {
                        view! {
                            <li class:new=live
                                .is_new(
                                    &row.event,
                                )>
                                {row
                                    .severity
                                    .map(|severity| {
                                        view! { <SeverityMark severity=severity /> }.into_any()
                                    })} <span class="text">{row.text.clone()}</span>
                                <TimeOfDay at=row.event.time />
                            </li>
                        }
                            .into_any()
                    },
                )}
            </ul>
        </Tile>
    }
}
