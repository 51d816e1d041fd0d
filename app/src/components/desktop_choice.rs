//! The switch for desktop notifications, and their lowest severity.

use leptos::prelude::*;
use pulseboard_contract::Severity;

use crate::{
    notifications::{Notifications, use_notifications},
    platform::desktop::{Permission, ask_permission},
};

/// The switch, with the reason where the browser does not allow desktop notifications.
#[component]
pub(super) fn DesktopChoice() -> impl IntoView {
    let notifications = use_notifications();
    let is_on = move || {
        notifications.desktop.get().is_some()
            && notifications.permission.get() == Permission::Granted
    };
    // Only a reader who was asked sees that they have not decided. Other obstacles are shown before
    // the reader tries.
    let asked = RwSignal::new(false);
    let switch = move || {
        if is_on() {
            notifications.choose_desktop(None);
        } else {
            turn_on(notifications, asked);
        }
    };
    let can = Memo::new(move |_| {
        !matches!(
            notifications.permission.get(),
            Permission::Missing | Permission::Insecure
        )
    });
    view! {
        <div class="desktop needs-script">
            <button
                class="switch"
                role="switch"
                aria-checked=move || is_on().to_string()
                aria-describedby="desktop-problem"
                disabled=move || !can.get()
                on:click=move |_| switch()
            >
                <span>"Desktop notifications"</span>
                <span class="knob" aria-hidden="true">
                    {move || if is_on() { "on" } else { "off" }}
                </span>
            </button>
            {move || is_on().then(|| severities(notifications))}
            <p class="problem" id="desktop-problem" role="status">
                {move || problem(notifications.permission.get(), asked.get())}
            </p>
        </div>
    }
}

/// Asks for the permission, and turns the notifications on if the reader grants it.
fn turn_on(notifications: Notifications, asked: RwSignal<bool>) {
    leptos::task::spawn_local(async move {
        let permission = ask_permission().await;
        notifications.permission.set(permission);
        asked.set(true);
        if permission == Permission::Granted {
            let from = notifications.desktop.get_untracked();
            notifications.choose_desktop(Some(from.unwrap_or(Severity::Warning)));
        }
    });
}

/// The choice of the lowest severity.
fn severities(notifications: Notifications) -> AnyView {
    let choice = |(from, label): (Severity, &'static str)| {
        view! {
            <button
                aria-pressed=move || (notifications.desktop.get() == Some(from)).to_string()
                on:click=move |_| notifications.choose_desktop(Some(from))
            >
                {label}
            </button>
        }
        .into_any()
    };
    let choices = [
        (Severity::Info, "All"),
        (Severity::Warning, "Warnings and errors"),
        (Severity::Error, "Errors"),
    ]
    .map(choice);
    view! {
        <div class="segments" role="group" aria-label="Show on the desktop">
            {choices.collect_view()}
        </div>
        <p class="quiet">"Shown only while no Pulseboard tab is visible."</p>
    }
    .into_any()
}

fn problem(permission: Permission, asked: bool) -> &'static str {
    match permission {
        Permission::Missing => "This browser has no desktop notifications.",
        Permission::Insecure => "Desktop notifications need HTTPS or localhost.",
        Permission::Refused => {
            "Your browser blocks notifications from this site. Allow them in the site settings, then try again."
        }
        Permission::Undecided if asked => {
            "You have not allowed notifications yet. Try again and choose Allow."
        }
        Permission::Undecided | Permission::Granted => "",
    }
}
