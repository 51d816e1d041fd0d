//! The clipboard in the browser.

use leptos::prelude::*;

/// Copies text to the clipboard and returns whether it worked. It fails without the permission, and
/// on a page that came neither over HTTPS nor from this machine, because such a page has no
/// clipboard.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let has_clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into())
        .is_ok_and(|clipboard| !clipboard.is_undefined());
    has_clipboard
        && wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text))
            .await
            .is_ok()
}
