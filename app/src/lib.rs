//! The user interface of Pulseboard: the same pages rendered on the server and made live in the
//! browser.
//!
//! The server renders a page from a [`PageContext`] and puts the context into the HTML. Server and
//! browser both turn it into a [`pulseboard_feed::Feed`], and the browser then applies the events of the
//! stream, from the position of the context's snapshot on. Nothing here names the server's libraries.
//! Code that differs between server and browser is in `platform` and in [`leptos_event_source`].

// The type of a view is nested as deeply as the page, and the compiler follows it all the way.
#![recursion_limit = "512"]
// A new event type must make the compiler list every match that handles event types.
#![warn(clippy::wildcard_enum_match_arm)]
// Views use `{move || text()}` instead of `{text}`: closures that are written in the view share
// generated code, and a named closure gets kilobytes of its own.
#![allow(clippy::redundant_closure)]

mod assets;
mod chunks;
mod clock;
mod command;
mod components;
mod context;
mod format;
mod live;
mod navigation;
mod notifications;
mod outbox;
mod pages;
mod platform;
#[cfg(test)]
mod sample;
mod unread;

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};

pub use assets::Assets;
pub use chunks::Unfetched;
pub use context::{PageContext, RequestTarget, Theme, Visitor};
pub use navigation::paths::{PATHS, Page, PagePath};

use assets::{AssetLinks, Broken};
use clock::Clock;
use components::Frame;
use live::Live;
use navigation::{Address, Navigation, Outlet, paths::chunk_at};
use outbox::Outbox;

/// The HTML document around the app, for the server. A [`PageContext`] and a [`RequestTarget`] must be in
/// the context.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let chosen = use_context::<PageContext>().and_then(|context| context.visitor.theme);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=chosen.map(Theme::name)>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover"
                />
                <meta name="color-scheme" content="light dark" />
                <meta
                    name="description"
                    content="A live event board: publish with one POST, see it in every browser."
                />
                <ThemeColors chosen=chosen />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icons/touch.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link
                    rel="preload"
                    href="/fonts/inter-5.3.0.woff2"
                    r#as="font"
                    type="font/woff2"
                    crossorigin="anonymous"
                />
                <AssetLinks />
                <AutoReload options=options />
                <MetaTags />
            </head>
            <body>
                <App />
                <Broken />
            </body>
        </html>
    }
}

/// The colour of the browser's own controls around the page: the page's background, in the chosen theme
/// or in the system's.
#[component]
fn ThemeColors(chosen: Option<Theme>) -> impl IntoView {
    [Theme::Light, Theme::Dark].map(|theme| {
        let colour = chosen.unwrap_or(theme).paper();
        let media = format!("(prefers-color-scheme: {})", theme.name());
        // The macro does not know this attribute.
        leptos::html::meta()
            .name("theme-color")
            .content(colour)
            .attr("media", media)
    })
}

/// Loads the code of the open page. It must be here before hydration: awaiting it during hydration would
/// let the stream start too early, and the page would differ from what the server rendered.
///
/// # Errors
///
/// When the code could not be loaded.
pub async fn fetch_page() -> Result<(), Unfetched> {
    let address = Address::parse(&platform::navigation::address());
    chunks::fetch(chunk_at(&address.path)).await.map(|_| ())
}

/// The app: one clock, one stream, and the pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let PageContext {
        snapshot,
        visitor,
        heartbeat_millis,
    } = context::hand_over();
    let clock = Clock::provide(snapshot.now);
    Navigation::provide();
    Live::provide(&snapshot, visitor.name, heartbeat_millis, clock);
    Outbox::provide();
    notifications::Notifications::provide();
    pages::board::saved::provide(visitor.board);
    let unread = unread::provide();
    let (theme, knows_hint) = (visitor.theme, visitor.knows_hint);
    view! {
        <Title formatter=move |page: String| title(&page, unread.get()) />
        <Frame theme=theme knows_hint=knows_hint>
            <Outlet />
        </Frame>
    }
}

/// The title of a page, with the number of unread chat messages.
fn title(page: &str, unread: usize) -> String {
    let count = match unread {
        0 => String::new(),
        100.. => "(99+) ".to_owned(),
        unread => format!("({unread}) "),
    };
    if page.is_empty() {
        format!("{count}Pulseboard")
    } else {
        format!("{count}{page} · Pulseboard")
    }
}
