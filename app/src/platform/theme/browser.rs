//! Colour schemes in the browser.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::context::Theme;

/// Shows the page in a theme.
pub fn set_theme(theme: Theme) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme.name());
    }
    // The browser's own controls around the page take the same colour.
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
