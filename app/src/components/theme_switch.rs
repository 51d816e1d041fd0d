//! Light or dark: as the system has it until chosen by hand, then remembered.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{Theme, environment};

/// The switch in the bar. It needs script; without it the system's choice holds, and the switch is not shown.
#[component]
pub fn ThemeSwitch(
    /// What was chosen before.
    chosen: Option<Theme>,
) -> impl IntoView {
    let chosen = RwSignal::new(chosen);
    let switch = move |_| {
        let next = match chosen.get_untracked().unwrap_or_else(environment::system_theme) {
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Light,
        };
        environment::set_cookie("theme", next.name());
        environment::set_theme(next);
        chosen.set(Some(next));
    };
    view! {
        <button class="icon-button needs-script" aria-label="Switch between light and dark" on:click=switch>
            <Icon name=IconName::Theme/>
        </button>
    }
}
