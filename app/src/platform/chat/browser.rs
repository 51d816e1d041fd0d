//! The browser's side.

use gloo_events::EventListener;
use gloo_net::http::Request;
use leptos::{ev, html, prelude::*};
use pulseboard_contract::EventId;
use wasm_bindgen::JsCast;

use super::{ScrollPlace, answer};
use crate::outbox;
use pulseboard_contract::push_percent_encoded;

/// An answer that takes longer is as good as none: the message is offered to be sent again.
const ANSWER_MILLIS: u32 = 20_000;

/// Reads what was kept under a name.
pub fn load(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Everything that was kept under names that begin so, by name.
pub fn load_all(prefix: &str) -> Vec<(String, String)> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let names =
        (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
    let named = names.filter(|name| name.starts_with(prefix));
    named
        .filter_map(|name| Some((name.clone(), storage.get_item(&name).ok().flatten()?)))
        .collect()
}

/// Keeps a text under a name; none is forgotten. Tells whether it could: a browser that keeps
/// nothing is its owner's choice.
pub fn save(name: &str, text: Option<&str>) -> bool {
    let Some(storage) = storage() else {
        return false;
    };
    let saved = match text {
        Some(text) => storage.set_item(name, text),
        None => storage.remove_item(name),
    };
    saved.is_ok()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Calls back when another window of this browser has kept something, while it is kept.
pub struct StorageWatch(#[allow(dead_code)] EventListener);

impl StorageWatch {
    /// Listens from now on.
    pub fn new(changed: impl Fn() + 'static) -> Self {
        Self(EventListener::new(&window(), "storage", move |_| changed()))
    }
}

/// Tells whether the reader looks at the page, whenever that changes, while it is kept.
pub struct Attention {
    _listeners: [EventListener; 3],
}

impl Attention {
    /// Listens from now on, and tells how it is now.
    pub fn new(changed: impl Fn(bool) + Clone + 'static) -> Self {
        let tell = move || changed(!document().hidden() && document().has_focus().unwrap_or(true));
        tell();
        let [shown, focused, blurred] = [tell.clone(), tell.clone(), tell];
        Self {
            _listeners: [
                EventListener::new(&document(), "visibilitychange", move |_| shown()),
                EventListener::new(&window(), "focus", move |_| focused()),
                EventListener::new(&window(), "blur", move |_| blurred()),
            ],
        }
    }
}

/// Tells where the reader is whenever they scroll or the window changes its size, while it is kept.
pub struct Scrolling {
    _listeners: [EventListener; 2],
}

impl Scrolling {
    /// Listens from now on, where there is such an element.
    pub fn new(list: NodeRef<html::Div>, moved: impl Fn() + Clone + 'static) -> Option<Self> {
        let list = element(list)?;
        let resized = moved.clone();
        Some(Self {
            _listeners: [
                EventListener::new(&list, "scroll", move |_| moved()),
                EventListener::new(&window(), "resize", move |_| resized()),
            ],
        })
    }
}

/// Where the reader is now. The list stands on its end: that is where its scrolling begins, and
/// what is above is negative.
pub fn place(list: NodeRef<html::Div>) -> Option<ScrollPlace> {
    let list = element(list)?;
    let below = -list.scroll_top();
    let height = list.client_height();
    Some(ScrollPlace {
        above: list.scroll_height() - height - below,
        below,
        height,
    })
}

/// Goes to the end once what has just come is drawn.
pub fn scroll_to_end(list: NodeRef<html::Div>) {
    if let Some(list) = element(list) {
        request_animation_frame(move || list.set_scroll_top(0));
    }
}

/// Keeps what is being read where it is while the list is about to change. Browsers do so by
/// themselves only where the list's other rows stay in the document, which they do not when several
/// come at once.
pub fn hold_reading(list: NodeRef<html::Div>) {
    let Some(list) = element(list) else { return };
    let frame = list.get_bounding_client_rect();
    #[allow(clippy::cast_possible_truncation)] // Pixels of a window.
    let line_at = |part: f64| {
        let (x, y) = (
            frame.left() + frame.width() / 2.0,
            frame.top() + frame.height() * part,
        );
        let found = document().element_from_point(x as f32, y as f32)?;
        found
            .closest(".line")
            .ok()
            .flatten()
            .filter(|line| list.contains(Some(line)))
    };
    let Some(line) = [0.5, 0.35, 0.65, 0.2, 0.8, 0.05]
        .into_iter()
        .find_map(line_at)
    else {
        return;
    };
    // Where it is in the list, so that the reader's own scrolling meanwhile does not count.
    let place = {
        let list = list.clone();
        move |line: &web_sys::Element| {
            line.get_bounding_client_rect().top() + f64::from(list.scroll_top())
        }
    };
    let before = place(&line);
    request_animation_frame(move || {
        let moved = place(&line) - before;
        if line.is_connected() && moved.abs() >= 1.0 {
            list.scroll_by_with_x_and_y(0.0, moved);
        }
    });
}

fn element(list: NodeRef<html::Div>) -> Option<web_sys::Element> {
    list.try_get_untracked().flatten().map(Into::into)
}

/// Makes a field as high as its text, where the stylesheet cannot.
pub fn fit(field: NodeRef<html::Textarea>) {
    let Some(field) = field.get_untracked() else {
        return;
    };
    if web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false) {
        return;
    }
    let style = AsRef::<web_sys::HtmlElement>::as_ref(&field).style();
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", field.scroll_height()));
}

/// Sends the form of a field as its button would, so that the browser checks it first.
pub fn submit(field: NodeRef<html::Textarea>) {
    if let Some(form) = field.get_untracked().and_then(|field| field.form()) {
        let _ = form.request_submit();
    }
}

/// Whether a key belongs to the writing of a character, as in Japanese, and means nothing by
/// itself.
pub fn is_composing(key: &ev::KeyboardEvent) -> bool {
    key.is_composing() || key.key_code() == 229
}

/// Whether one writes on a keyboard of glass, which has no Shift+Enter.
pub fn has_touch_keyboard() -> bool {
    let query = window()
        .match_media("(hover: none) and (pointer: coarse)")
        .ok()
        .flatten();
    query.is_some_and(|query| query.matches())
}

/// Tells the stylesheet how much of the window a keyboard covers, where the browser lays the page
/// out under it, while it is kept: `--keyboard` of the document.
pub struct Keyboard {
    _listener: Option<EventListener>,
}

impl Keyboard {
    /// Listens from now on.
    pub fn new() -> Self {
        let Some(viewport) = window().visual_viewport() else {
            return Self { _listener: None };
        };
        let listener = EventListener::new(&viewport.clone(), "resize", move |_| {
            let inner = window()
                .inner_height()
                .ok()
                .and_then(|height| height.as_f64())
                .unwrap_or_default();
            // A page that is zoomed in covers itself.
            let covered = if viewport.scale() > 1.01 {
                0.0
            } else {
                (inner - viewport.height()).max(0.0)
            };
            set_keyboard(Some(covered));
        });
        Self {
            _listener: Some(listener),
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        set_keyboard(None);
    }
}

fn set_keyboard(covered: Option<f64>) {
    let root = document()
        .document_element()
        .and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(style) = root.map(|root| root.style()) {
        let _ = match covered {
            Some(covered) => style.set_property("--keyboard", &format!("{covered}px")),
            None => style.remove_property("--keyboard").map(drop),
        };
    }
}

/// An id that nobody else draws: 128 bits at random.
pub fn unique() -> String {
    let mut bytes = [0u8; 16];
    let drawn = window()
        .crypto()
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if drawn.is_err() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Below 256.
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// Says something under an id, so that to say it again changes nothing.
pub async fn say(outgoing: &outbox::Outgoing) -> Result<Option<EventId>, outbox::Failure> {
    let unreachable = |_| outbox::Failure {
        reason: "The server cannot be reached.".to_owned(),
        is_passing: true,
    };
    let mut url = "/topics/chat/".to_owned();
    push_percent_encoded(&mut url, &outgoing.room);
    let body = serde_json::json!({ "user": outgoing.user, "text": outgoing.text }).to_string();
    let request = Request::post(&url)
        .header("content-type", "application/json")
        .header("ce-type", "chat")
        .header("ce-source", outbox::Outgoing::SOURCE)
        .header("ce-id", &outgoing.key)
        .abort_signal(Some(&web_sys::AbortSignal::timeout_with_u32(ANSWER_MILLIS)))
        .body(body)
        .map_err(unreachable)?;
    let response = request.send().await.map_err(unreachable)?;
    let text = response.text().await.map_err(unreachable)?;
    answer(response.status(), &text)
}
