//! The frame of every page: the bar with the way to each page, the connection badge, and the gap notice.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{Badge, Bell, Icon, IconName, ThemeSwitch};
use crate::{Theme, environment::MenuCloser, feed::Feed, format, live::use_live};

/// The bar, and the page under it.
#[component]
pub fn Frame(
    /// The theme chosen before.
    theme: Option<Theme>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let menus = StoredValue::new_local(None);
    Effect::new(move |_| menus.set_value(Some(MenuCloser::new())));
    view! {
        // External to the router, which would scroll there and leave the focus behind.
        <a class="skip" href="#content" rel="external">"Skip to content"</a>
        <header class="bar">
            <a class="mark" href="/" aria-label="Pulseboard, home">
                <Mark/>
                <span>"Pulseboard"</span>
            </a>
            <nav class="tabs" aria-label="Pages">
                <A href="/" exact=true>"Board"</A>
                <A href="/chat/general">"Chat"</A>
                <A href="/inspector">"Inspector"</A>
                <A href="/guide">"Guide"</A>
            </nav>
            <div class="push">
                <Badge/>
                <Bell/>
                <ThemeSwitch chosen=theme/>
            </div>
        </header>
        <GapNotice/>
        <main id="content" tabindex="-1">{children()}</main>
    }
}

/// Said once a gap, until it is dismissed: what is on the page is not all there was.
#[component]
fn GapNotice() -> impl IntoView {
    let live = use_live();
    let gaps = Memo::new(move |_| live.feed.with(|feed| feed.gaps().len()));
    let dismissed = RwSignal::new(0);
    let text = move || {
        live.feed.with_untracked(|feed: &Feed| {
            let gap = feed.gaps().last()?;
            Some(match gap.lost {
                Some(lost) => format!(
                    "{} could not be shown: they came while this page was away, and the log no longer had them.",
                    format::count(lost, "event", "events")
                ),
                None => "Some history is missing: the server's log began anew while this page was away.".to_owned(),
            })
        })
    };
    view! {
        <div aria-live="polite">
            {move || (gaps.get() > dismissed.get()).then(|| view! {
                <p class="notice" data-notice="gap">
                    <Icon name=IconName::Warning/>
                    <span>{text()}</span>
                    <button class="button" on:click=move |_| dismissed.set(gaps.get_untracked())>"Dismiss"</button>
                </p>
            }.into_any())}
        </div>
    }
}

/// The mark: a pulse on the signal colour.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <rect x="1" y="1" width="22" height="22" rx="6"/>
            <path d="M4.500 12.500h3.200l2.300-6l3.600 11l2.300-7l1.100 2h2.500"/>
        </svg>
    }
}
