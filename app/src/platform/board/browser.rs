//! The browser's side of the board: storage, where a pointer is, the focus.

use gloo_net::http::Request;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::platform::{RequestError, explain, set_cookie};
use pulseboard_contract::api::TopicSeries;

/// Where the arrangement is kept.
const KEY: &str = "pulseboard.board";

/// The arrangement of this browser.
pub fn stored() -> Option<String> {
    window()
        .local_storage()
        .ok()
        .flatten()?
        .get_item(KEY)
        .ok()
        .flatten()
}

/// The arrangement that another window of this browser has just kept.
pub fn stored_by(event: &web_sys::StorageEvent) -> Option<String> {
    event
        .key()
        .filter(|key| key == KEY)
        .and_then(|_| event.new_value())
}

/// Keeps the arrangement, and where it is short tells the server with the next request.
pub fn store(text: &str) {
    /// What a browser keeps in a cookie is 4,096 bytes, and a byte may become three.
    const SHORT: usize = 1_200;
    set_cookie("board", if text.len() <= SHORT { text } else { "" });
    if let Ok(Some(storage)) = window().local_storage() {
        // A browser that refuses storage forgets the arrangement, which is what its owner asked
        // for.
        let _ = storage.set_item(KEY, text);
    }
}

/// Whether the `<details>` that was toggled is open.
pub fn is_open(event: &web_sys::Event) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.has_attribute("open"))
}

/// How far down the page one is, in pixels.
pub fn scrolled() -> f64 {
    window().scroll_y().unwrap_or(0.0)
}

/// Goes so far down the page, once what has just changed is drawn.
pub fn return_to(pixels: f64) {
    request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, pixels));
}

/// Closes the menus.
pub fn close_menus() {
    while let Ok(Some(menu)) = document().query_selector("details[name=menu][open]") {
        if menu.remove_attribute("open").is_err() {
            break;
        }
    }
}

/// How far from the left edge of the lines of a plot a pointer is, as a part of their width.
pub fn part_of_width(event: &web_sys::PointerEvent) -> Option<f64> {
    let plot = event
        .current_target()?
        .dyn_into::<web_sys::Element>()
        .ok()?;
    let lines = plot
        .query_selector(".chart-lines")
        .ok()
        .flatten()?
        .get_bounding_client_rect();
    (lines.width() > 0.0).then(|| (f64::from(event.client_x()) - lines.left()) / lines.width())
}

/// Whether a press takes hold of a tile: the main button of a mouse or a pen, on a header and on
/// nothing that acts by itself.
pub fn is_grip(event: &web_sys::PointerEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let is_on = |selector| {
        target
            .as_ref()
            .is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
    };
    event.button() == 0
        && event.pointer_type() != "touch"
        && is_on(".board-place .tile > header")
        && !is_on("details, button, input")
}

/// The key of the tile at a place of the window.
pub fn tile_at(at: (i32, i32)) -> Option<String> {
    #[allow(clippy::cast_precision_loss)] // Pixels of a window.
    let element = document().element_from_point(at.0 as f32, at.1 as f32)?;
    element
        .closest(".board-place")
        .ok()
        .flatten()?
        .get_attribute("data-place")
}

/// Reads a topic's numbers and states of a time that has passed.
pub async fn fetch_past(url: &str) -> Result<TopicSeries, RequestError> {
    let response = Request::get(url)
        .send()
        .await
        .map_err(|_| RequestError::Unreachable)?;
    let body = response
        .text()
        .await
        .map_err(|_| RequestError::Unreachable)?;
    if !response.ok() {
        return Err(explain(response.status(), &body));
    }
    serde_json::from_str(&body).map_err(|error| RequestError::Refused(error.to_string()))
}
