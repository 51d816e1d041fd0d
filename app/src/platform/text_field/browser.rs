//! Text fields in the browser.

use gloo_events::EventListener;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

/// Makes a field as high as its text, in browsers where the stylesheet cannot.
pub fn fit_height(field: NodeRef<html::Textarea>) {
    let Some(field) = field.get_untracked() else {
        return;
    };
    if web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false) {
        return;
    }
    let style = AsRef::<web_sys::HtmlElement>::as_ref(&field).style();
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", field.scroll_height()));
}

/// Submits the form of a field as its button does: the browser validates it first.
pub fn submit_form(field: NodeRef<html::Textarea>) {
    if let Some(form) = field.get_untracked().and_then(|field| field.form()) {
        let _ = form.request_submit();
    }
}

/// Whether a key is part of composing a character, as in Japanese. Such a key has no other meaning.
pub fn is_composing(key: &ev::KeyboardEvent) -> bool {
    key.is_composing() || key.key_code() == 229
}

/// Whether the reader types on a touch screen, which has no Shift+Enter.
pub fn has_touch_keyboard() -> bool {
    let query = window()
        .match_media("(hover: none) and (pointer: coarse)")
        .ok()
        .flatten();
    query.is_some_and(|query| query.matches())
}

/// Sets `--keyboard` on the document to the height that an on-screen keyboard covers, until it is
/// dropped. Some browsers place the keyboard over the page instead of above its end.
pub struct OnScreenKeyboard {
    _listener: Option<EventListener>,
}

impl OnScreenKeyboard {
    /// Starts to listen.
    pub fn new() -> Self {
        let Some(viewport) = window().visual_viewport() else {
            return Self { _listener: None };
        };
        let listener = EventListener::new(&viewport.clone(), "resize", move |_| {
            let inner = window()
                .inner_height()
                .ok()
                .and_then(|height| height.as_f64())
                .unwrap_or_default();
            // Zooming in shrinks the viewport too, without a keyboard.
            let covered = if viewport.scale() > 1.01 {
                0.0
            } else {
                (inner - viewport.height()).max(0.0)
            };
            set_keyboard(Some(covered));
        });
        Self {
            _listener: Some(listener),
        }
    }
}

impl Drop for OnScreenKeyboard {
    fn drop(&mut self) {
        set_keyboard(None);
    }
}

fn set_keyboard(covered: Option<f64>) {
    let root = document()
        .document_element()
        .and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(style) = root.map(|root| root.style()) {
        let _ = match covered {
            Some(covered) => style.set_property("--keyboard", &format!("{covered}px")),
            None => style.remove_property("--keyboard").map(drop),
        };
    }
}
