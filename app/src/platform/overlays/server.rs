//! On the server menus and dialogs are closed.

use leptos::{
    ev::{Event, MouseEvent},
    html,
    prelude::*,
};

/// Closes open menus on Escape and on a click elsewhere; never on the server.
pub struct MenuCloser;

impl MenuCloser {
    /// Starts nothing.
    pub fn new() -> Self {
        Self
    }
}

/// Closes all menus.
pub fn close_menus() {}

/// Opens the list of notifications.
pub fn open_notifications() {}

/// Whether the `<details>` that was toggled is open.
pub fn is_open(_event: &Event) -> bool {
    false
}

/// Shows a dialog above the page.
pub fn show_modal(_dialog: NodeRef<html::Dialog>) {}

/// Whether a click was on the backdrop of its dialog.
pub fn is_on_backdrop(_click: &MouseEvent) -> bool {
    false
}
