//! The palette: a few letters lead to any page, topic, room or action.

mod choices;

use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use pulseboard_contract::Topic;
use std::time::Duration;

use super::{Commands, Sheet, use_commands};
use crate::{
    components::{Icon, IconName},
    live::use_live,
    platform::{
        http::fetch_topics,
        overlays::{is_on_backdrop, show_modal},
        scrolling::bring_into_view,
        storage,
    },
};
use choices::{Act, Choice, Found, chosen, find, pieces};
use pulseboard_contract::push_percent_encoded;
use pulseboard_feed::Place;

/// Where what was chosen is kept.
const RECENT: &str = "palette";
/// The log is asked for topics when the reader has stopped typing for so long.
const PAUSE: Duration = Duration::from_millis(150);

/// The sheet.
#[component]
pub fn Palette() -> impl IntoView {
    let commands = use_commands();
    let navigate = use_navigate();
    let query = RwSignal::new(String::new());
    let further = RwSignal::new(Vec::<String>::new());
    let active = RwSignal::new(0_usize);
    let recent: Vec<String> = storage::get(RECENT)
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect();
    let remembered = recent.clone();
    let known = known(commands);
    let found = Memo::new_with_compare(
        move |_| {
            let mut all = known.clone();
            // Topics that the page does not know but the log does.
            for topic in further.get() {
                if !all
                    .iter()
                    .any(|choice| choice.kind == "Topic" && choice.name == topic)
                {
                    all.extend(topic_choice(&topic));
                }
            }
            find(&query.get(), &all, &recent)
        },
        |_, _| true,
    );
    look_up(query, further);

    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| show_modal(dialog));
    let close = move || commands.close(Sheet::Palette);
    let choose = move |index: usize| {
        let Some(found) = found.with_untracked(|found| found.get(index).cloned()) else {
            return;
        };
        storage::set(
            RECENT,
            &chosen(found.choice.key(), remembered.clone()).join("\n"),
        );
        // The palette goes first: what is chosen may open another sheet, or move the focus.
        close();
        match found.choice.act {
            Act::Go(href) => navigate(&href, NavigateOptions::default()),
            Act::Run(run) => run.run(()),
        }
    };
    let choose = StoredValue::new_local(choose);
    let press = move |press: leptos::ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        let at = active.get_untracked();
        let next = match press.key().as_str() {
            "ArrowDown" => (at + 1) % count.max(1),
            "ArrowUp" => (at + count.max(1) - 1) % count.max(1),
            "PageDown" => count.saturating_sub(1),
            "PageUp" => 0,
            "Enter" => {
                press.prevent_default();
                return choose.with_value(|choose| choose(at));
            }
            _ => return,
        };
        press.prevent_default();
        active.set(next);
        bring_into_view(&option_id(next));
    };
    let options = move || {
        let option = |(index, found): (usize, Found)| {
            let pieces = pieces(&found.choice.name, &found.letters);
            let pieces: Vec<_> = pieces
                .into_iter()
                .map(|(is_asked, piece)| {
                    if is_asked {
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
            view! {
                <li
                    role="option"
                    id=option_id(index)
                    aria-selected=move || (active.get() == index).to_string()
                    on:mousemove=move |_| {
                        if active.get_untracked() != index {
                            active.set(index);
                        }
                    }
                    on:click=move |_| choose.with_value(|choose| choose(index))
                >
                    <span class=class>{pieces}</span>
                    {found
                        .is_recent
                        .then(|| {
                            view! { <span class="hidden">", chosen before"</span> }.into_any()
                        })}
                    {(!found.choice.keys.is_empty()).then(|| super::help::keys(found.choice.keys))}
                    <span class="what">{found.choice.kind}</span>
                </li>
            }
            .into_any()
        };
        found
            .get()
            .into_iter()
            .enumerate()
            .map(option)
            .collect::<Vec<_>>()
    };
    view! {
        <dialog
            class="sheet palette"
            node_ref=dialog
            aria-label="Search pages, topics and actions"
            on:close=move |_| close()
            on:click=move |click| {
                if is_on_backdrop(&click) {
                    close();
                }
            }
        >
            <label class="query">
                <Icon name=IconName::Search />
                <input
                    type="text"
                    role="combobox"
                    aria-expanded="true"
                    aria-controls="palette-list"
                    aria-autocomplete="list"
                    aria-label="Search pages, topics and actions"
                    placeholder="Where to, or what to do?"
                    aria-activedescendant=move || {
                        found
                            .with(|found| active.get() < found.len())
                            .then(|| option_id(active.get()))
                    }
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="go"
                    autofocus=true
                    prop:value=query
                    on:keydown=press
                    on:input:target=move |input| {
                        query.set(input.target().value());
                        active.set(0);
                    }
                />
            </label>
            <ul class="options" role="listbox" id="palette-list" aria-label="Choices">
                {move || options()}
            </ul>
            <div role="status">
                {move || {
                    found
                        .with(Vec::is_empty)
                        .then(|| {
                            view! {
                                <p class="quiet none">
                                    "Nothing is called that. A topic the page has not seen is found by how its name begins."
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
                    " choose"
                </span>
                <span>
                    <kbd>"Enter"</kbd>
                    " go"
                </span>
                <span>
                    <kbd>"Esc"</kbd>
                    " close"
                </span>
            </p>
        </dialog>
    }
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

/// What the page knows by itself: its actions, pages among them, then rooms and topics, those with
/// the latest news first.
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
        if let Some(room) = topic.leaf_under("chat") {
            let mut href = "/chat/".to_owned();
            push_percent_encoded(&mut href, room);
            choices.push(Choice {
                kind: "Room",
                name: room.to_owned(),
                keys: "",
                act: Act::Go(href),
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
        act: Act::Go(Place::of(topic).href()),
    })
}

/// Asks the log for topics whose name begins like the query, once the reader pauses.
fn look_up(query: RwSignal<String>, further: RwSignal<Vec<String>>) {
    Effect::new(move |_| {
        let prefix = query.get().trim().to_owned();
        if prefix.is_empty() {
            return;
        }
        let timer = set_timeout_with_handle(
            move || {
                spawn_local(async move {
                    // Without an answer there is what the page knows.
                    if let Ok(topics) = fetch_topics(&prefix).await {
                        further.try_set(topics);
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
