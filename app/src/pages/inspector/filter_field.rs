//! The filter field and its suggestions.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use pulseboard_contract::EventType;

use super::{
    filter::{Candidates, Suggestion, suggest},
    filter_help::FilterHelp,
};
use crate::{
    components::{Icon, IconName, member_path, raw},
    live::use_live,
};
use pulseboard_feed::Feed;

/// Recent events whose types and fields are suggested.
const RECENT_EVENTS: usize = 400;
/// The most field paths collected.
const MAX_PATHS: usize = 200;

/// The field, its suggestions and its help.
#[component]
pub(super) fn FilterField(
    /// The text of the filter.
    text: RwSignal<String>,
    /// Sets the text of the filter.
    write: Callback<String>,
) -> impl IntoView {
    let completion = Completion::new(text, write);
    let Completion {
        input,
        is_open,
        active,
        ..
    } = completion;
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
                    aria-expanded=move || completion.has_suggestions().to_string()
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
                    on:blur=move |_| completion.close()
                    on:keydown=move |event| completion.on_key(&event)
                />
            </label>
            <Suggestions completion=completion />
            <FilterHelp text=text write=write />
        </div>
    }
}

/// The list of suggestions under the field.
#[component]
fn Suggestions(completion: Completion) -> impl IntoView {
    let option = move |(index, suggestion): (usize, Suggestion)| {
        let part = suggestion.part.clone();
        view! {
            <li
                role="option"
                id=format!("suggestion-{index}")
                aria-selected=move || (completion.active.get() == Some(index)).to_string()
                // A click would come after the field has lost the focus, which closes the list.
                on:mousedown=move |event| {
                    event.prevent_default();
                    completion.accept(suggestion.clone());
                }
            >
                {part}
            </li>
        }
        .into_any()
    };
    view! {
        <ul
            class="completions"
            id="suggestions"
            role="listbox"
            aria-label="Suggestions"
            hidden=move || !completion.has_suggestions()
        >
            {move || {
                completion.suggestions.get().into_iter().enumerate().map(option).collect::<Vec<_>>()
            }}
        </ul>
    }
}

/// The state of the suggestions.
#[derive(Clone, Copy)]
struct Completion {
    input: NodeRef<html::Input>,
    write: Callback<String>,
    is_open: RwSignal<bool>,
    /// The suggestion selected with the arrow keys.
    active: RwSignal<Option<usize>>,
    suggestions: Memo<Vec<Suggestion>>,
}

impl Completion {
    fn new(text: RwSignal<String>, write: Callback<String>) -> Self {
        let live = use_live();
        let is_open = RwSignal::new(false);
        let suggestions = Memo::new(move |_| {
            if !is_open.get() {
                return Vec::new();
            }
            let candidates = live.feed.with_untracked(candidates);
            text.with(|text| suggest(text, &candidates))
        });
        Self {
            input: NodeRef::new(),
            write,
            is_open,
            active: RwSignal::new(None),
            suggestions,
        }
    }

    fn has_suggestions(self) -> bool {
        self.suggestions.with(|all| !all.is_empty())
    }

    fn close(self) {
        self.is_open.set(false);
        self.active.set(None);
    }

    fn accept(self, suggestion: Suggestion) {
        // The reader goes on writing in an open part, so its suggestions stay.
        self.is_open.set(!suggestion.text.ends_with(' '));
        self.active.set(None);
        self.write.run(suggestion.text);
        if let Some(input) = self.input.get_untracked() {
            let _ = input.focus();
        }
    }

    /// Handles a key in the field. Keys that it does not use keep their meaning.
    fn on_key(self, event: &KeyboardEvent) {
        let Self {
            is_open, active, ..
        } = self;
        let count = self.suggestions.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if count == 0 => is_open.set(true),
            "ArrowDown" => active
                .update(|active| *active = Some(active.map_or(0, |index| (index + 1) % count))),
            "ArrowUp" => active.update(|active| {
                *active = Some(active.map_or(count - 1, |index| (index + count - 1) % count));
            }),
            "Escape" if is_open.get_untracked() && count > 0 => self.close(),
            "Enter" | "Tab" => {
                let active = active.get_untracked();
                let suggestion = active.and_then(|index| {
                    self.suggestions
                        .with_untracked(|all| all.get(index).cloned())
                });
                match suggestion {
                    Some(suggestion) => self.accept(suggestion),
                    None => return is_open.set(false),
                }
            }
            _ => return,
        }
        event.prevent_default();
    }
}

/// The topics, types and fields that the page has seen.
fn candidates(feed: &Feed) -> Candidates {
    let mut candidates = Candidates {
        topics: feed
            .topics()
            .map(|topic| topic.topic().to_string())
            .collect(),
        types: EventType::ALL
            .iter()
            .map(|known| known.name().to_owned())
            .collect(),
        paths: Vec::new(),
    };
    let Candidates { types, paths, .. } = &mut candidates;
    for recent in feed.recent().take(RECENT_EVENTS) {
        let event = &recent.event;
        if !types.iter().any(|name| name == event.event_type.as_str()) {
            types.push(event.event_type.to_string());
        }
        for child in raw::children(event.data.as_str()) {
            let Some(key) = child.key else { break };
            let path = member_path("data", &raw::text(key));
            if paths.len() < MAX_PATHS && !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    types.sort_unstable();
    paths.sort_unstable();
    candidates
}
