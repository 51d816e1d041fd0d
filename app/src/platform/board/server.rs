//! On the server the board is only rendered: nothing here is reached, because it all hangs on
//! events and effects.

use leptos::ev;

use crate::platform::RequestError;
use pulseboard_contract::api::TopicSeries;

/// The arrangement of this browser; the server knows none.
pub fn stored() -> Option<String> {
    None
}

/// The arrangement that another window of this browser has just kept.
pub fn stored_by(_event: &ev::StorageEvent) -> Option<String> {
    None
}

/// Keeps the arrangement.
pub fn store(_text: &str) {}

/// Whether the `<details>` that was toggled is open.
pub fn is_open(_event: &ev::Event) -> bool {
    false
}

/// How far down the page one is, in pixels.
pub fn scrolled() -> f64 {
    0.0
}

/// Goes so far down the page.
pub fn return_to(_pixels: f64) {}

/// Closes the menus.
pub fn close_menus() {}

/// How far from the left edge of the lines of a plot a pointer is.
pub fn part_of_width(_event: &ev::PointerEvent) -> Option<f64> {
    None
}

/// Whether a press takes hold of a tile.
pub fn is_grip(_event: &ev::PointerEvent) -> bool {
    false
}

/// The key of the tile at a place of the window.
pub fn tile_at(_at: (i32, i32)) -> Option<String> {
    None
}

/// Reads a topic's numbers and states of a time that has passed.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn fetch_past(_url: &str) -> Result<TopicSeries, RequestError> {
    Err(RequestError::Unreachable)
}
