//! When what has been gathered is handed on: with the next animation frame, and not much later
//! where there is none.

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageChannel, VisibilityState};

/// The longest a page waits that gets no animation frames, because it is hidden or its window
/// covered.
const LATEST_MILLIS: u32 = 250;

/// Calls once, unless it is dropped before.
pub(super) struct Flush {
    frame: Option<Frame>,
    _timer: Timeout,
}

struct Frame {
    handle: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Flush {
    pub(super) fn soon(flush: impl Fn() + Clone + 'static) -> Self {
        let timer = Timeout::new(LATEST_MILLIS, flush.clone());
        let frame = (document().visibility_state() == VisibilityState::Visible).then(|| {
            let callback = Closure::<dyn FnMut()>::new(flush);
            // Without a frame there is the timer.
            window()
                .request_animation_frame(callback.as_ref().unchecked_ref())
                .ok()
                .map(|handle| Frame {
                    handle,
                    _callback: callback,
                })
        });
        Self {
            frame: frame.flatten(),
            _timer: timer,
        }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        if let Some(Frame { handle, .. }) = &self.frame {
            // Cancelling a frame that has been is no error, and without a window there is nothing
            // to cancel.
            let _ = window().cancel_animation_frame(*handle);
        }
    }
}

/// Calls back right after what the browser is doing now. Timers of a hidden page wait for up to a
/// second, and others that are visible should not wait for it.
pub(super) struct Turn {
    channel: MessageChannel,
    _listener: EventListener,
}

impl Turn {
    pub(super) fn new(turn: impl Fn() + 'static) -> Option<Self> {
        let channel = MessageChannel::new().ok()?;
        let listener = EventListener::new(&channel.port1(), "message", move |_| turn());
        channel.port1().start();
        Some(Self {
            channel,
            _listener: listener,
        })
    }

    pub(super) fn ask(&self) {
        // A port that belongs to this page takes what it is given.
        let _ = self.channel.port2().post_message(&JsValue::NULL);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.channel.port1().close();
        self.channel.port2().close();
    }
}
