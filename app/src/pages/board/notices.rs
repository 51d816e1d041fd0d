//! The notifications of all topics.

use leptos::prelude::*;

use crate::{
    components::{SeverityMark, TimeOfDay, event_key, keyed},
    live::use_live,
};

/// Notifications shown.
const SHOWN: usize = 7;

/// The tile.
#[component]
pub(super) fn NoticesTile(#[prop(into)] width: Signal<u8>) -> impl IntoView {
    let live = use_live();
    let notices = Memo::new(move |_| live.feed.with(|feed| feed.notices().take(SHOWN).cloned().collect::<Vec<_>>()));
    view! {
        <section class="tile" data-width=move || width.get().to_string() data-topic="notifications" aria-label="Notifications">
            <header><h2>"Notifications"</h2></header>
            <ul class="rows">
                {keyed(move || notices.get(), |notice| event_key(&notice.event), move |notice| view! {
                    <li class:new=live.is_new(&notice.event)>
                        <SeverityMark severity=notice.notification.severity/>
                        <span class="text">{notice.notification.message.clone()}</span>
                        <TimeOfDay at=notice.event.time/>
                    </li>
                }.into_any())}
            </ul>
        </section>
    }
}
