//! The hint of the first visit: how to publish. It disappears for good when the reader dismisses it, or
//! when any program other than the host source has published.

use leptos::prelude::*;

use super::{Copy, Icon, IconName, use_origin};
use crate::{live::use_live, navigation::use_navigation, platform::cookies::set_cookie};
use pulseboard_feed::{Feed, Widget};

/// The cookie that hides the hint.
const COOKIE: &str = "hint";

/// The hint, on the board.
#[component]
pub fn Hint(
    /// Whether it is hidden already.
    is_gone: bool,
) -> impl IntoView {
    let live = use_live();
    let path = use_navigation().path();
    let is_gone = RwSignal::new(is_gone);
    // A board without tiles says the same in its own words, so the hint waits for the first tile.
    let is_host = |widget: &Widget| matches!(widget, Widget::Host(_));
    // Once it is gone, it no longer follows the feed.
    let is_published =
        Memo::new(move |_| is_gone.get() || !live.feed.with(Feed::widgets).iter().all(is_host));
    let has_tiles = Memo::new(move |_| live.feed.with(|feed| feed.topics().next().is_some()));
    Effect::new(move |_| {
        if is_gone.get() || is_published.get() {
            set_cookie(COOKIE, "gone");
        }
    });
    let origin = use_origin();
    let curl = Signal::derive(move || {
        format!(
            "curl -d 'Hello World' -H 'Content-Type: text/plain' {}/topics/hello",
            origin.get()
        )
    });
    let is_shown = Memo::new(move |_| {
        !is_gone.get() && !is_published.get() && has_tiles.get() && path.get() == "/"
    });
    view! {
        {move || {
            is_shown
                .get()
                .then(|| {
                    view! {
                        <aside class="hint" aria-label="Getting started">
                            <p>
                                "Every topic you publish to gets its own tile within milliseconds. Try it:"
                            </p>
                            <pre tabindex="0">{curl}</pre>
                            <p class="actions needs-script">
                                <Copy label="Copy" text=curl />
                                <button
                                    class="icon-button"
                                    aria-label="Dismiss the hint"
                                    on:click=move |_| is_gone.set(true)
                                >
                                    <Icon name=IconName::Close />
                                </button>
                            </p>
                        </aside>
                    }
                        .into_any()
                })
        }}
    }
}
