//! The browser's side.

use gloo_events::EventListener;
use gloo_net::http::Request;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{Taken, taken};
use crate::platform::{RequestError, side::read};

/// Follows which lesson is being read, while it is kept.
pub struct Reading {
    _listeners: [EventListener; 2],
}

impl Reading {
    /// Tells now, and whenever one scrolls, which of these elements is being read: the last one
    /// that begins in the upper third of the window, or the last of all at the end of the page.
    pub fn new(ids: Vec<&'static str>, reads: impl Fn(Option<usize>) + 'static) -> Self {
        let look = std::rc::Rc::new(move || {
            let Some(page) = document().document_element() else {
                return;
            };
            let line = f64::from(page.client_height()) / 3.0;
            let begins = |id: &&&str| {
                let element = document().get_element_by_id(id);
                element.is_some_and(|element| element.get_bounding_client_rect().top() <= line)
            };
            let is_at_end = page.scroll_top() > 0
                && page.scroll_height() - page.client_height() - page.scroll_top() < 2;
            let count = if is_at_end {
                ids.len()
            } else {
                ids.iter().take_while(begins).count()
            };
            reads(count.checked_sub(1));
        });
        look();
        let on_resize = look.clone();
        Self {
            _listeners: [
                EventListener::new(&document(), "scroll", move |_| look()),
                EventListener::new(&window(), "resize", move |_| on_resize()),
            ],
        }
    }
}

/// Scrolls a row of links sideways, so far that the one of this id can be seen; the page itself
/// stays where it is.
pub fn bring_into_row(id: &str) {
    /// Of its neighbour so much is seen that one knows it is there.
    const NEIGHBOUR: f64 = 48.0;
    let Some(link) = document().get_element_by_id(id) else {
        return;
    };
    let Some(row) = link.closest("ol").ok().flatten() else {
        return;
    };
    let (link, seen) = (
        link.get_bounding_client_rect(),
        row.get_bounding_client_rect(),
    );
    let before = link.left() - NEIGHBOUR - seen.left();
    let after = link.right() + NEIGHBOUR - seen.right();
    #[allow(clippy::cast_possible_truncation)] // Pixels of a row.
    if before < 0.0 || after > 0.0 {
        row.set_scroll_left(row.scroll_left() + if before < 0.0 { before } else { after } as i32);
    }
}

/// Goes to the element of this id, as a link to it does.
pub fn go(id: &str) {
    // It fails only where the address may not be changed at all.
    let _ = window().location().set_hash(id);
}

/// Puts the focus on the element of this id.
pub fn focus(id: &str) {
    let element = document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        // It fails for what cannot have it, and then the focus stays.
        let _ = element.focus();
    }
}

/// Publishes, and answers what became of it.
pub async fn publish(
    url: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<Taken, RequestError> {
    let request = headers
        .iter()
        .fold(Request::post(url), |request, (name, value)| {
            request.header(name, value)
        });
    let request = request.body(body).map_err(|_| RequestError::Unreachable)?;
    let response = request.send().await;
    let status = response
        .as_ref()
        .map_or(0, gloo_net::http::Response::status);
    Ok(taken(status, &read(response).await?))
}
