//! The service worker in the browser.

use gloo_events::EventListener;
use leptos::prelude::*;

/// Registers the service worker once the page has loaded, unless it is dropped before.
pub struct ServiceWorker {
    _load: Option<EventListener>,
}

impl ServiceWorker {
    /// Registers it when everything that the page itself needs has arrived.
    pub fn new() -> Self {
        if document().ready_state() == "complete" {
            register();
            return Self { _load: None };
        }
        Self {
            _load: Some(EventListener::once(&window(), "load", |_| register())),
        }
    }
}

fn register() {
    let navigator = window().navigator();
    // A page that came neither over HTTPS nor from this machine has no service workers.
    let has_workers = js_sys::Reflect::get(&navigator, &"serviceWorker".into())
        .is_ok_and(|workers| !workers.is_undefined());
    if !has_workers {
        return;
    }
    let registered =
        wasm_bindgen_futures::JsFuture::from(navigator.service_worker().register("/sw.js"));
    leptos::task::spawn_local(async move {
        // The page works without it. Only the offline page is missing.
        if registered.await.is_err() {
            leptos::logging::log!("no offline page: the browser refused the service worker");
        }
    });
}
