//! The server scrolls nothing.

use leptos::{html, prelude::*};

use super::{Extent, ScrollPosition};

/// Calls back when an element scrolls or the window changes its size; never on the server.
pub struct ScrollWatch;

impl ScrollWatch {
    /// Starts nothing.
    pub fn new(_list: NodeRef<html::Div>, _moved: impl Fn() + Clone + 'static) -> Option<Self> {
        None
    }
}

/// The scroll position of a conversation.
pub fn scroll_position(_list: NodeRef<html::Div>) -> Option<ScrollPosition> {
    None
}

/// Scrolls a conversation to its end after the next frame.
pub fn scroll_to_end(_list: NodeRef<html::Div>) {}

/// Keeps the line that is being read where it is while the list changes.
pub fn hold_reading(_list: NodeRef<html::Div>) {}

/// Calls back when an element changes its size; never on the server.
pub struct SizeWatch;

impl SizeWatch {
    /// Starts nothing.
    pub fn new(_element: NodeRef<html::Div>, _changed: impl Fn() + 'static) -> Option<Self> {
        None
    }
}

/// Measures a virtual list.
pub fn measure(_list: NodeRef<html::Div>) -> Option<Extent> {
    None
}

/// Scrolls a virtual list to a position, in pixels.
pub fn scroll(_list: NodeRef<html::Div>, _top: f64) {}
