//! The browser's side.

use gloo_events::{EventListener, EventListenerOptions};
use gloo_net::http::{Request, Response};
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use pulseboard_contract::{Event, EventId, Timestamp};
use wasm_bindgen::JsCast;

use super::{RequestError, explain};
use crate::Theme;

/// Calls back every second while it is kept.
pub struct SecondTimer(#[allow(dead_code)] Interval);

impl SecondTimer {
    /// A timer that runs.
    pub fn new(tick: impl FnMut() + 'static) -> Self {
        Self(Interval::new(1_000, tick))
    }
}

/// Closes open menus when one clicks elsewhere or presses Escape, while it is kept.
pub struct MenuCloser {
    _listeners: [EventListener; 2],
}

impl MenuCloser {
    /// Listens from now on.
    pub fn new() -> Self {
        let click = EventListener::new(&document(), "click", |event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            // A button that was replaced by its own click is nowhere any more, hence not elsewhere.
            if target.as_ref().is_some_and(|target| !target.is_connected()) {
                return;
            }
            for menu in open_menus() {
                if !menu.contains(target.as_ref()) {
                    let _ = menu.remove_attribute("open");
                }
            }
        });
        let options = EventListenerOptions::enable_prevent_default();
        let escape = EventListener::new_with_options(&document(), "keydown", options, |event| {
            if event
                .dyn_ref::<web_sys::KeyboardEvent>()
                .is_none_or(|event| event.key() != "Escape")
            {
                return;
            }
            for menu in open_menus() {
                let _ = menu.remove_attribute("open");
                // One press closes one thing: what else would be closed by it stays.
                event.prevent_default();
                // The focus goes back to what opened the menu, not to the top of the page.
                let summary = menu.query_selector("summary").ok().flatten();
                if let Some(summary) =
                    summary.and_then(|summary| summary.dyn_into::<web_sys::HtmlElement>().ok())
                {
                    let _ = summary.focus();
                }
            }
        });
        Self {
            _listeners: [click, escape],
        }
    }
}

fn open_menus() -> impl Iterator<Item = web_sys::Element> {
    let menus = document()
        .query_selector_all("details[name=menu][open]")
        .ok();
    let length = menus.as_ref().map_or(0, web_sys::NodeList::length);
    (0..length).filter_map(move |index| menus.as_ref()?.get(index)?.dyn_into().ok())
}

/// Tells of links within the site that the reader is about to follow, while it is kept.
pub struct LinkWatcher {
    _listeners: [EventListener; 2],
}

impl LinkWatcher {
    /// Calls with the path of each link that is pointed at or gets the focus.
    pub fn new(seen: impl Fn(&str) + Clone + 'static) -> Self {
        let listen = |name: &'static str| {
            let seen = seen.clone();
            EventListener::new(&document(), name, move |event| {
                let target = event
                    .target()
                    .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                let link = target.and_then(|target| target.closest("a[href^='/']").ok().flatten());
                if let Some(link) =
                    link.and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok())
                {
                    seen(&link.pathname());
                }
            })
        };
        Self {
            _listeners: [listen("pointerover"), listen("focusin")],
        }
    }
}

/// The browser's wall clock.
#[allow(clippy::cast_possible_truncation)] // Whole milliseconds, well within 2^53.
#[allow(clippy::unnecessary_wraps)] // The server's side has none.
pub fn epoch_millis() -> Option<i64> {
    Some(js_sys::Date::now() as i64)
}

/// The clock that `Status::Reconnecting` counts on.
pub fn page_clock() -> f64 {
    window()
        .performance()
        .map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// The reader's offset from UTC at a time; it differs between summer and winter.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // Offsets are under a day, times under 2^53.
pub fn local_offset_minutes(at: Timestamp) -> i64 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.millis() as f64));
    -(date.get_timezone_offset() as i64)
}

/// Remembers a value for a year.
pub fn set_cookie(name: &str, value: &str) {
    let mut cookie = format!("{name}=");
    pulseboard_contract::push_percent_encoded(&mut cookie, value);
    cookie += "; Path=/; Max-Age=31536000; SameSite=Lax";
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        // A browser that refuses cookies forgets the choice, which is what its owner asked for.
        let _ = document.set_cookie(&cookie);
    }
}

/// Shows the page in a theme.
pub fn set_theme(theme: Theme) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme.name());
    }
    // What the browser draws around the page goes with it.
    let metas = document().query_selector_all("meta[name=theme-color]").ok();
    for meta in (0..).map_while(|index| {
        metas
            .as_ref()?
            .get(index)?
            .dyn_into::<web_sys::Element>()
            .ok()
    }) {
        let _ = meta.set_attribute("content", theme.paper());
    }
}

/// The theme of the reader's system.
pub fn system_theme() -> Theme {
    let prefers_dark = window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    if prefers_dark {
        Theme::Dark
    } else {
        Theme::Light
    }
}

/// Copies text to the clipboard, and says whether it is there: without the permission nothing is
/// copied, and a page that did not come over HTTPS or from this machine has no clipboard.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let has_clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into())
        .is_ok_and(|clipboard| !clipboard.is_undefined());
    has_clipboard
        && wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text))
            .await
            .is_ok()
}

/// Scrolls to the element of this id once what has just come is drawn.
pub fn scroll_to(id: String) {
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(&id) {
            element.scroll_into_view();
        }
    });
}

/// Keeps the row in the middle of the window where it is while the list it belongs to is about to
/// change. Browsers would do so by themselves, if it were not that several rows arriving at once
/// make leptos lift the whole list out and in again.
pub fn hold_still() {
    let Some(page) = document().document_element() else {
        return;
    };
    let middle = (page.client_width() / 2, page.client_height() / 2);
    #[allow(clippy::cast_precision_loss)] // Pixels of a window.
    let found = document().element_from_point(middle.0 as f32, middle.1 as f32);
    let Some(row) = found.and_then(|element| element.closest(".event").ok().flatten()) else {
        return;
    };
    // Where it is on the page, so that the reader's own scrolling meanwhile does not count.
    let place = move |row: &web_sys::Element| {
        row.get_bounding_client_rect().top() + f64::from(page.scroll_top())
    };
    let before = place(&row);
    if window().scroll_y().is_ok_and(|scrolled| scrolled > 0.0) {
        request_animation_frame(move || {
            let moved = place(&row) - before;
            if row.is_connected() && moved != 0.0 {
                window().scroll_by_with_x_and_y(0.0, moved);
            }
        });
    }
}

/// Calls back whenever the reader scrolls near the end of the page, while it is kept.
pub struct NearEnd(#[allow(dead_code)] EventListener);

impl NearEnd {
    /// Listens from now on.
    pub fn new(near: impl Fn() + 'static) -> Self {
        /// So early that what comes is there when it is reached.
        const PIXELS: i32 = 900;
        Self(EventListener::new(&document(), "scroll", move |_| {
            let Some(page) = document().document_element() else {
                return;
            };
            if page.scroll_height() - page.client_height() - page.scroll_top() < PIXELS {
                near();
            }
        }))
    }
}

/// Where this page came from, like `https://board.example`; what a link that is shared begins with.
pub fn origin() -> Option<String> {
    window().location().origin().ok()
}

/// Posts a body.
pub async fn post(url: &str, headers: &[(&str, &str)], body: String) -> Result<(), RequestError> {
    let request = headers
        .iter()
        .fold(Request::post(url), |request, (name, value)| {
            request.header(name, value)
        });
    let request = request.body(body).map_err(|_| RequestError::Unreachable)?;
    read(request.send().await).await.map(drop)
}

/// Reads a page of the history in the order asked for, and where the next one begins.
pub async fn fetch_history(url: &str) -> Result<(Vec<Event>, Option<EventId>), RequestError> {
    #[derive(serde::Deserialize)]
    struct Answer {
        events: Vec<Event>,
        next: Option<EventId>,
    }
    let body = read(Request::get(url).send().await).await?;
    let answer: Answer =
        serde_json::from_str(&body).map_err(|error| RequestError::Refused(error.to_string()))?;
    Ok((answer.events, answer.next))
}

pub(in crate::platform) async fn read(
    response: Result<Response, gloo_net::Error>,
) -> Result<String, RequestError> {
    let response = response.map_err(|_| RequestError::Unreachable)?;
    let body = response
        .text()
        .await
        .map_err(|_| RequestError::Unreachable)?;
    if response.ok() {
        Ok(body)
    } else {
        Err(explain(response.status(), &body))
    }
}

/// Gives the focus to the element of this id, once what has just changed is drawn.
pub fn focus_soon(id: String) {
    request_animation_frame(move || {
        let element = document()
            .get_element_by_id(&id)
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(element) = element {
            let _ = element.focus();
        }
    });
}
