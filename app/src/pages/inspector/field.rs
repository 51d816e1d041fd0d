//! The filter's field: suggestions while one writes, what is wrong under it, and the language
//! explained beside it.

use leptos::{html, prelude::*};
use pulseboard_contract::EventType;

use super::filter::{Known, Suggestion, suggest};
use crate::{
    components::{Icon, IconName, scan},
    live::use_live,
};
use pulseboard_feed::Feed;

/// Recent events whose fields and types are suggested.
const LOOKED_AT: usize = 400;
/// Paths suggested.
const PATHS: usize = 200;

/// What can be written, by example.
const EXAMPLES: [(&str, &str); 9] = [
    (
        "topic:host/**",
        "a topic, or a pattern: * is one segment, ** the rest",
    ),
    (
        "type:notification",
        "a type; several are alternatives, and so are topics",
    ),
    ("-type:metrics", "a minus turns any part round"),
    (
        "\"disk is full\"",
        "words anywhere in the event; quotes keep them together",
    ),
    ("data.cpu_percent>80", "a field of the data: = != > >= < <="),
    (
        "data.user=Ada",
        "numbers compare as numbers, anything else as text",
    ),
    ("data.tags[0]=release", "an element; [*] is any of them"),
    ("data.text~deploy", "a field that has these words"),
    ("data.error", "a field that is there at all"),
];

/// The field.
#[component]
pub(super) fn FilterField(
    /// What stands in it.
    text: RwSignal<String>,
    /// Writes it there, as the reader does.
    write: Callback<String>,
) -> impl IntoView {
    let live = use_live();
    let input = NodeRef::<html::Input>::new();
    let is_open = RwSignal::new(false);
    let active = RwSignal::new(None::<usize>);
    let suggestions = Memo::new(move |_| {
        if !is_open.get() {
            return Vec::new();
        }
        let known = live.feed.with_untracked(known);
        text.with(|text| suggest(text, &known))
    });
    let take = move |suggestion: Suggestion| {
        // What one goes on writing in keeps its suggestions.
        is_open.set(!suggestion.text.ends_with(' '));
        active.set(None);
        write.run(suggestion.text);
        if let Some(input) = input.get_untracked() {
            let _ = input.focus();
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let count = suggestions.with(Vec::len);
        let chosen = active
            .get_untracked()
            .and_then(|index| suggestions.with(|all| all.get(index).cloned()));
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if count == 0 => is_open.set(true),
            "ArrowDown" => active
                .update(|active| *active = Some(active.map_or(0, |index| (index + 1) % count))),
            "ArrowUp" => active.update(|active| {
                *active = Some(active.map_or(count - 1, |index| (index + count - 1) % count));
            }),
            "Escape" if is_open.get_untracked() && count > 0 => {
                is_open.set(false);
                active.set(None);
            }
            "Enter" | "Tab" => {
                let Some(suggestion) = chosen else {
                    return is_open.set(false);
                };
                take(suggestion);
            }
            _ => return,
        }
        event.prevent_default();
    };
    let has_some = move || suggestions.with(|all| !all.is_empty());
    view! {
        <div class="filter">
            <label class="field">
                <Icon name=IconName::Search />
                <input
                    type="search"
                    name="q"
                    role="combobox"
                    aria-label="Filter events"
                    aria-autocomplete="list"
                    aria-controls="suggestions"
                    aria-expanded=move || has_some().to_string()
                    aria-activedescendant=move || {
                        active.get().map(|index| format!("suggestion-{index}"))
                    }
                    placeholder="topic:host/** data.cpu_percent>80"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    node_ref=input
                    value=text.get_untracked()
                    prop:value=text
                    on:input:target=move |input| {
                        is_open.set(true);
                        active.set(None);
                        write.run(input.target().value());
                    }
                    on:focus=move |_| is_open.set(true)
                    on:blur=move |_| {
                        is_open.set(false);
                        active.set(None);
                    }
                    on:keydown=on_key
                />
            </label>
            <ul
                class="completions"
                id="suggestions"
                role="listbox"
                aria-label="Suggestions"
                hidden=move || !has_some()
            >
                {move || {
                    suggestions
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(index, suggestion)| {
                            let part = suggestion.part.clone();
                            view! {
                                <li
                                    role="option"
                                    id=format!("suggestion-{index}")
                                    aria-selected=move || (active.get() == Some(index)).to_string()
                                    // Before the field loses the focus, which closes the list.
                                    on:mousedown=move |event| {
                                        event.prevent_default();
                                        take(suggestion.clone());
                                    }
                                >
                                    {part}
                                </li>
                            }
                                .into_any()
                        })
                        .collect::<Vec<_>>()
                }}
            </ul>
            <Help text=text write=write />
        </div>
    }
}

/// The language, by examples that can be taken.
#[component]
fn Help(text: RwSignal<String>, write: Callback<String>) -> impl IntoView {
    let add = move |example: &str| {
        let before = text.get_untracked();
        let before = before.trim_end();
        write.run(if before.is_empty() {
            format!("{example} ")
        } else {
            format!("{before} {example} ")
        });
    };
    view! {
        <details class="filter-help" name="menu">
            <summary class="icon-button" aria-label="How to filter">
                <Icon name=IconName::Info />
            </summary>
            <div class="popover">
                <p class="quiet">
                    "Everything has to hold; topics are alternatives, and so are types. Take an example:"
                </p>
                <dl class="terms">
                    {EXAMPLES
                        .map(|(example, meaning)| {
                            view! {
                                <dt>
                                    <button
                                        type="button"
                                        class="example"
                                        on:click=move |_| add(example)
                                    >
                                        {example}
                                    </button>
                                </dt>
                                <dd>{meaning}</dd>
                            }
                                .into_any()
                        })
                        .collect_view()}
                </dl>
            </div>
        </details>
    }
}

/// What the page has seen.
fn known(feed: &Feed) -> Known {
    let mut known = Known {
        topics: feed
            .topics()
            .map(|topic| topic.topic().to_string())
            .collect(),
        ..Known::default()
    };
    known.types = EventType::ALL
        .iter()
        .map(|known| known.name().to_owned())
        .collect();
    for recent in feed.recent().take(LOOKED_AT) {
        let event = &recent.event;
        if !known
            .types
            .iter()
            .any(|name| name == event.event_type.as_str())
        {
            known.types.push(event.event_type.to_string());
        }
        for (key, _) in scan::children(event.data.as_str()) {
            let Some(key) = key else { break };
            let path = crate::components::step("data", &scan::plain(key));
            if known.paths.len() < PATHS && !known.paths.contains(&path) {
                known.paths.push(path);
            }
        }
    }
    known.types.sort_unstable();
    known.paths.sort_unstable();
    known
}
