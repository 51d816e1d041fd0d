//! When gathered messages are handed on: in the next animation frame, or a little later if the page
//! gets none.

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageChannel, VisibilityState};

/// The longest wait of a page without animation frames, because it is hidden or covered.
const LATEST_MILLIS: u32 = 250;

/// A call that is scheduled. Dropping it cancels the call.
pub(super) struct Flush {
    frame: Option<Frame>,
    _timer: Timeout,
}

struct Frame {
    handle: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Flush {
    pub(super) fn schedule(flush: impl Fn() + Clone + 'static) -> Self {
        let timer = Timeout::new(LATEST_MILLIS, flush.clone());
        let frame = (document().visibility_state() == VisibilityState::Visible).then(|| {
            let callback = Closure::<dyn FnMut()>::new(flush);
            // If there is no frame, the timer calls.
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
            // Cancelling a frame that is over is no error.
            let _ = window().cancel_animation_frame(*handle);
        }
    }
}

/// Calls back in the browser's next task. Timers of a hidden page run once a second, and tabs that are
/// visible must not wait for that.
pub(super) struct NextTask {
    channel: MessageChannel,
    _listener: EventListener,
}

impl NextTask {
    pub(super) fn new(task: impl Fn() + 'static) -> Option<Self> {
        let channel = MessageChannel::new().ok()?;
        let listener = EventListener::new(&channel.port1(), "message", move |_| task());
        channel.port1().start();
        Some(Self {
            channel,
            _listener: listener,
        })
    }

    pub(super) fn schedule(&self) {
        // Sending `null` to a port of this page cannot fail.
        let _ = self.channel.port2().post_message(&JsValue::NULL);
    }
}

impl Drop for NextTask {
    fn drop(&mut self) {
        self.channel.port1().close();
        self.channel.port2().close();
    }
}
