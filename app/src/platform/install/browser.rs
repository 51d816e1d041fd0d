//! The service worker of `public/sw.js`.

use gloo_events::EventListener;
use leptos::prelude::*;

/// Registers the service worker once the page is loaded, while it is kept.
pub struct ServiceWorker {
    _load: Option<EventListener>,
}

impl ServiceWorker {
    /// Registers it now, or as soon as nothing that the page itself needs is on its way.
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
    // There is none where the page did not come over HTTPS or from this machine.
    let has_workers = js_sys::Reflect::get(&navigator, &"serviceWorker".into())
        .is_ok_and(|workers| !workers.is_undefined());
    if !has_workers {
        return;
    }
    let registered =
        wasm_bindgen_futures::JsFuture::from(navigator.service_worker().register("/sw.js"));
    leptos::task::spawn_local(async move {
        // The page does without it: it is only missed when the server cannot be reached.
        if registered.await.is_err() {
            leptos::logging::log!("no offline page: the service worker was refused");
        }
    });
}
