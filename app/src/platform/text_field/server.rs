//! Nobody types on the server.

use leptos::{ev, html, prelude::*};

/// Makes a field as high as its text.
pub fn fit_height(_field: NodeRef<html::Textarea>) {}

/// Submits the form of a field as its button does.
pub fn submit_form(_field: NodeRef<html::Textarea>) {}

/// Whether a key is part of composing a character.
pub fn is_composing(_key: &ev::KeyboardEvent) -> bool {
    false
}

/// Whether the reader types on a touch screen.
pub fn has_touch_keyboard() -> bool {
    false
}

/// Sets `--keyboard` to the height that an on-screen keyboard covers; never on the server.
pub struct OnScreenKeyboard;

impl OnScreenKeyboard {
    /// Starts nothing.
    pub fn new() -> Self {
        Self
    }
}
