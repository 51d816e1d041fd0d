//! The page: its clock, its network, and when the browser hides, freezes and brings it back.

use gloo_events::EventListener;
use leptos::prelude::*;
use web_sys::{EventTarget, VisibilityState};

use crate::connection::Millis;

/// What happens to the page.
#[derive(Clone, Copy, Debug)]
pub(super) enum PageEvent {
    /// The network is back, or the browser brought the page back.
    Wake,
    /// The browser puts the page away or freezes it.
    Suspend,
    /// The page was hidden.
    Hide,
    /// The page was shown.
    Show,
}

/// Listens until the listeners are dropped.
pub(super) fn listen(on_event: impl Fn(PageEvent) + Clone + 'static) -> Vec<EventListener> {
    let on = |target: &EventTarget, name: &'static str, page_event: fn() -> PageEvent| {
        let on_event = on_event.clone();
        EventListener::new(target, name, move |_| on_event(page_event()))
    };
    let (window, document) = (window(), document());
    vec![
        on(&window, "online", || PageEvent::Wake),
        on(&window, "pageshow", || PageEvent::Wake),
        on(&document, "resume", || PageEvent::Wake),
        on(&window, "pagehide", || PageEvent::Suspend),
        on(&document, "freeze", || PageEvent::Suspend),
        on(&document, "visibilitychange", || {
            if is_hidden() {
                PageEvent::Hide
            } else {
                PageEvent::Show
            }
        }),
    ]
}

pub(super) fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}

pub(super) fn is_online() -> bool {
    window().navigator().on_line()
}

/// `performance.now()`: a clock that never goes back.
pub(super) fn now() -> Millis {
    window()
        .performance()
        .map_or_else(js_sys::Date::now, |performance| performance.now())
}
