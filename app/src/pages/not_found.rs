//! The page for an unknown address.

use leptos::prelude::*;
use leptos_meta::Title;
use pulseboard_contract::Topic;

use crate::{
    command::{Sheet, score::fit, use_commands},
    live::use_live,
    navigation::use_navigation,
};
use pulseboard_feed::{Feed, HistoryAddress};

/// The most topics suggested.
const MAX_SUGGESTIONS: usize = 6;

/// Shows the address, topics with a similar name, and links to other pages.
#[component]
pub fn NotFound() -> impl IntoView {
    let path = use_navigation().path();
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
                <a class="chip" href=HistoryAddress::of(topic).href()>
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

/// The topics whose name is most similar to the address, then those with the latest events.
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
        .take(MAX_SUGGESTIONS)
        .map(|(_, topic)| topic)
        .collect()
}
