//! The address of the page in the browser.

use leptos::prelude::*;

/// Scheme, host and port of the server, such as `https://board.example`. Shared links begin with it.
pub fn origin() -> Option<String> {
    window().location().origin().ok()
}

/// The full address of the open page.
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// Goes to the element of this id, as a link to `#id` does.
pub fn go_to(id: &str) {
    // It fails only where the address must not change at all.
    let _ = window().location().set_hash(id);
}
