//! The channel between the tabs of a browser.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::sharing::{TabMessage, decode, encode};

/// An open `BroadcastChannel`. Dropping it closes it.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _listener: EventListener,
}

impl Channel {
    pub(super) fn is_supported() -> bool {
        js_sys::Reflect::has(&js_sys::global(), &"BroadcastChannel".into()).unwrap_or(false)
    }

    /// Opens the channel. `on_messages` gets the messages of other tabs, and never those of this one.
    pub(super) fn open(
        name: &str,
        on_messages: impl Fn(Vec<TabMessage>) + 'static,
    ) -> Result<Self, JsValue> {
        let channel = BroadcastChannel::new(name)?;
        let listener = EventListener::new(&channel, "message", move |event| {
            let text = event
                .dyn_ref::<MessageEvent>()
                .and_then(|event| event.data().as_string())
                .unwrap_or_default();
            match decode(&text) {
                Ok(messages) => on_messages(messages),
                Err(error) => {
                    leptos::logging::error!("cannot read a message of another tab: {error}");
                }
            }
        });
        Ok(Self {
            channel,
            _listener: listener,
        })
    }

    /// Sends messages to all other tabs, as one text.
    pub(super) fn send(&self, messages: &[TabMessage]) {
        let sent = encode(messages)
            .map_err(|error| error.to_string())
            .and_then(|text| {
                self.channel
                    .post_message(&text.into())
                    .map_err(|error| format!("{error:?}"))
            });
        if let Err(error) = sent {
            leptos::logging::error!("cannot send a message to the other tabs: {error}");
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
