//! Cookies in the browser.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Keeps a value for a year.
pub fn set_cookie(name: &str, value: &str) {
    let mut cookie = format!("{name}=");
    pulseboard_contract::push_percent_encoded(&mut cookie, value);
    cookie += "; Path=/; Max-Age=31536000; SameSite=Lax";
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        // A browser that refuses cookies forgets the choice, as its owner asked.
        let _ = document.set_cookie(&cookie);
    }
}
