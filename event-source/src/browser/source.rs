//! One `EventSource` with its listeners.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventSource, EventSourceInit, MessageEvent};

use crate::{EventSourceOptions, Message, connection::Failure};

/// What an `EventSource` says.
#[derive(Debug)]
pub(super) enum SourceEvent {
    Open,
    Message(Message),
    Error(Failure),
}

/// An open `EventSource`. Dropping it closes it and removes its listeners.
pub(super) struct Source {
    source: EventSource,
    _listeners: Vec<EventListener>,
}

impl Source {
    pub(super) fn open(
        url: &str,
        cursor: &str,
        options: &EventSourceOptions,
        on_event: impl Fn(SourceEvent) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let url = with_cursor(url, &options.cursor_parameter, cursor);
        let init = EventSourceInit::new();
        init.set_with_credentials(options.with_credentials);
        let source = EventSource::new_with_event_source_init_dict(&url, &init)?;
        let mut listeners: Vec<_> = options
            .all_event_types()
            .into_iter()
            .map(|event_type| {
                let on_event = on_event.clone();
                EventListener::new(&source, event_type, move |event| {
                    if let Some(event) = event.dyn_ref() {
                        on_event(SourceEvent::Message(to_message(event)));
                    }
                })
            })
            .collect();
        let on_open = on_event.clone();
        listeners.push(EventListener::new(&source, "open", move |_| {
            on_open(SourceEvent::Open);
        }));
        let this = source.clone();
        listeners.push(EventListener::new(&source, "error", move |_| {
            on_event(SourceEvent::Error(
                if this.ready_state() == EventSource::CLOSED {
                    Failure::BrowserGaveUp
                } else {
                    Failure::BrowserRetries
                },
            ));
        }));
        Ok(Self {
            source,
            _listeners: listeners,
        })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn to_message(event: &MessageEvent) -> Message {
    Message {
        event_type: event.type_(),
        // The data of an `EventSource` message is always a string.
        data: event.data().as_string().unwrap_or_default(),
        last_event_id: event.last_event_id(),
    }
}

/// The URL with the cursor in its query.
fn with_cursor(url: &str, parameter: &str, cursor: &str) -> String {
    if cursor.is_empty() {
        return url.to_owned();
    }
    // A fragment never reaches the server, and neither would a query behind it.
    let url = url.split('#').next().unwrap_or(url);
    let separator = if url.contains('?') { "&" } else { "?" };
    let cursor = String::from(js_sys::encode_uri_component(cursor));
    [url, separator, parameter, "=", &cursor].concat()
}
