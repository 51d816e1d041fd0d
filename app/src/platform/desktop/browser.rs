//! Desktop notifications in the browser.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use gloo_events::EventListener;
use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

use super::Permission;

/// How many notifications stay clickable. Each of them holds a listener.
const CLICKABLE: usize = 20;

/// Whether the page may show desktop notifications.
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

/// Asks the reader for the permission. Browsers allow this only while a click is handled.
pub async fn ask_permission() -> Permission {
    if permission() == Permission::Undecided
        && let Ok(asked) = Notification::request_permission()
    {
        // The result is read from the permission itself.
        let _ = JsFuture::from(asked).await;
    }
    permission()
}

/// Shows desktop notifications. Those it has shown stay clickable until it is dropped.
pub struct Desktop {
    go: Rc<dyn Fn(&str)>,
    shown: RefCell<VecDeque<EventListener>>,
}

impl Desktop {
    /// `go` opens an address of this site.
    pub fn new(go: impl Fn(&str) + 'static) -> Self {
        Self {
            go: Rc::new(go),
            shown: RefCell::default(),
        }
    }

    /// Shows a notification. A click on it brings the page to the front and opens `href`. Of several
    /// notifications with the same tag the desktop shows one.
    pub fn show(&self, title: &str, body: &str, tag: &str, href: &str) {
        let options = NotificationOptions::new();
        options.set_body(body);
        options.set_tag(tag);
        options.set_icon("/favicon.svg");
        let notification = match Notification::new_with_options(title, &options) {
            Ok(notification) => notification,
            // Browsers on phones have the constructor, but it always throws.
            Err(error) => {
                return leptos::logging::warn!("could not show a notification: {error:?}");
            }
        };
        let (go, href) = (self.go.clone(), href.to_owned());
        let listener = EventListener::new(&notification.clone(), "click", move |_| {
            let _ = window().focus();
            notification.close();
            go(&href);
        });
        let mut shown = self.shown.borrow_mut();
        if shown.len() == CLICKABLE {
            shown.pop_front();
        }
        shown.push_back(listener);
    }
}
