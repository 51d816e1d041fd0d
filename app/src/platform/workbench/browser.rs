//! The browser's side.

use gloo_net::http::Request;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};

use super::{
    super::{RequestError, side::read},
    Extent,
};

/// Calls back when an element changes its size, while it is kept.
pub struct SizeWatch {
    observer: web_sys::ResizeObserver,
    _changed: Closure<dyn FnMut()>,
}

impl SizeWatch {
    /// Watches from now on; none where the element is not on the page.
    pub fn new(element: NodeRef<html::Div>, changed: impl Fn() + 'static) -> Option<Self> {
        let element = element.get_untracked()?;
        let changed = Closure::<dyn FnMut()>::new(changed);
        let observer = web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()).ok()?;
        observer.observe(&element);
        Some(Self {
            observer,
            _changed: changed,
        })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// What is in view of a list whose rows have the height of its property `--row`.
pub fn measure(list: NodeRef<html::Div>) -> Option<Extent> {
    let list = list.get_untracked()?;
    let style = window().get_computed_style(&list).ok().flatten()?;
    let row = style.get_property_value("--row").ok()?;
    let row = row
        .trim()
        .trim_end_matches("px")
        .parse()
        .ok()
        .filter(|row: &f64| *row >= 1.0)?;
    Some(Extent {
        top: f64::from(list.scroll_top()),
        height: f64::from(list.client_height()),
        row,
    })
}

/// Scrolls a list.
#[allow(clippy::cast_possible_truncation)] // Pixels of a list that is bounded.
pub fn scroll(list: NodeRef<html::Div>, top: f64) {
    if let Some(list) = list.get_untracked() {
        list.set_scroll_top(top.round() as i32);
    }
}

/// What was remembered under a name.
pub fn remembered(name: &str) -> Option<String> {
    window()
        .local_storage()
        .ok()
        .flatten()?
        .get_item(name)
        .ok()
        .flatten()
}

/// Remembers a text in this browser.
pub fn remember(name: &str, text: &str) {
    if let Some(storage) = window().local_storage().ok().flatten() {
        // A browser that keeps nothing, or has no room, forgets it: the page works without.
        let _ = storage.set_item(name, text);
    }
}

/// Hands the reader a file.
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
    // The download holds the file by now; the address would hold it as long as the page.
    let _ = web_sys::Url::revoke_object_url(&url);
}

/// Publishes, and answers the body of the answer.
pub async fn publish(
    url: &str,
    event_type: &str,
    headers: &[(String, String)],
    body: String,
) -> Result<String, RequestError> {
    let request = Request::post(url)
        .header("content-type", "application/json")
        .header("ce-type", event_type);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    let request = request
        .body(body)
        .map_err(|error| RequestError::Refused(error.to_string()))?;
    read(request.send().await).await
}
