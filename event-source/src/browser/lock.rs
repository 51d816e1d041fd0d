//! The lock that one window of a browser has: Web Locks, called by name because `web_sys` counts
//! them as unstable.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

use crate::sharing::Ask;

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Granted(Ask),
    Refused,
    /// It was granted and has been taken away.
    Lost,
    /// The browser has locks and gives none, as to a page in a sandbox.
    Unavailable,
}

/// The lock of one name, as this window sees it.
pub(super) struct Lock {
    locks: JsValue,
    request: Function,
    name: String,
    requests: Cell<u64>,
    hold: RefCell<Option<Hold>>,
    waiting: RefCell<Option<AbortController>>,
}

/// The lock is held as long as the promise that `release` settles is open.
struct Hold {
    request: u64,
    release: Function,
}

impl Lock {
    /// None where the browser has no locks, as it has none for a page that came over plain HTTP
    /// from another machine.
    pub(super) fn find(name: String) -> Option<Rc<Self>> {
        let locks = Reflect::get(&window().navigator(), &"locks".into())
            .ok()
            .filter(JsValue::is_object)?;
        let request = Reflect::get(&locks, &"request".into())
            .ok()?
            .dyn_into()
            .ok()?;
        Some(Rc::new(Self {
            locks,
            request,
            name,
            requests: Cell::new(0),
            hold: RefCell::new(None),
            waiting: RefCell::new(None),
        }))
    }

    /// Asks for it. `answer` is called later, for a lock that is lost a second time.
    pub(super) fn ask(self: &Rc<Self>, ask: Ask, answer: impl Fn(Answer) + 'static) {
        let number = self.requests.get() + 1;
        self.requests.set(number);
        let options = Object::new();
        let set = |name: &str, value: &JsValue| {
            // Setting a field of a plain object cannot fail.
            let _ = Reflect::set(&options, &name.into(), value);
        };
        match ask {
            Ask::IfFree => set("ifAvailable", &JsValue::TRUE),
            Ask::Steal => set("steal", &JsValue::TRUE),
            Ask::Wait => {
                if let Ok(controller) = AbortController::new() {
                    set("signal", &controller.signal());
                    self.waiting.replace(Some(controller));
                }
            }
        }
        let answer = Rc::new(answer);
        let (this, tell) = (Rc::downgrade(self), answer.clone());
        let granted = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |lock: JsValue| {
            let Some(this) = this.upgrade() else {
                return JsValue::UNDEFINED;
            };
            if lock.is_null() {
                tell(Answer::Refused);
                return JsValue::UNDEFINED;
            }
            let promise = Promise::new(&mut |release, _| {
                this.hold.replace(Some(Hold {
                    request: number,
                    release,
                }));
            });
            tell(Answer::Granted(ask));
            promise.into()
        });
        let requested = self.request.call3(
            &self.locks,
            &self.name.as_str().into(),
            &options,
            granted.as_ref(),
        );
        let this = Rc::downgrade(self);
        // Ends with the request: when the lock is given back, taken away, or not wanted any more.
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
                answer(Answer::Lost);
            } else if !is_abort {
                answer(Answer::Unavailable);
            }
        });
    }

    /// Gives it back, if it is held.
    pub(super) fn release(&self) {
        if let Some(hold) = self.hold.take() {
            // Settling a promise cannot fail.
            let _ = hold.release.call0(&JsValue::UNDEFINED);
        }
    }

    /// Takes back the request that waits, if one does.
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
