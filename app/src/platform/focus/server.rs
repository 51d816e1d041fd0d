//! The server has no focus.

/// Focuses the element of this id.
pub fn focus(_id: &str) {}

/// Focuses the element of this id after the next frame.
pub fn focus_soon(_id: String) {}

/// Focuses the page's own search field, and returns whether there is one.
pub fn focus_search() -> bool {
    false
}
