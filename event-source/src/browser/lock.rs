//! The lock that one tab of a browser holds: a Web Lock. It is called by name, because `web_sys` has
//! Web Locks only among its unstable APIs.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

use crate::sharing::LockRequest;

/// What happened to a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum LockEvent {
    Granted(LockRequest),
    Refused,
    /// It was granted, and another tab took the lock.
    Lost,
    /// The browser has locks but gives none to this page, for example in a sandbox.
    Unavailable,
}

/// The lock of one name. Dropping it withdraws its request and releases it.
pub(super) struct Lock {
    locks: JsValue,
    request_function: Function,
    name: String,
    requests: Cell<u64>,
    hold: RefCell<Option<Hold>>,
    waiting: RefCell<Option<AbortController>>,
}

/// The browser keeps the lock until `release` resolves the promise of the request.
struct Hold {
    request: u64,
    release: Function,
}

impl Lock {
    /// `None` if the browser has no locks. It has none for a page that came over plain HTTP from
    /// another machine.
    pub(super) fn find(name: String) -> Option<Rc<Self>> {
        let locks = Reflect::get(&window().navigator(), &"locks".into())
            .ok()
            .filter(JsValue::is_object)?;
        let request_function = Reflect::get(&locks, &"request".into())
            .ok()?
            .dyn_into()
            .ok()?;
        Some(Rc::new(Self {
            locks,
            request_function,
            name,
            requests: Cell::new(0),
            hold: RefCell::new(None),
            waiting: RefCell::new(None),
        }))
    }

    /// Requests the lock. `on_event` is called with the result, and again if the lock is lost.
    pub(super) fn request(
        self: &Rc<Self>,
        request: LockRequest,
        on_event: impl Fn(LockEvent) + 'static,
    ) {
        let number = self.requests.get() + 1;
        self.requests.set(number);
        let options = Object::new();
        let set = |name: &str, value: &JsValue| {
            // Setting a field of a plain object cannot fail.
            let _ = Reflect::set(&options, &name.into(), value);
        };
        match request {
            LockRequest::IfFree => set("ifAvailable", &JsValue::TRUE),
            LockRequest::Steal => set("steal", &JsValue::TRUE),
            LockRequest::Wait => {
                if let Ok(controller) = AbortController::new() {
                    set("signal", &controller.signal());
                    self.waiting.replace(Some(controller));
                }
            }
        }
        let on_event = Rc::new(on_event);
        let (this, on_granted) = (Rc::downgrade(self), on_event.clone());
        let granted = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |lock: JsValue| {
            let Some(this) = this.upgrade() else {
                return JsValue::UNDEFINED;
            };
            if lock.is_null() {
                on_granted(LockEvent::Refused);
                return JsValue::UNDEFINED;
            }
            let promise = Promise::new(&mut |release, _| {
                this.hold.replace(Some(Hold {
                    request: number,
                    release,
                }));
            });
            on_granted(LockEvent::Granted(request));
            promise.into()
        });
        let requested = self.request_function.call3(
            &self.locks,
            &self.name.as_str().into(),
            &options,
            granted.as_ref(),
        );
        let this = Rc::downgrade(self);
        // This ends with the request: when the lock is released, lost, or the request withdrawn.
        spawn_local(async move {
            let result = match requested.map(JsCast::dyn_into::<Promise>) {
                Ok(Ok(promise)) => JsFuture::from(promise).await.map(drop),
                Ok(Err(problem)) | Err(problem) => Err(problem),
            };
            drop(granted);
            let (Err(problem), Some(this)) = (result, this.upgrade()) else {
                return;
            };
            let is_abort =
                Reflect::get(&problem, &"name".into()).is_ok_and(|name| name == "AbortError");
            let is_held = this
                .hold
                .borrow()
                .as_ref()
                .is_some_and(|hold| hold.request == number);
            if is_held {
                this.hold.take();
                on_event(LockEvent::Lost);
            } else if !is_abort {
                on_event(LockEvent::Unavailable);
            }
        });
    }

    /// Releases the lock if this tab holds it.
    pub(super) fn release(&self) {
        if let Some(hold) = self.hold.take() {
            // Resolving a promise cannot fail.
            let _ = hold.release.call0(&JsValue::UNDEFINED);
        }
    }

    /// Withdraws the request that waits, if there is one.
    pub(super) fn withdraw(&self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.abort();
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.withdraw();
        self.release();
    }
}
