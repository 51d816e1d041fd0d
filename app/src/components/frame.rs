//! The frame of every page: the bar with the way to each page, what can be done from anywhere,
//! notices, and the one place where changes are told to screen readers.
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{Badge, Bell, Hint, Icon, IconName, Notices, ThemeSwitch, Toasts};
use crate::{
    Theme,
    chunks::Chunk,
    command::{Action, Commands, PAGES, Sheet, Sheets, use_commands},
    live::use_live,
    platform::{
        clipboard, focus::focus_search, keyboard::palette_keys, links::LinkWatcher,
        locale::ExactTimes, location, overlays::MenuCloser, service_worker::ServiceWorker,
    },
};
use leptos_event_source::Status;

/// The pages in the bar: address, name, and the shortcut that leads there.
const TABS: [(&str, &str, &str, &str); 4] = [
    ("/", "Board", "Go to the board", "g b"),
    ("/chat/general", "Chat", "Go to the chat", "g c"),
    ("/inspector", "Inspector", "Go to the inspector", "g i"),
    ("/guide", "Guide", "Go to the guide", "g g"),
];

/// The bar, and the page under it.
#[component]
pub fn Frame(
    /// The theme chosen before.
    theme: Option<Theme>,
    /// Whether the hint of the first visit went before.
    knows_hint: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let commands = Commands::provide();
    let theme = RwSignal::new(theme);
    offer_actions(commands, theme);
    // What listens for as long as the page is there.
    let kept = StoredValue::new_local(None);
    let status = use_live().stream.status;
    Effect::new(move |_| {
        // The code of a page comes while the pointer is still on its way to the click.
        let links = LinkWatcher::new(move |path| {
            if !status.get_untracked().is_lost() {
                spawn_local(Chunk::at(path).prefetch());
            }
        });
        kept.set_value(Some((
            MenuCloser::new(),
            ExactTimes::new(),
            ServiceWorker::new(),
            links,
        )));
    });
    let path = use_location().pathname;
    let tabs = TABS.map(|(href, name, _, _)| {
        let mark = move || {
            path.with(|path| Chunk::at(path) == Chunk::at(href))
                .then_some("page")
        };
        view! {
            <a href=href aria-current=mark>
                {name}
            </a>
        }
        .into_any()
    });
    view! {
        // External to the router, which would scroll there and leave the focus behind.
        <a class="skip" href="#content" rel="external">
            "Skip to content"
        </a>
        <header class="bar">
            <a class="mark" href="/" aria-label="Pulseboard, home">
                <Mark />
                <span>"Pulseboard"</span>
            </a>
            <nav class="tabs" aria-label="Pages">
                {tabs.collect_view()}
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
        <Said />
        <Sheets />
    }
}

/// The way to the palette that can be seen.
#[component]
fn Finder() -> impl IntoView {
    let commands = use_commands();
    // The keys of the reader's machine are known once the page is in the browser.
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

/// Offers what can be done on every page.
fn offer_actions(commands: Commands, theme: RwSignal<Option<Theme>>) {
    let navigate = StoredValue::new_local(use_navigate());
    let stream = use_live().stream;
    for (href, _, label, keys) in TABS {
        let run =
            move || navigate.with_value(|navigate| navigate(href, NavigateOptions::default()));
        commands.offer(Action {
            group: PAGES,
            label,
            keys,
            run: run.into(),
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
            commands.say(if is_copied {
                "Link copied"
            } else {
                "The browser lets nothing be copied here"
            });
        });
    };
    offer("Copy the link of this page", "", copy.into());
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

/// What was done, and how the connection is: the one place from which screen readers are told. It
/// speaks when something changes for good, and never of single events.
#[component]
fn Said() -> impl IntoView {
    let commands = use_commands();
    let status = use_live().stream.status;
    let connection = Memo::new(move |before: Option<&(bool, &'static str)>| {
        let was_away = before.is_some_and(|(was_away, _)| *was_away);
        match status.get() {
            Status::Open if was_away => (false, "Live again"),
            Status::Open => (false, before.map_or("", |(_, text)| *text)),
            // That it is away is a notice once it lasts; a moment is not worth a word.
            Status::Reconnecting { .. } | Status::Offline => (true, ""),
            Status::Connecting => (was_away, ""),
            Status::Paused => (true, "Paused"),
            Status::Closed => (true, "Closed"),
        }
    });
    view! {
        <div role="status" class="status">
            <span class="hidden">{move || connection.get().1}</span>
            <span class="saying" hidden=move || commands.said.with(String::is_empty)>
                {commands.said}
            </span>
        </div>
    }
}

/// The mark: a pulse on the signal colour.
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
