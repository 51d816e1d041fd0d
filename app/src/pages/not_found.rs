//! The page for an address nothing is at.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use pulseboard_contract::Topic;

use crate::{
    command::{Sheet, score::fit, use_commands},
    live::use_live,
};
use pulseboard_feed::{Feed, Place};

/// Topics suggested.
const SUGGESTED: usize = 6;

/// Says what was looked for, what is named like it, and where to go instead.
#[component]
pub fn NotFound() -> impl IntoView {
    let path = use_location().pathname;
    let live = use_live();
    let commands = use_commands();
    let topics = Memo::new(move |_| {
        path.with(|path| live.feed.with_untracked(|feed| suggested(path, feed)))
    });
    let suggestions = move || {
        let topics = topics.get();
        let link = |topic: Topic| {
            let name = topic.to_string();
            view! {
                <a class="chip" href=Place::of(topic).href()>
                    {name}
                </a>
            }
            .into_any()
        };
        (!topics.is_empty()).then(|| {
            view! {
                <nav class="suggestions" aria-label="Topics">
                    <p class="quiet">"Similar or recent topics:"</p>
                    <p class="chips">{topics.into_iter().map(link).collect::<Vec<_>>()}</p>
                </nav>
            }
            .into_any()
        })
    };
    view! {
        <Title text="Not found" />
        <section class="empty">
            <h1>"Page not found"</h1>
            <p>"There's no page at "<code>{path}</code>"."</p>
            <p class="actions">
                <a class="button go" href="/">
                    "Go to the board"
                </a>
                <a class="button" href="/guide">
                    "Read the guide"
                </a>
                <button
                    class="button needs-script"
                    aria-haspopup="dialog"
                    on:click=move |_| commands.sheet.set(Some(Sheet::Palette))
                >
                    "Search"
                </button>
            </p>
            {move || suggestions()}
        </section>
    }
}

/// The topics named most like the end of the address, then those with the latest news.
fn suggested(path: &str, feed: &Feed) -> Vec<Topic> {
    let wanted = path.trim_matches('/').trim_start_matches("topics/");
    let mut topics: Vec<_> = feed
        .topics()
        .map(|topic| {
            let likeness = fit(wanted, topic.topic().as_str()).map_or(0, |fit| fit.score);
            ((likeness, topic.last().time), topic.topic().clone())
        })
        .collect();
    topics.sort_by(|(a, _), (b, _)| b.cmp(a));
    topics
        .into_iter()
        .take(SUGGESTED)
        .map(|(_, topic)| topic)
        .collect()
}
