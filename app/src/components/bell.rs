//! The bell: what was notified, and how much of it is new to the reader.

use leptos::prelude::*;

use super::{Ago, Icon, IconName, SeverityMark, event_key, keyed};
use crate::{feed::Feed, live::use_live};

/// Notifications shown in the list.
const SHOWN: usize = 12;

/// The bell on every page.
#[component]
pub fn Bell() -> impl IntoView {
    let live = use_live();
    let newest = Memo::new(move |_| live.feed.with(|feed| feed.notices().next().map(|notice| notice.event.clone())));
    // What was there when the page was opened is read with it.
    let read_until = RwSignal::new(live.began.get_value());
    let unread = Memo::new(move |_| {
        let read = read_until.get();
        live.feed.with(|feed| {
            let is_unread = |id: pulseboard::EventId| id.epoch != read.epoch || id.seq > read.seq;
            feed.notices().take_while(|notice| notice.event.event_id.is_some_and(is_unread)).count()
        })
    });
    let mark_read = move || read_until.set(live.feed.with_untracked(Feed::position));
    let label = move || match unread.get() {
        0 => "Notifications".to_owned(),
        count => format!("Notifications, {count} unread"),
    };
    let list = move || {
        newest.get();
        live.feed.with_untracked(|feed| feed.notices().take(SHOWN).cloned().collect::<Vec<_>>())
    };
    view! {
        <details class="bell" name="menu" on:toggle=move |_| mark_read()>
            <summary class="icon-button" aria-label=move || label()>
                <Icon name=IconName::Bell/>
                {move || (unread.get() > 0).then(|| view! { <b>{unread}</b> }.into_any())}
            </summary>
            <div class="popover">
                <h2>"Notifications"</h2>
                <ul class="rows">
                    {keyed(list, |notice| event_key(&notice.event), move |notice| view! {
                        <li>
                            <SeverityMark severity=notice.notification.severity/>
                            <span class="text">{notice.notification.message.clone()}</span>
                            <Ago at=notice.event.time/>
                        </li>
                    }.into_any())}
                </ul>
                {move || newest.get().is_none().then(|| view! { <p class="quiet">"Nothing yet."</p> }.into_any())}
            </div>
        </details>
    }
}
