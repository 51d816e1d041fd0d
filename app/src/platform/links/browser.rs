//! Links in the browser.

use gloo_events::EventListener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Reports links within the site that the pointer or the focus reaches, until it is dropped.
pub struct LinkWatcher {
    _listeners: [EventListener; 2],
}

impl LinkWatcher {
    /// Calls `seen` with the path of each such link.
    pub fn new(seen: impl Fn(&str) + Clone + 'static) -> Self {
        let listen = |name: &'static str| {
            let seen = seen.clone();
            EventListener::new(&document(), name, move |event| {
                let target = event
                    .target()
                    .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                let link = target.and_then(|target| target.closest("a[href^='/']").ok().flatten());
                if let Some(link) =
                    link.and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok())
                {
                    seen(&link.pathname());
                }
            })
        };
        Self {
            _listeners: [listen("pointerover"), listen("focusin")],
        }
    }
}
