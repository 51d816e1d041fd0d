//! The palette: a search over pages, topics, rooms and actions.

mod choices;

use leptos::{ev::KeyboardEvent, html, prelude::*, task::spawn_local};
use pulseboard_contract::{Room, Topic};
use std::time::Duration;

use super::{Commands, Sheet, use_commands};
use crate::{
    components::{Icon, IconName},
    live::use_live,
    navigation::{Navigation, Page, use_navigation},
    platform::{
        http::fetch_topics,
        overlays::{is_on_backdrop, show_modal},
        scrolling::bring_into_view,
        storage,
    },
};
use choices::{Act, Choice, Found, chosen, find, pieces};
use pulseboard_feed::HistoryAddress;

/// The storage key of the recent choices.
const RECENT: &str = "palette";
/// The log is asked for topics once the reader has not typed for this long.
const PAUSE: Duration = Duration::from_millis(150);

/// The palette.
#[component]
pub fn Palette() -> impl IntoView {
    let search = Search::new();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| show_modal(dialog));
    view! {
        <dialog
            class="sheet palette"
            node_ref=dialog
            aria-label="Search pages, topics and actions"
            on:close=move |_| search.close()
            on:click=move |click| {
                if is_on_backdrop(&click) {
                    search.close();
                }
            }
        >
            {query_field(search)}
            <ul class="options" role="listbox" id="palette-list" aria-label="Choices">
                {move || search.options()}
            </ul>
            <div role="status">
                {move || {
                    search
                        .found
                        .with(Vec::is_empty)
                        .then(|| {
                            view! {
                                <p class="quiet none">
                                    "No matches. Type the beginning of a topic to find it in the log."
                                </p>
                            }
                                .into_any()
                        })
                }}
            </div>
            <p class="hints" aria-hidden="true">
                <span>
                    <kbd>"↑"</kbd>
                    <kbd>"↓"</kbd>
                    " select"
                </span>
                <span>
                    <kbd>"Enter"</kbd>
                    " open"
                </span>
                <span>
                    <kbd>"Esc"</kbd>
                    " close"
                </span>
            </p>
        </dialog>
    }
}

/// The field for the query.
fn query_field(search: Search) -> AnyView {
    view! {
        <label class="query">
            <Icon name=IconName::Search />
            <input
                type="text"
                role="combobox"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-autocomplete="list"
                aria-label="Search pages, topics and actions"
                placeholder="Search pages, topics, actions…"
                aria-activedescendant=move || {
                    search
                        .found
                        .with(|found| search.active.get() < found.len())
                        .then(|| option_id(search.active.get()))
                }
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                enterkeyhint="go"
                autofocus=true
                prop:value=search.query
                on:keydown=move |key| search.press(&key)
                on:input:target=move |input| {
                    search.query.set(input.target().value());
                    search.active.set(0);
                }
            />
        </label>
    }
    .into_any()
}

/// The state of the palette.
#[derive(Clone, Copy)]
struct Search {
    commands: Commands,
    navigation: Navigation,
    query: RwSignal<String>,
    found: Memo<Vec<Found>>,
    /// The index of the selected choice.
    active: RwSignal<usize>,
    /// The keys of the recent choices, newest first.
    recent: StoredValue<Vec<String>>,
}

impl Search {
    fn new() -> Self {
        let commands = use_commands();
        let query = RwSignal::new(String::new());
        let from_log = RwSignal::new(Vec::<String>::new());
        let recent: Vec<String> = storage::get(RECENT)
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect();
        let recent = StoredValue::new(recent);
        let known = known(commands);
        let found = Memo::new_with_compare(
            move |_| {
                let mut all = known.clone();
                // Topics that the log has and the page does not.
                for topic in from_log.get() {
                    if !all
                        .iter()
                        .any(|choice| choice.kind == "Topic" && choice.name == topic)
                    {
                        all.extend(topic_choice(&topic));
                    }
                }
                recent.with_value(|recent| find(&query.get(), &all, recent))
            },
            |_, _| true,
        );
        look_up(query, from_log);
        Self {
            commands,
            navigation: use_navigation(),
            query,
            found,
            active: RwSignal::new(0),
            recent,
        }
    }

    fn close(self) {
        self.commands.close(Sheet::Palette);
    }

    /// Moves the selection, or runs the selected choice.
    fn press(self, press: &KeyboardEvent) {
        let count = self.found.with_untracked(Vec::len);
        let at = self.active.get_untracked();
        let next = match press.key().as_str() {
            "ArrowDown" => (at + 1) % count.max(1),
            "ArrowUp" => (at + count.max(1) - 1) % count.max(1),
            "PageDown" => count.saturating_sub(1),
            "PageUp" => 0,
            "Enter" => {
                press.prevent_default();
                return self.choose(at);
            }
            _ => return,
        };
        press.prevent_default();
        self.active.set(next);
        bring_into_view(&option_id(next));
    }

    /// Runs a choice and remembers it.
    fn choose(self, index: usize) {
        let Some(found) = self.found.with_untracked(|found| found.get(index).cloned()) else {
            return;
        };
        let recent = self
            .recent
            .with_value(|recent| chosen(found.choice.key(), recent.clone()));
        storage::set(RECENT, &recent.join("\n"));
        // The palette closes first, because the choice may open another sheet or move the focus.
        let navigation = self.navigation;
        self.close();
        match found.choice.act {
            Act::Go(href) => navigation.go(&href),
            Act::Run(run) => run.run(()),
        }
    }

    /// The choices that fit the query.
    fn options(self) -> Vec<AnyView> {
        let found = self.found.get().into_iter().enumerate();
        found
            .map(|(index, found)| self.option(index, &found))
            .collect()
    }

    fn option(self, index: usize, found: &Found) -> AnyView {
        let pieces: Vec<_> = pieces(&found.choice.name, &found.letters)
            .into_iter()
            .map(|(is_match, piece)| {
                if is_match {
                    view! { <mark>{piece}</mark> }.into_any()
                } else {
                    piece.into_any()
                }
            })
            .collect();
        let class = if matches!(found.choice.kind, "Topic" | "Room") {
            "name mono"
        } else {
            "name"
        };
        let keys = found.choice.keys;
        view! {
            <li
                role="option"
                id=option_id(index)
                aria-selected=move || (self.active.get() == index).to_string()
                on:mousemove=move |_| {
                    if self.active.get_untracked() != index {
                        self.active.set(index);
                    }
                }
                on:click=move |_| self.choose(index)
            >
                <span class=class>{pieces}</span>
                {found
                    .is_recent
                    .then(|| view! { <span class="hidden">", recent"</span> }.into_any())}
                {(!keys.is_empty()).then(|| super::help::keys(keys))}
                <span class="what">{found.choice.kind}</span>
            </li>
        }
        .into_any()
    }
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

/// The choices that the page knows: its actions (the pages are among them), then its rooms and topics,
/// those with the newest events first.
fn known(commands: Commands) -> Vec<Choice> {
    let actions = commands.actions().into_iter().map(|action| {
        let kind = if action.group == super::PAGES {
            "Page"
        } else {
            "Action"
        };
        Choice {
            kind,
            name: action.label.to_owned(),
            keys: action.keys,
            act: Act::Run(action.run),
        }
    });
    let mut choices: Vec<_> = actions.collect();
    let mut topics: Vec<_> = use_live().feed.with_untracked(|feed| {
        feed.topics()
            .map(|topic| (topic.last().time, topic.topic().clone()))
            .collect()
    });
    topics.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    for (_, topic) in topics {
        if let Some(room) = Room::of(&topic) {
            choices.push(Choice {
                kind: "Room",
                name: room.to_string(),
                keys: "",
                act: Act::Go(Page::Chat.href(room.name())),
            });
        }
        choices.extend(topic_choice(topic.as_str()));
    }
    choices
}

fn topic_choice(name: &str) -> Option<Choice> {
    let topic = Topic::new(name).ok()?;
    Some(Choice {
        kind: "Topic",
        name: name.to_owned(),
        keys: "",
        act: Act::Go(HistoryAddress::of(topic).href()),
    })
}

/// Asks the log for topics that begin with the query, once the reader pauses.
fn look_up(query: RwSignal<String>, from_log: RwSignal<Vec<String>>) {
    Effect::new(move |_| {
        let prefix = query.get().trim().to_owned();
        if prefix.is_empty() {
            return;
        }
        let timer = set_timeout_with_handle(
            move || {
                spawn_local(async move {
                    // After a failure the palette has the topics that the page knows.
                    if let Ok(topics) = fetch_topics(&prefix).await {
                        from_log.try_set(topics);
                    }
                });
            },
            PAUSE,
        );
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
}
