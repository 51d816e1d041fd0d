//! The page: a signal that follows the stream.

use leptos::prelude::*;
use leptos_event_source::{EventSourceOptions, use_event_source};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{EVENT_TYPE, Temperature};

/// Mounts the page once the browser has loaded this module.
#[wasm_bindgen(start)]
pub fn start() {
    mount_to_body(Thermometer);
}

#[component]
fn Thermometer() -> impl IntoView {
    let temperature = RwSignal::new(None);
    let options = EventSourceOptions::default().event_types([EVENT_TYPE]);
    let stream = use_event_source::<Temperature>("/events", options, move |events| {
        for event in events {
            match event {
                Ok(event) => temperature.set(Some(event.data)),
                Err(error) => leptos::logging::error!("{error}"),
            }
        }
    });
    let reading = move || {
        temperature
            .get()
            .map(|now| format!("{:.1} °C", now.celsius))
    };
    view! {
        <h1>{reading}</h1>
        <p>{move || format!("{:?}", stream.status.get())}</p>
    }
}
