//! The keyboard focus in the browser.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Focuses the element of this id. Where it cannot have the focus, the focus stays.
pub fn focus(id: &str) {
    let element = document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

/// Focuses the element of this id after the next frame, when pending changes are in the document.
pub fn focus_soon(id: String) {
    request_animation_frame(move || focus(&id));
}

/// Focuses the page's own search field, and returns whether there is one.
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
