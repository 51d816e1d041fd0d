//! The pointer in the browser.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The pointer's distance from the left edge of a chart's lines, as a fraction of their width.
pub fn fraction_of_width(event: &web_sys::PointerEvent) -> Option<f64> {
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

/// Whether a press starts to drag a tile: the main button of a mouse or a pen, on the header of the
/// tile, and not on a control in it.
pub fn starts_drag(event: &web_sys::PointerEvent) -> bool {
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

/// The key of the tile at a point of the window.
pub fn tile_at(point: (i32, i32)) -> Option<String> {
    #[allow(clippy::cast_precision_loss)] // Pixels of a window.
    let element = document().element_from_point(point.0 as f32, point.1 as f32)?;
    element
        .closest(".board-place")
        .ok()
        .flatten()?
        .get_attribute("data-place")
}
