//! The tile of notifications, from all topics.

use leptos::prelude::*;

use super::{arrange::Menu, state::paced, tile::rows_shown};
use crate::{
    components::{Ago, SeverityMark, TimeOfDay, event_key, keyed},
    live::use_live,
};

/// The tile.
#[component]
pub(super) fn NoticesTile() -> impl IntoView {
    let live = use_live();
    let shown = rows_shown("notices".to_owned());
    let newest = Memo::new(move |_| {
        live.feed
            .with(|feed| feed.notices().next().map(|notice| notice.event.clone()))
    });
    let read = move || {
        newest.get();
        let shown = shown.get();
        live.feed
            .with_untracked(|feed| feed.notices().take(shown).cloned().collect::<Vec<_>>())
    };
    let notices = paced(read, |a, b| a.event.event_id == b.event.event_id);
    let last = Memo::new(move |_| newest.get().map(|event| event.time));
    view! {
        <section
            class="tile"
            data-topic="notifications"
            data-key="notices"
            aria-label="Notifications"
        >
            <header>
                <h2>"Notifications"</h2>
                {move || {
                    last
                        .get()
                        .map(|at| {
                            view! {
                                <span class="fresh" data-age="fresh">
                                    <Ago at=at />
                                </span>
                            }
                                .into_any()
                        })
                }}
                <Menu key="notices".to_owned() name="Notifications".to_owned() />
            </header>
            <ul class="rows">
                {keyed(
                    move || notices.get(),
                    |notice| event_key(&notice.event),
                    move |notice| {
                        view! {
                            <li class:new=live.is_new(&notice.event)>
                                <SeverityMark severity=notice.notification.severity />
                                <span class="text">{notice.notification.message.clone()}</span>
                                <TimeOfDay at=notice.event.time />
                            </li>
                        }
                            .into_any()
                    },
                )}
            </ul>
        </section>
    }
}
