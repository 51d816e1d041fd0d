//! The keyboard in the browser.

use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::KeyPress;

/// Hears every key of the page until it is dropped.
pub struct KeyListener(#[allow(dead_code)] EventListener);

impl KeyListener {
    /// Starts to listen. The browser ignores a key for which `press` returns true.
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
                // A key that composes a letter, repeats, or was handled already is not a shortcut.
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

/// Whether the key goes to a field in which the reader types or chooses.
fn is_typing(key: &web_sys::KeyboardEvent) -> bool {
    const FIELDS: &str = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";
    let target = key
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.closest(FIELDS).is_ok_and(|found| found.is_some()))
}

fn has_dialog() -> bool {
    document()
        .query_selector("dialog[open]")
        .is_ok_and(|found| found.is_some())
}

/// The keys that open the palette, as this machine names them.
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
