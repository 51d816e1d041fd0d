//! The switch between light and dark. Until the reader uses it, the page follows the system.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    context::Theme,
    platform::{
        cookies::set_cookie,
        theme::{set_theme, system_theme},
    },
};

/// The switch in the bar. It is hidden without JavaScript; then the page follows the system.
#[component]
pub fn ThemeSwitch(
    /// The reader's choice.
    chosen: RwSignal<Option<Theme>>,
) -> impl IntoView {
    view! {
        <button
            class="icon-button needs-script"
            aria-label="Switch between light and dark"
            aria-keyshortcuts="t"
            on:click=move |_| switch(chosen)
        >
            <Icon name=IconName::Theme />
        </button>
    }
}

/// Switches to the other theme, and keeps the choice.
pub(super) fn switch(chosen: RwSignal<Option<Theme>>) {
    let next = match chosen.get_untracked().unwrap_or_else(system_theme) {
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::Light,
    };
    set_cookie("theme", next.name());
    set_theme(next);
    chosen.set(Some(next));
}
