//! The browser's side.

use std::{
    cell::RefCell,
    collections::VecDeque,
    rc::{Rc, Weak},
};

use gloo_events::EventListener;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Notification, NotificationOptions, NotificationPermission, Storage, StorageEvent,
    VisibilityState,
};

use super::Permission;

/// Shared by all pages that are visible.
const LOOKING: &str = "pulseboard looking";
/// Notifications that one can still click to get to the event.
const CLICKABLE: usize = 20;

/// None where the browser keeps nothing, which is what its owner asked for.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// A value kept for all tabs and the next visit.
pub fn recall(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Keeps a value for all tabs and the next visit.
pub fn keep(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // A storage that is full or closed keeps nothing: this visit goes on without.
        let _ = storage.set_item(key, value);
    }
}

/// Hears what other tabs keep, while it is kept.
pub struct StorageWatch(#[allow(dead_code)] EventListener);

impl StorageWatch {
    /// Listens from now on.
    pub fn new(hear: impl Fn(&str, &str) + 'static) -> Self {
        Self(EventListener::new(&window(), "storage", move |event| {
            if let Some(event) = event.dyn_ref::<StorageEvent>()
                && let (Some(key), Some(value)) = (event.key(), event.new_value())
            {
                hear(&key, &value);
            }
        }))
    }
}

/// Whether this page is visible.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Lets other tabs know while this page is visible: visible pages share a lock.
pub struct Looking {
    held: Rc<RefCell<Option<Function>>>,
    _listener: EventListener,
}

impl Looking {
    /// From now on.
    pub fn new() -> Self {
        let held = Rc::new(RefCell::new(None));
        look(&held);
        let weak = Rc::downgrade(&held);
        let listener = EventListener::new(&document(), "visibilitychange", move |_| {
            if let Some(held) = weak.upgrade() {
                look(&held);
            }
        });
        Self {
            held,
            _listener: listener,
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let_go(&self.held);
    }
}

fn look(held: &Rc<RefCell<Option<Function>>>) {
    let_go(held);
    if !is_visible() {
        return;
    }
    let weak: Weak<RefCell<Option<Function>>> = Rc::downgrade(held);
    request_lock("mode", &"shared".into(), move |_| {
        let Some(held) = weak.upgrade().filter(|_| is_visible()) else {
            return JsValue::UNDEFINED;
        };
        let promise = Promise::new(&mut |release, _| {
            if let Some(earlier) = held.replace(Some(release)) {
                settle(&earlier);
            }
        });
        promise.into()
    });
}

fn let_go(held: &RefCell<Option<Function>>) {
    if let Some(release) = held.take() {
        settle(&release);
    }
}

fn settle(release: &Function) {
    // Settling a promise cannot fail.
    let _ = release.call0(&JsValue::UNDEFINED);
}

/// Asks for the lock with one option. Where there are no locks nothing is called.
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
        .call3(&locks, &LOOKING.into(), &options, granted.as_ref())
        .ok()?
        .dyn_into()
        .ok()?;
    spawn_local(async move {
        // However it ends, the closure is needed until then.
        let _ = JsFuture::from(promise).await;
        drop(granted);
    });
    Some(())
}

/// Whether a page of this browser is visible. Where there are no locks this page answers for
/// itself.
pub async fn is_anybody_looking() -> bool {
    if is_visible() {
        return true;
    }
    let answer = Promise::new(&mut |answer, _| {
        let asked = request_lock("ifAvailable", &JsValue::TRUE, {
            let answer = answer.clone();
            move |lock| {
                let _ = answer.call1(&JsValue::UNDEFINED, &lock.is_null().into());
                JsValue::UNDEFINED
            }
        });
        if asked.is_none() {
            let _ = answer.call1(&JsValue::UNDEFINED, &JsValue::FALSE);
        }
    });
    JsFuture::from(answer)
        .await
        .is_ok_and(|answer| answer.is_truthy())
}

/// Whether the desktop may be told.
pub fn permission() -> Permission {
    if !Reflect::has(&window(), &"Notification".into()).unwrap_or(false) {
        return Permission::Missing;
    }
    if !window().is_secure_context() {
        return Permission::Insecure;
    }
    let permission = Notification::permission();
    if permission == NotificationPermission::Granted {
        Permission::Granted
    } else if permission == NotificationPermission::Denied {
        Permission::Refused
    } else {
        Permission::Undecided
    }
}

/// Asks the reader whether the desktop may be told; only while they press something.
pub async fn ask_permission() -> Permission {
    if permission() == Permission::Undecided
        && let Ok(asked) = Notification::request_permission()
    {
        // The answer is the permission.
        let _ = JsFuture::from(asked).await;
    }
    permission()
}

/// Opens the list of the bell, once the click that asks for it is over: a click elsewhere closes
/// it.
pub fn open_bell() {
    request_animation_frame(|| {
        if let Ok(Some(bell)) = document().query_selector("details.bell") {
            let _ = bell.set_attribute("open", "");
        }
        let summary = document()
            .query_selector("details.bell summary")
            .ok()
            .flatten();
        if let Some(summary) =
            summary.and_then(|summary| summary.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = summary.focus();
        }
    });
}

/// Tells the desktop, while it is kept.
pub struct Desktop {
    go: Rc<dyn Fn(&str)>,
    told: RefCell<VecDeque<EventListener>>,
}

impl Desktop {
    /// `go` opens an address of this site.
    pub fn new(go: impl Fn(&str) + 'static) -> Self {
        Self {
            go: Rc::new(go),
            told: RefCell::default(),
        }
    }

    /// Tells this; clicking it shows the page and opens the address. What has the same tag is told
    /// once.
    pub fn tell(&self, title: &str, body: &str, tag: &str, href: &str) {
        let options = NotificationOptions::new();
        options.set_body(body);
        options.set_tag(tag);
        options.set_icon("/favicon.svg");
        let notification = match Notification::new_with_options(title, &options) {
            Ok(notification) => notification,
            // Browsers on phones have the name and not the thing.
            Err(problem) => {
                return leptos::logging::warn!("the desktop could not be told: {problem:?}");
            }
        };
        let (go, href) = (self.go.clone(), href.to_owned());
        let listener = EventListener::new(&notification.clone(), "click", move |_| {
            let _ = window().focus();
            notification.close();
            go(&href);
        });
        let mut told = self.told.borrow_mut();
        if told.len() == CLICKABLE {
            told.pop_front();
        }
        told.push_back(listener);
    }
}
