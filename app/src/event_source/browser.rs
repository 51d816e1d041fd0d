//! The driver in the browser: does to `web_sys::EventSource` what the connection's rules ask.

use std::{
    cell::{Cell, RefCell},
    mem,
    rc::{Rc, Weak},
};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent, VisibilityState};

use super::{
    Received, Status, StreamOptions, UseEventSource,
    connection::{Action, Connection, Failure, Millis},
    with_cursor,
};

/// How often a hidden page, which gets no animation frames, applies what has come.
const HIDDEN_FLUSH_MILLIS: u32 = 250;

/// See the module.
pub fn use_event_source(
    url: impl Into<Signal<String>>,
    options: StreamOptions,
    on_events: impl FnMut(Vec<Received>) + 'static,
) -> UseEventSource {
    let url = url.into();
    let status = RwSignal::new(if options.immediate { Status::Connecting } else { Status::Closed });
    let driver = StoredValue::new_local(Driver::new(url, options.clone(), status, Box::new(on_events)));
    on_cleanup(move || {
        if let Some(driver) = driver.try_get_value() {
            driver.shut_down();
        }
    });

    // Connects only in the browser and only once the page is hydrated: an effect does not run before.
    Effect::new(move |before: Option<String>| {
        let url = url.get();
        driver.with_value(|driver| match before {
            None if options.immediate => driver.act(Connection::open),
            None => {}
            Some(before) if before == url => {}
            Some(_) => driver.act(Connection::redirect),
        });
        url
    });

    let with_driver = move |act: fn(&Rc<Driver>)| {
        Callback::new(move |()| {
            driver.try_with_value(act);
        })
    };
    UseEventSource {
        status: status.into(),
        open: with_driver(|driver| driver.act(Connection::open)),
        close: with_driver(|driver| driver.act(|connection, _| connection.close())),
        pause: with_driver(|driver| driver.act(|connection, _| connection.pause())),
    }
}

/// Owns everything the browser was asked for; when it goes, so do they.
struct Driver {
    /// For the closures, which must not keep the driver alive.
    this: Weak<Driver>,
    url: Signal<String>,
    event_types: Vec<&'static str>,
    status: RwSignal<Status>,
    connection: RefCell<Connection>,
    source: RefCell<Option<Source>>,
    timer: RefCell<Option<Timeout>>,
    queue: RefCell<Vec<Received>>,
    flush: RefCell<Option<Flush>>,
    on_events: RefCell<Box<dyn FnMut(Vec<Received>)>>,
    wakers: RefCell<Vec<EventListener>>,
    is_shut_down: Cell<bool>,
}

/// One `EventSource` with its listeners.
struct Source {
    source: EventSource,
    _listeners: Vec<EventListener>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// What will apply the queue: the next animation frame, or a timer while the page is hidden.
enum Flush {
    Frame { handle: i32, _callback: Closure<dyn FnMut()> },
    Timer(#[allow(dead_code)] Timeout),
}

impl Drop for Flush {
    fn drop(&mut self) {
        if let Self::Frame { handle, .. } = self {
            // Cancelling a frame that has been is no error, and without a window there is nothing to cancel.
            let _ = window().cancel_animation_frame(*handle);
        }
    }
}

impl Driver {
    fn new(
        url: Signal<String>,
        options: StreamOptions,
        status: RwSignal<Status>,
        on_events: Box<dyn FnMut(Vec<Received>)>,
    ) -> Rc<Self> {
        Rc::new_cyclic(|this: &Weak<Driver>| {
            let wake = |target: &web_sys::EventTarget, name: &'static str| {
                let this = this.clone();
                EventListener::new(target, name, move |_| {
                    if let Some(driver) = this.upgrade() {
                        driver.wake();
                    }
                })
            };
            let wakers = vec![wake(&window(), "online"), wake(&window(), "pageshow"), wake(&document(), "visibilitychange")];
            Self {
                this: this.clone(),
                url,
                event_types: options.event_types,
                status,
                connection: RefCell::new(Connection::new(options.last_event_id, f64::from(options.heartbeat_millis))),
                source: RefCell::default(),
                timer: RefCell::default(),
                queue: RefCell::default(),
                flush: RefCell::default(),
                on_events: RefCell::new(on_events),
                wakers: RefCell::new(wakers),
                is_shut_down: Cell::new(false),
            }
        })
    }

    /// Lets the connection decide, then does what it says and tells the page.
    fn act(&self, decide: impl FnOnce(&mut Connection, Millis) -> Action) {
        if self.is_shut_down.get() {
            return;
        }
        let action = decide(&mut self.connection.borrow_mut(), now());
        match action {
            Action::None => {}
            Action::Disconnect => drop(self.source.take()),
            Action::Connect => self.connect(),
        }
        self.update();
    }

    /// Sets the timer and the status to what the connection says now. Events only move the deadline away, so they leave
    /// the timer alone: one that fires early finds nothing due and is set again here.
    fn update(&self) {
        let connection = self.connection.borrow();
        self.timer.replace(connection.deadline().map(|deadline| {
            let this = self.this.clone();
            Timeout::new(millis_until(deadline), move || {
                if let Some(driver) = this.upgrade() {
                    driver.act(Connection::on_deadline);
                }
            })
        }));
        let status = connection.status();
        drop(connection);
        if self.status.get_untracked() != status {
            self.status.set(status);
        }
    }

    fn connect(&self) {
        // The old one goes first: two at once would deliver twice.
        drop(self.source.take());
        // What the old one has delivered counts, or the cursor would be ahead of the page.
        self.apply();
        let url = with_cursor(&self.url.get_untracked(), self.connection.borrow().cursor());
        match EventSource::new(&url) {
            Ok(source) => {
                let listeners = self.listen(&source);
                self.source.replace(Some(Source { source, _listeners: listeners }));
            }
            // Only an address that is none can fail here, and ours are made of parts that are checked.
            Err(error) => leptos::logging::error!("EventSource refused {url}: {error:?}"),
        }
    }

    fn listen(&self, source: &EventSource) -> Vec<EventListener> {
        let names = self.event_types.iter().copied().chain(["message", "heartbeat"]);
        let mut listeners: Vec<_> = names
            .map(|name| {
                let this = self.this.clone();
                EventListener::new(source, name, move |event| {
                    if let (Some(driver), Some(message)) = (this.upgrade(), event.dyn_ref::<MessageEvent>()) {
                        driver.on_message(message);
                    }
                })
            })
            .collect();
        let this = self.this.clone();
        listeners.push(EventListener::new(source, "open", move |_| {
            if let Some(driver) = this.upgrade() {
                driver.act(|connection, now| {
                    connection.on_open(now);
                    Action::None
                });
            }
        }));
        let this = self.this.clone();
        listeners.push(EventListener::new(source, "error", move |_| {
            if let Some(driver) = this.upgrade() {
                driver.on_error();
            }
        }));
        listeners
    }

    fn on_message(&self, message: &MessageEvent) {
        let received = Received {
            event_type: message.type_(),
            // Data of an event stream is always a string.
            data: message.data().as_string().unwrap_or_default(),
            last_event_id: message.last_event_id(),
        };
        self.connection.borrow_mut().on_message(now(), &received.last_event_id);
        self.queue.borrow_mut().push(received);
        self.schedule();
    }

    fn on_error(&self) {
        let gave_up = self.source.borrow().as_ref().is_some_and(|source| source.source.ready_state() == EventSource::CLOSED);
        let failure = if gave_up { Failure::BrowserGaveUp } else { Failure::BrowserRetries };
        let is_online = window().navigator().on_line();
        self.act(|connection, now| connection.on_error(now, failure, is_online, js_sys::Math::random()));
    }

    fn wake(&self) {
        if document().visibility_state() == VisibilityState::Visible {
            self.apply();
        }
        let is_online = window().navigator().on_line();
        self.act(|connection, now| connection.wake(now, is_online));
    }

    /// Makes sure that the queue is applied soon, once.
    fn schedule(&self) {
        if self.flush.borrow().is_some() {
            return;
        }
        let this = self.this.clone();
        let apply = move || {
            if let Some(driver) = this.upgrade() {
                driver.apply();
            }
        };
        let flush = if document().visibility_state() == VisibilityState::Hidden {
            Flush::Timer(Timeout::new(HIDDEN_FLUSH_MILLIS, apply))
        } else {
            let callback = Closure::<dyn FnMut()>::new(apply);
            match window().request_animation_frame(callback.as_ref().unchecked_ref()) {
                Ok(handle) => Flush::Frame { handle, _callback: callback },
                Err(error) => return leptos::logging::error!("no animation frame: {error:?}"),
            }
        };
        self.flush.replace(Some(flush));
    }

    /// Hands on everything queued.
    fn apply(&self) {
        // Dropping the closure that may be running is fine: wasm-bindgen frees it once the call is over.
        self.flush.take();
        let batch = mem::take(&mut *self.queue.borrow_mut());
        if !batch.is_empty() {
            (self.on_events.borrow_mut())(batch);
        }
    }

    fn shut_down(&self) {
        self.is_shut_down.set(true);
        self.source.take();
        self.timer.take();
        self.flush.take();
        self.wakers.take();
    }
}

/// The page's clock in milliseconds; it never goes back.
fn now() -> Millis {
    window().performance().map_or_else(js_sys::Date::now, |performance| performance.now())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped to what a timer takes.
fn millis_until(deadline: Millis) -> u32 {
    (deadline - now()).ceil().clamp(0.0, 2_000_000_000.0) as u32
}
