//! The keyboard, dialogs, and what a browser remembers of how it is used.

use gloo_events::{EventListener, EventListenerOptions};
use gloo_net::http::Request;
use leptos::{ev::MouseEvent, html, prelude::*};
use wasm_bindgen::JsCast;

use super::super::side::read;
use super::KeyPress;
use crate::platform::RequestError;
use pulseboard_contract::push_percent_encoded;

/// Hears every key of the page while it is kept.
pub struct KeyListener(#[allow(dead_code)] EventListener);

impl KeyListener {
    /// Listens from now on. What `press` answers to is not handed on to the browser.
    pub fn new(mut press: impl FnMut(KeyPress) -> bool + 'static) -> Self {
        let options = EventListenerOptions::enable_prevent_default();
        Self(EventListener::new_with_options(
            &document(),
            "keydown",
            options,
            move |event| {
                let Some(key) = event.dyn_ref::<web_sys::KeyboardEvent>() else {
                    return;
                };
                // A key that composes a letter, or that somebody has answered to already, is not
                // ours.
                if key.is_composing() || key.default_prevented() || key.repeat() {
                    return;
                }
                let pressed = KeyPress {
                    key: key.key(),
                    at: key.time_stamp(),
                    has_command: key.ctrl_key() != key.meta_key()
                        && !key.alt_key()
                        && !key.shift_key(),
                    has_modifier: key.ctrl_key() || key.meta_key() || key.alt_key(),
                    is_elsewhere: is_typing(key) || has_dialog(),
                };
                if press(pressed) {
                    event.prevent_default();
                }
            },
        ))
    }
}

/// Whether the key goes to where one writes or chooses.
fn is_typing(key: &web_sys::KeyboardEvent) -> bool {
    const WRITTEN_IN: &str = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";
    let target = key
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| {
        target
            .closest(WRITTEN_IN)
            .is_ok_and(|found| found.is_some())
    })
}

fn has_dialog() -> bool {
    document()
        .query_selector("dialog[open]")
        .is_ok_and(|found| found.is_some())
}

/// Shows a dialog above the page; closed, it gives the focus back by itself.
pub fn show_modal(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get()
        && !dialog.open()
    {
        // It fails only for a dialog that is open or nowhere.
        let _ = dialog.show_modal();
    }
}

/// Whether a click was beside the dialog it went to: what is in front of the page fills its dialog
/// whole.
pub fn is_on_backdrop(click: &MouseEvent) -> bool {
    click
        .target()
        .is_some_and(|target| target.dyn_ref::<web_sys::HtmlDialogElement>().is_some())
}

/// Scrolls a list so far that the element of this id can be seen.
pub fn bring_into_view(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Puts the cursor into the page's own search, if it has one that can be seen.
pub fn focus_search() -> bool {
    let field = document()
        .query_selector("main input[type=search]")
        .ok()
        .flatten();
    let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok())
    else {
        return false;
    };
    field.select();
    field.focus().is_ok()
}

/// The address of the page as it is now.
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// How the palette is opened, in the names of this machine's keys.
pub fn palette_keys() -> &'static str {
    if window()
        .navigator()
        .platform()
        .is_ok_and(|platform| platform.starts_with("Mac"))
    {
        "⌘ K"
    } else {
        "Ctrl K"
    }
}

/// Keeps a value for the next visit. A browser that keeps nothing forgets it, as its owner asked.
pub fn remember(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(name, value);
    }
}

/// What was kept.
pub fn recall(name: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(name).ok()?
}

/// The topics of the log whose names begin so.
pub async fn fetch_topics(prefix: &str) -> Result<Vec<String>, RequestError> {
    #[derive(serde::Deserialize)]
    struct Answer {
        topics: Vec<Row>,
    }
    #[derive(serde::Deserialize)]
    struct Row {
        topic: String,
    }
    let mut url = "/api/topics?limit=20&prefix=".to_owned();
    push_percent_encoded(&mut url, prefix);
    let body = read(Request::get(&url).send().await).await?;
    let answer: Answer =
        serde_json::from_str(&body).map_err(|error| RequestError::Refused(error.to_string()))?;
    Ok(answer.topics.into_iter().map(|row| row.topic).collect())
}
