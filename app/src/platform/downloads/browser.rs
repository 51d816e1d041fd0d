//! Downloads in the browser.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Saves a text as a file of this name.
pub fn download(name: &str, content_type: &str, text: &str) {
    let parts = js_sys::Array::of1(&text.into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(content_type);
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else {
        return;
    };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else {
        return;
    };
    if let Ok(link) = document().create_element("a")
        && let Ok(link) = link.dyn_into::<web_sys::HtmlAnchorElement>()
    {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The download holds the file from here on. Without this the address would hold it until the
    // page closes.
    let _ = web_sys::Url::revoke_object_url(&url);
}
