//! The frame of every page: the bar with the links to the pages, the actions of every page, notices,
//! and the one place that announces changes to screen readers.

use leptos::{prelude::*, task::spawn_local};

use super::{Badge, Bell, Hint, Icon, IconName, Notices, ThemeSwitch, Toasts};
use crate::{
    Theme,
    command::{Action, Commands, PAGES, Sheet, Sheets, use_commands},
    live::use_live,
    navigation::{Page, paths::tabs, use_navigation},
    platform::{
        clipboard, focus::focus_search, keyboard::palette_keys, links::LinkWatcher,
        locale::ExactTimes, location, overlays::MenuCloser, service_worker::ServiceWorker,
    },
};
use leptos_event_source::Status;

/// The bar, and the page under it.
#[component]
pub fn Frame(
    /// The chosen theme.
    theme: Option<Theme>,
    /// Whether the hint of the first visit is hidden.
    knows_hint: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let commands = Commands::provide();
    let theme = RwSignal::new(theme);
    offer_actions(commands, theme);
    // Listeners for as long as the page is open.
    let listeners = StoredValue::new_local(None);
    let status = use_live().stream.status;
    Effect::new(move |_| {
        // Prefetch the code of a page while the pointer moves towards the click.
        let links = LinkWatcher::new(move |path| {
            if !status.get_untracked().is_lost()
                && let Some((page, _)) = Page::at(path)
            {
                spawn_local(page.chunk().prefetch());
            }
        });
        listeners.set_value(Some((
            MenuCloser::new(),
            ExactTimes::new(),
            ServiceWorker::new(),
            links,
        )));
    });
    let destination = use_navigation().destination();
    let tabs = tabs().map(|(page, tab)| {
        let mark = move || (destination.get() == Some(page)).then_some("page");
        view! {
            <a href=tab.href aria-current=mark>
                {tab.label}
            </a>
        }
        .into_any()
    });
    view! {
        <a class="skip" href="#content">
            "Skip to content"
        </a>
        <header class="bar">
            <a class="mark" href="/" aria-label="Pulseboard, home">
                <Mark />
                <span>"Pulseboard"</span>
            </a>
            <nav class="tabs" aria-label="Pages">
                {tabs.collect::<Vec<_>>()}
            </nav>
            <div class="push">
                <Finder />
                <Badge />
                <Bell />
                <ThemeSwitch chosen=theme />
            </div>
        </header>
        <Notices />
        <Hint is_gone=knows_hint />
        <main id="content" tabindex="-1">
            {children()}
        </main>
        <Toasts />
        <Announcements />
        <Sheets />
    }
}

/// The button that opens the palette.
#[component]
fn Finder() -> impl IntoView {
    let commands = use_commands();
    // The browser knows the keys of the reader's machine.
    let keys = RwSignal::new("Ctrl K");
    Effect::new(move |_| keys.set(palette_keys()));
    view! {
        <button
            class="finder needs-script"
            aria-label="Search pages, topics and actions"
            aria-keyshortcuts="Control+K Meta+K"
            aria-haspopup="dialog"
            on:click=move |_| commands.sheet.set(Some(Sheet::Palette))
        >
            <Icon name=IconName::Search />
            <span>"Search"</span>
            <kbd>{keys}</kbd>
        </button>
    }
}

/// Offers the actions of every page.
fn offer_actions(commands: Commands, theme: RwSignal<Option<Theme>>) {
    let navigation = use_navigation();
    let stream = use_live().stream;
    for (_, tab) in tabs() {
        commands.offer(Action {
            group: PAGES,
            label: tab.action,
            keys: tab.keys,
            run: (move || navigation.go(tab.href)).into(),
        });
    }
    let offer = |label, keys, run: Callback<()>| {
        commands.offer(Action {
            group: "This page",
            label,
            keys,
            run,
        });
    };
    let search = move || {
        if !focus_search() {
            commands.sheet.set(Some(Sheet::Palette));
        }
    };
    offer("Search", "/", search.into());
    let pause = move || {
        if matches!(
            stream.status.get_untracked(),
            Status::Paused | Status::Closed
        ) {
            stream.open.run(());
        } else {
            stream.pause.run(());
        }
    };
    offer("Pause or resume the stream", "p", pause.into());
    let copy = move || {
        spawn_local(async move {
            let is_copied = clipboard::copy(&location::address()).await;
            commands.confirm(if is_copied {
                "Link copied"
            } else {
                "The browser does not allow copying here"
            });
        });
    };
    offer("Copy the link to this page", "", copy.into());
    offer(
        "Switch between light and dark",
        "t",
        (move || super::theme_switch::switch(theme)).into(),
    );
    offer(
        "Show keyboard shortcuts",
        "?",
        (move || commands.sheet.set(Some(Sheet::Help))).into(),
    );
}

/// The announcements for screen readers: confirmations of actions, and lasting changes of the
/// connection. It never announces single events.
#[component]
fn Announcements() -> impl IntoView {
    let commands = use_commands();
    let status = use_live().stream.status;
    let connection = Memo::new(move |before: Option<&(bool, &'static str)>| {
        let was_away = before.is_some_and(|(was_away, _)| *was_away);
        match status.get() {
            Status::Open if was_away => (false, "Live again"),
            Status::Open => (false, before.map_or("", |(_, text)| *text)),
            // A connection that stays away gets a notice (`notices.rs`); a moment gets nothing.
            Status::Reconnecting { .. } | Status::Offline => (true, ""),
            Status::Connecting => (was_away, ""),
            Status::Paused => (true, "Paused"),
            Status::Closed => (true, "Closed"),
        }
    });
    view! {
        <div role="status" class="status">
            <span class="hidden">{move || connection.get().1}</span>
            <span class="saying" hidden=move || commands.confirmation.with(String::is_empty)>
                {commands.confirmation}
            </span>
        </div>
    }
}

/// The logo: a pulse on the signal colour.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg
            class="logo"
            viewBox="0 0 24 24"
            width="24"
            height="24"
            aria-hidden="true"
            focusable="false"
        >
            <rect x="1" y="1" width="22" height="22" rx="6" />
            <path d="M4.500 12.500h3.200l2.300-6l3.600 11l2.300-7l1.100 2h2.500" />
        </svg>
    }
}
