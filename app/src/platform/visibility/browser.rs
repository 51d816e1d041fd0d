//! The visibility of pages in the browser.
//!
//! All visible pages of a browser share a Web Lock, so a hidden page can ask whether any other page
//! is visible.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use gloo_events::EventListener;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::VisibilityState;

/// The name of the lock that all visible pages share.
const LOCK: &str = "pulseboard visible";

/// The function that releases the lock, while the page holds it.
type Release = RefCell<Option<Function>>;

/// Whether this page is visible.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Whether any page of this browser is visible. In a browser without locks, only this page counts.
pub async fn is_any_tab_visible() -> bool {
    if is_visible() {
        return true;
    }
    let promise = Promise::new(&mut |resolve, _| {
        let request = request_lock("ifAvailable", &JsValue::TRUE, {
            let resolve = resolve.clone();
            move |lock| {
                // Null: the lock is not available, so a visible page holds it.
                let _ = resolve.call1(&JsValue::UNDEFINED, &lock.is_null().into());
                JsValue::UNDEFINED
            }
        });
        if request.is_none() {
            let _ = resolve.call1(&JsValue::UNDEFINED, &JsValue::FALSE);
        }
    });
    JsFuture::from(promise)
        .await
        .is_ok_and(|is_held| is_held.is_truthy())
}

/// Holds the shared lock while the page is visible, until it is dropped.
pub struct VisibleLock {
    release: Rc<Release>,
    _listener: EventListener,
}

impl VisibleLock {
    /// Takes the lock now, or as soon as the page becomes visible.
    pub fn new() -> Self {
        let release = Rc::new(RefCell::new(None));
        update(&release);
        let weak = Rc::downgrade(&release);
        let listener = EventListener::new(&document(), "visibilitychange", move |_| {
            if let Some(release) = weak.upgrade() {
                update(&release);
            }
        });
        Self {
            release,
            _listener: listener,
        }
    }
}

impl Drop for VisibleLock {
    fn drop(&mut self) {
        release_lock(&self.release);
    }
}

/// Takes or releases the lock, by whether the page is visible.
fn update(release: &Rc<Release>) {
    release_lock(release);
    if !is_visible() {
        return;
    }
    let weak: Weak<Release> = Rc::downgrade(release);
    request_lock("mode", &"shared".into(), move |_| {
        let Some(held) = weak.upgrade().filter(|_| is_visible()) else {
            return JsValue::UNDEFINED;
        };
        // The browser holds the lock until this promise is settled.
        let promise = Promise::new(&mut |release, _| {
            if let Some(earlier) = held.replace(Some(release)) {
                settle(&earlier);
            }
        });
        promise.into()
    });
}

fn release_lock(held: &Release) {
    if let Some(release) = held.take() {
        settle(&release);
    }
}

fn settle(release: &Function) {
    // Settling a promise cannot fail.
    let _ = release.call0(&JsValue::UNDEFINED);
}

/// Requests the lock with one option. In a browser without locks it returns none and calls nothing.
fn request_lock(
    option: &str,
    value: &JsValue,
    granted: impl FnMut(JsValue) -> JsValue + 'static,
) -> Option<()> {
    let locks = Reflect::get(&window().navigator(), &"locks".into())
        .ok()
        .filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let options = Object::new();
    Reflect::set(&options, &option.into(), value).ok()?;
    let granted = Closure::<dyn FnMut(JsValue) -> JsValue>::new(granted);
    let promise: Promise = request
        .call3(&locks, &LOCK.into(), &options, granted.as_ref())
        .ok()?
        .dyn_into()
        .ok()?;
    spawn_local(async move {
        // The closure must live until the request ends, however it ends.
        let _ = JsFuture::from(promise).await;
        drop(granted);
    });
    Some(())
}

/// Reports whether the page is visible and has the focus, until it is dropped.
pub struct AttentionWatch {
    _listeners: [EventListener; 3],
}

impl AttentionWatch {
    /// Calls `changed` now, and whenever it may have changed.
    pub fn new(changed: impl Fn(bool) + Clone + 'static) -> Self {
        let report =
            move || changed(!document().hidden() && document().has_focus().unwrap_or(true));
        report();
        let [shown, focused, blurred] = [report.clone(), report.clone(), report];
        Self {
            _listeners: [
                EventListener::new(&document(), "visibilitychange", move |_| shown()),
                EventListener::new(&window(), "focus", move |_| focused()),
                EventListener::new(&window(), "blur", move |_| blurred()),
            ],
        }
    }
}
