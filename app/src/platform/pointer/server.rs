//! The server has no pointer.

use leptos::ev::PointerEvent;

/// The pointer's distance from the left edge of a chart's lines, as a fraction of their width.
pub fn fraction_of_width(_event: &PointerEvent) -> Option<f64> {
    None
}

/// Whether a press starts to drag a tile.
pub fn starts_drag(_event: &PointerEvent) -> bool {
    false
}

/// The key of the tile at a point of the window.
pub fn tile_at(_point: (i32, i32)) -> Option<String> {
    None
}
