//! The help sheet: all shortcuts of the page, and the switch that turns them off.

use leptos::{html, prelude::*};

use super::{Action, Sheet, use_commands};
use crate::{
    components::{Icon, IconName},
    platform::{
        keyboard::palette_keys,
        overlays::{is_on_backdrop, show_modal},
    },
};

/// The keys of a shortcut, each drawn as a key.
pub fn keys(keys: &'static str) -> AnyView {
    let keys: Vec<_> = keys
        .split(' ')
        .map(|key| view! { <kbd>{key}</kbd> }.into_any())
        .collect();
    view! { <span class="keys">{keys}</span> }.into_any()
}

/// The sheet.
#[component]
pub fn Help() -> impl IntoView {
    let commands = use_commands();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| show_modal(dialog));
    let close = move || commands.close(Sheet::Help);
    view! {
        <dialog
            class="sheet help"
            node_ref=dialog
            aria-labelledby="help-title"
            on:close=move |_| close()
            on:click=move |click| {
                if is_on_backdrop(&click) {
                    close();
                }
            }
        >
            <header>
                <h2 id="help-title">"Keyboard shortcuts"</h2>
                <button class="icon-button" aria-label="Close" on:click=move |_| close()>
                    <Icon name=IconName::Close />
                </button>
            </header>
            <div class="groups" tabindex="0" role="group" aria-label="Shortcuts">
                {move || groups(commands.actions())}
                <section>
                    <h3>"Everywhere"</h3>
                    <dl>
                        {row("Search pages, topics and actions", palette_keys())}
                        {row("Close the open menu or dialog", "Esc")}
                    </dl>
                </section>
            </div>
            <label class="switch">
                <input
                    type="checkbox"
                    prop:checked=commands.has_shortcuts
                    on:change:target=move |input| commands.set_shortcuts(input.target().checked())
                />
                <span>
                    "Single-key shortcuts"
                    <small>
                        " Off while you type. Turn them off if you dictate or press keys by accident."
                    </small>
                </span>
            </label>
        </dialog>
    }
}

/// The actions with a shortcut, a list for each group.
fn groups(actions: Vec<Action>) -> Vec<AnyView> {
    let mut groups: Vec<(&'static str, Vec<Action>)> = Vec::new();
    for action in actions.into_iter().filter(|action| !action.keys.is_empty()) {
        match groups.iter_mut().find(|(name, _)| *name == action.group) {
            Some((_, actions)) => actions.push(action),
            None => groups.push((action.group, vec![action])),
        }
    }
    let group = |(name, actions): (&'static str, Vec<Action>)| {
        let rows: Vec<_> = actions
            .into_iter()
            .map(|action| row(action.label, action.keys))
            .collect();
        view! {
            <section>
                <h3>{name}</h3>
                <dl>{rows}</dl>
            </section>
        }
        .into_any()
    };
    groups.into_iter().map(group).collect()
}

/// A shortcut: the name of its action, and its keys.
fn row(label: &'static str, shortcut: &'static str) -> AnyView {
    view! {
        <div>
            <dt>{label}</dt>
            <dd>{keys(shortcut)}</dd>
        </div>
    }
    .into_any()
}
