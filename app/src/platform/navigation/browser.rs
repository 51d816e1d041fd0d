//! The browser's history, links, scroll position and focus.

use std::{cell::Cell, rc::Rc};

use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::Link;

/// The name of the scroll positions in the tab's storage.
const POSITIONS: &str = "scroll";
/// The frames that a page has to become as long as it was: about two seconds.
const PATIENCE: u32 = 120;

/// Handles links and the history, until it is dropped.
pub struct HistoryWatcher {
    _listeners: [EventListener; 5],
}

impl HistoryWatcher {
    /// Starts to listen. `follow` returns whether the app follows the link itself. `traverse` is
    /// called when the browser has gone to another entry of the history, with the scroll position
    /// that the reader saw last; `leave` is called before the document is unloaded.
    pub fn new(
        follow: impl Fn(&Link) -> bool + 'static,
        traverse: impl Fn(f64) + 'static,
        leave: impl Fn() + 'static,
    ) -> Self {
        // While the document loads, the browser restores the position it had before a reload.
        if document().ready_state() == "complete" {
            restore_scroll(web_sys::ScrollRestoration::Manual);
        }
        let options = EventListenerOptions::enable_prevent_default();
        let click = EventListener::new_with_options(&window(), "click", options, move |event| {
            if link_of(event).is_some_and(|link| follow(&link)) {
                event.prevent_default();
            }
        });
        // The event comes with the next frame. When the browser jumps to an element, this is still the
        // position before the jump.
        let seen = Rc::new(Cell::new(scroll_y()));
        let last = seen.clone();
        let scrolled = EventListener::new(&window(), "scroll", move |_| last.set(scroll_y()));
        let traversed = EventListener::new(&window(), "popstate", move |_| traverse(seen.get()));
        let left = EventListener::new(&window(), "pagehide", move |_| {
            leave();
            // The next document is not hydrated at once, so the browser restores its position.
            restore_scroll(web_sys::ScrollRestoration::Auto);
        });
        // The document has loaded, or comes back from the browser's cache.
        let shown = EventListener::new(&window(), "pageshow", |_| {
            restore_scroll(web_sys::ScrollRestoration::Manual);
        });
        Self {
            _listeners: [click, scrolled, traversed, left, shown],
        }
    }
}

/// Who restores the scroll position after Back and Forward: the app, or the browser.
fn restore_scroll(by: web_sys::ScrollRestoration) {
    if let Ok(history) = window().history() {
        let _ = history.set_scroll_restoration(by);
    }
}

/// The link that was clicked, unless it is left to the browser.
fn link_of(event: &web_sys::Event) -> Option<Link> {
    let click = event.dyn_ref::<web_sys::MouseEvent>()?;
    let has_modifier = click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key();
    if click.default_prevented() || click.button() != 0 || has_modifier {
        return None;
    }
    let target = click.target()?.dyn_into::<web_sys::Element>().ok()?;
    let link = target.closest("a[href]").ok().flatten()?;
    let link = link.dyn_into::<web_sys::HtmlAnchorElement>().ok()?;
    let is_external = link
        .rel()
        .split_ascii_whitespace()
        .any(|word| word == "external");
    let is_here = matches!(&*link.target(), "" | "_self");
    if is_external || !is_here || link.has_attribute("download") {
        return None;
    }
    let href = link.href();
    let href = href.strip_prefix(&*window().location().origin().ok()?)?;
    href.starts_with('/').then(|| Link {
        href: href.to_owned(),
        keeps_scroll: link.has_attribute("data-noscroll"),
    })
}

/// The address of the document, without its origin.
pub fn address() -> String {
    let location = window().location();
    let href = location.href().unwrap_or_default();
    let origin = location.origin().unwrap_or_default();
    href.strip_prefix(&*origin).unwrap_or_default().to_owned()
}

/// The number of the history's current entry; none where the browser added the entry by itself.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It was written by `push`.
pub fn entry() -> Option<u32> {
    let state = window().history().ok()?.state().ok()?;
    Some(state.as_f64()? as u32)
}

/// Adds an entry to the history.
pub fn push(href: &str, entry: u32) {
    if let Ok(history) = window().history() {
        // A browser refuses this only when it happens too often. The page changes anyway.
        let _ = history.push_state_with_url(&JsValue::from(entry), "", Some(href));
    }
}

/// Replaces the current entry of the history.
pub fn replace(href: &str, entry: u32) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::from(entry), "", Some(href));
    }
}

/// Loads another document.
pub fn load(href: &str) {
    let _ = window().location().set_href(href);
}

/// The text that the last document of this tab kept.
pub fn recall_positions() -> Option<String> {
    let storage = window().session_storage().ok().flatten()?;
    storage.get_item(POSITIONS).ok().flatten()
}

/// Keeps a text for the next document of this tab.
pub fn keep_positions(text: &str) {
    if let Some(storage) = window().session_storage().ok().flatten() {
        let _ = storage.set_item(POSITIONS, text);
    }
}

/// How far the document is scrolled, in pixels.
pub fn scroll_y() -> f64 {
    window().scroll_y().unwrap_or(0.0)
}

/// Scrolls to a position. A page that has yet to fetch its content is shorter than it was. It is
/// scrolled further as it grows, until the reader or the page scrolls it.
pub fn scroll_when_possible(position: f64) {
    scroll_on(position, PATIENCE);
}

fn scroll_on(position: f64, frames: u32) {
    window().scroll_to_with_x_and_y(0.0, position);
    let reached = scroll_y();
    // Browsers round positions to physical pixels.
    if reached + 1.0 < position && frames > 0 {
        request_animation_frame(move || {
            if (scroll_y() - reached).abs() < 1.0 {
                scroll_on(position, frames - 1);
            }
        });
    }
}

/// Scrolls to the element that the hash names, or else to the top.
pub fn scroll_to_hash_or_top(hash: &str) {
    let id = hash.strip_prefix('#').unwrap_or_default();
    let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    let element = (!id.is_empty())
        .then(|| document().get_element_by_id(&id))
        .flatten();
    match element {
        Some(element) => element.scroll_into_view(),
        None => window().scroll_to_with_x_and_y(0.0, 0.0),
    }
}

/// Focuses the heading of the page: a screen reader reads it, and Tab continues from there. If the
/// page or an open dialog has the focus already, the focus stays.
pub fn focus_heading() {
    let is_taken = document().active_element().is_some_and(|element| {
        element
            .closest("main, dialog[open]")
            .is_ok_and(|around| around.is_some())
    });
    let heading = document().query_selector("main h1").ok().flatten();
    let Some(heading) = heading.and_then(|heading| heading.dyn_into::<web_sys::HtmlElement>().ok())
    else {
        return;
    };
    if !is_taken {
        // A heading cannot have the focus otherwise.
        heading.set_tab_index(-1);
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = heading.focus_with_options(&options);
    }
}
