//! Text: the newest lines of a topic.

use leptos::prelude::*;
use pulseboard::Topic;

use super::tile::{Tile, follow};
use crate::{
    components::{SeverityMark, TimeOfDay, event_key, keyed},
    live::use_live,
};

/// Lines shown.
const SHOWN: usize = 7;

/// The tile.
#[component]
pub(super) fn LinesTile(topic: Topic, #[prop(into)] width: Signal<u8>) -> impl IntoView {
    let live = use_live();
    let rows = follow(&topic, |topic| topic.rows().take(SHOWN).cloned().collect::<Vec<_>>());
    view! {
        <Tile topic=topic width=width>
            <ul class="rows">
                {keyed(move || rows.get().unwrap_or_default(), |row| event_key(&row.event), move |row| view! {
                    <li class:new=live.is_new(&row.event)>
                        {row.severity.map(|severity| view! { <SeverityMark severity=severity/> }.into_any())}
                        <span class="text">{row.text.clone()}</span>
                        <TimeOfDay at=row.event.time/>
                    </li>
                }.into_any())}
            </ul>
        </Tile>
    }
}
