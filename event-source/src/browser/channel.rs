//! What the windows of a browser hear each other over.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::sharing::{Word, read, write};

/// A place on the channel; leaves it when it is dropped.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _listener: EventListener,
}

impl Channel {
    /// Whether the browser has such a thing.
    pub(super) fn is_there() -> bool {
        js_sys::Reflect::has(&js_sys::global(), &"BroadcastChannel".into()).unwrap_or(false)
    }

    /// Joins; hears what others say from now on, and nothing of what it says itself.
    pub(super) fn join(name: &str, hear: impl Fn(Vec<Word>) + 'static) -> Result<Self, JsValue> {
        let channel = BroadcastChannel::new(name)?;
        let listener = EventListener::new(&channel, "message", move |event| {
            let said = event
                .dyn_ref::<MessageEvent>()
                .and_then(|event| event.data().as_string())
                .unwrap_or_default();
            match read(&said) {
                Ok(words) => hear(words),
                Err(problem) => leptos::logging::error!(
                    "another window said what this one does not understand: {problem}"
                ),
            }
        });
        Ok(Self {
            channel,
            _listener: listener,
        })
    }

    /// Says this to all others, in one message.
    pub(super) fn say(&self, words: &[Word]) {
        let said = write(words).map_err(|problem| problem.to_string());
        let posted = said.and_then(|text| {
            self.channel
                .post_message(&text.into())
                .map_err(|problem| format!("{problem:?}"))
        });
        if let Err(problem) = posted {
            leptos::logging::error!("the other windows could not be told: {problem}");
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
