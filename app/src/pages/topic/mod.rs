//! The page of one topic: stored and live events in one list, its numbers as charts, and an address
//! for every event.

mod charts;
mod ends;
mod list;
mod load;
mod type_filter;

use leptos::prelude::*;
use leptos_meta::Title;
use pulseboard_contract::{Room, Topic, push_percent_encoded};

use super::NotFound;
use crate::{
    clock::use_clock,
    components::Copy,
    format,
    live::use_live,
    navigation::{Page, use_parameter, use_query},
    platform,
};
use load::{LoadState, Loader, Section};
use pulseboard_feed::{Anchor, History, HistoryAddress};

/// The page of the topic in the address.
#[component]
pub fn TopicPage() -> impl IntoView {
    let name = use_parameter();
    let topic = Memo::new(move |_| name.with(|name| Topic::new(name).ok()));
    // Another topic builds another page, so that all state belongs to one topic.
    view! {
        {move || match topic.get() {
            Some(topic) => view! { <OneTopic topic=topic /> }.into_any(),
            None => view! { <NotFound /> }.into_any(),
        }}
    }
}

/// What the page has of the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// The history is not loaded yet.
    Unloaded,
    /// The history has no events.
    Empty,
    /// The history has events.
    Events,
}

#[component]
fn OneTopic(topic: Topic) -> impl IntoView {
    let live = use_live();
    let query = use_query();
    let here = topic.clone();
    let wanted = Memo::new(move |_| {
        query.with(|query| {
            HistoryAddress::parse(here.clone(), query.all("type"), |name| query.get(name))
        })
    });
    let loader = Loader::new(wanted);
    let revision = Memo::new(move |_| live.feed.with(|feed| feed.history().map(History::revision)));
    // A change builds the list again. The types are part of it, because the links in the rows have them.
    let content = Memo::new(move |_| {
        revision.get();
        wanted.with(|wanted| {
            let content = live.feed.with_untracked(|feed| {
                match feed
                    .history()
                    .filter(|history| history.address().has_same_events(wanted))
                {
                    None => Content::Unloaded,
                    Some(history) if history.events().len() == 0 => Content::Empty,
                    Some(_) => Content::Events,
                }
            });
            (content, wanted.types.clone())
        })
    });
    let link = Signal::derive(move || {
        platform::location::origin().unwrap_or_default() + &wanted.with(HistoryAddress::href)
    });
    let mut inspector = "/inspector?q=".to_owned();
    push_percent_encoded(&mut inspector, &format!("topic:{topic}"));
    let room = Room::of(&topic).map(|room| {
        view! {
            <a class="button" href=Page::Chat.href(room.name())>
                "Open chat room"
            </a>
        }
        .into_any()
    });
    view! {
        <Title text=topic.to_string() />
        <div class="head about">
            <div>
                <Crumbs topic=topic.clone() />
                <Summary topic=topic.clone() />
            </div>
            <div class="actions">
                {room} <a class="button" href=inspector>
                    "Inspect"
                </a> <span class="needs-script">
                    <Copy label="Copy link" text=link />
                </span>
            </div>
        </div>
        {move || match content.get().0 {
            Content::Unloaded => view! { <Unloaded loader=loader /> }.into_any(),
            Content::Empty => view! { <Empty place=wanted.get_untracked() /> }.into_any(),
            Content::Events => {
                view! {
                    <charts::Charts revision=revision />
                    <list::List loader=loader wanted=wanted revision=revision />
                }
                    .into_any()
            }
        }}
    }
}

/// The topic's name. Each parent segment links to the topics below it.
#[component]
fn Crumbs(topic: Topic) -> impl IntoView {
    let name = topic.to_string();
    let mut parents = Vec::new();
    for (at, _) in name.match_indices('/') {
        let (path, _) = name.split_at(at);
        let mut href = "/inspector?q=".to_owned();
        push_percent_encoded(&mut href, &format!("topic:{path}/**"));
        let segment = path.rsplit('/').next().unwrap_or(path).to_owned();
        parents.push(
            view! {
                <a href=href>{segment}</a>
                <span>"/"</span>
            }
            .into_any(),
        );
    }
    let leaf = name.rsplit('/').next().unwrap_or(&name).to_owned();
    view! { <h1 class="crumbs">{parents}<b>{leaf}</b></h1> }
}

/// The number of events, the rate, and the time of the last event.
#[component]
fn Summary(topic: Topic) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let revision = live.revision(topic.clone());
    let text = Memo::new(move |_| {
        revision.get();
        let now = clock.now();
        live.feed.with_untracked(|feed| {
            let Some(topic) = feed.topic(&topic).filter(|topic| topic.count() > 0) else {
                return String::new();
            };
            let events = format::count(topic.count(), "event", "events");
            let last = format::ago(now.millis() - topic.last().time.millis());
            match topic.rate(now) {
                // At a lower rate the time of the last event says more.
                rate if rate < 0.1 => format!("{events}, last seen {last}"),
                rate => format!("{events}, {}/s, last seen {last}", format::fixed(rate, 1)),
            }
        })
    });
    view! { <p>{text}</p> }
}

/// The history is loading, or could not be loaded.
#[component]
fn Unloaded(loader: Loader) -> impl IntoView {
    view! {
        <section class="empty">
            {move || match loader.state.get() {
                LoadState::Failed(Section::Whole, problem) => {
                    view! {
                        <p class="problem" role="alert">
                            {problem}
                        </p>
                        <button class="button go" on:click=move |_| loader.load(Section::Whole)>
                            "Try again"
                        </button>
                    }
                        .into_any()
                }
                LoadState::Idle | LoadState::Loading(_) | LoadState::Failed(..) => {
                    view! { <p role="status">"Loading history…"</p> }.into_any()
                }
            }}
        </section>
    }
}

/// The topic has no stored events, or none of the selected types.
#[component]
fn Empty(place: HistoryAddress) -> impl IntoView {
    // The server renders first and does not know its own address.
    let origin = RwSignal::new("http://127.0.0.1:3000".to_owned());
    Effect::new(move |_| {
        if let Some(here) = platform::location::origin() {
            origin.set(here);
        }
    });
    if place.types.is_empty() {
        let path = place.anchored(Anchor::Newest).href();
        let name = place.topic.to_string();
        view! {
            <section class="empty">
                <h2>"No events in this topic yet"</h2>
                <p>"Publish to "<code>{name}</code>" and the event appears here:"</p>
                <pre tabindex="0">
                    {move || {
                        format!(
                            "curl -d 'Hello World' -H 'Content-Type: text/plain' {}{path}",
                            origin.get(),
                        )
                    }}
                </pre>
            </section>
        }
        .into_any()
    } else {
        let all = HistoryAddress::of(place.topic).href();
        let types = place
            .types
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" or ");
        view! {
            <section class="empty">
                <h2>"No events of this type"</h2>
                <p>
                    "This topic has no events of type "<code>{types}</code>
                    ". New ones appear as they are published."
                </p>
                <p class="actions">
                    <a class="button go" href=all>
                        "Show all types"
                    </a>
                </p>
            </section>
        }
        .into_any()
    }
}
