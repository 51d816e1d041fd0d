//! The line above the list: the number of events and the rate.

use leptos::prelude::*;
use pulseboard_feed::Feed;

use super::{
    filter::Filter,
    list::{List, Source},
};
use crate::{clock::use_clock, format, live::use_live};

/// The line.
#[component]
pub(super) fn Summary(list: List) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    // Once a second: nobody can read a number that changes with every event.
    let rate = Memo::new(move |_| {
        let now = clock.now();
        live.feed.with_untracked(|feed: &Feed| feed.rate(now))
    });
    let has_filter = Memo::new(move |_| list.filter.with(|filter: &Filter| !filter.is_empty()));
    let text = move || match list.source.get() {
        Source::Live => {
            let (kept, total) = list
                .tail
                .with(|tail| (tail.matches().len() as u64, tail.total()));
            let kept = if kept == total {
                String::new()
            } else {
                format!(" (newest {} listed)", format::whole(kept))
            };
            let received = format::whole(live.feed.with(Feed::received));
            let unreadable = match live.unreadable.get() {
                0 => String::new(),
                count => format!(", {} unreadable", format::whole(count)),
            };
            let events = counted(total, has_filter.get());
            format!("{events}{kept}, {received} live{unreadable}")
        }
        Source::Stored => list.search.results.with(|results| {
            let events = counted(results.len() as u64, has_filter.get());
            format!("{events}, {} searched", format::whole(results.searched))
        }),
    };
    let marked = Memo::new(move |_| list.marked.with(std::collections::BTreeMap::len));
    view! {
        <span>{move || text()}</span>
        {move || {
            (list.source.get() == Source::Live)
                .then(|| view! { <span>{move || format!("{:.1}/s", rate.get())}</span> }.into_any())
        }}
        {move || {
            (marked.get() > 0)
                .then(|| {
                    view! { <span>{move || format!("{} selected", marked.get())}</span> }.into_any()
                })
        }}
    }
}

fn counted(events: u64, has_filter: bool) -> String {
    if has_filter {
        format::count(events, "matching event", "matching events")
    } else {
        format::count(events, "event", "events")
    }
}
