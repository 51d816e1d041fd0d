//! Elements that scroll by themselves: the list of a conversation and the virtual list of the
//! inspector.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{
    ScrollWatch, SizeWatch, hold_reading, measure, scroll, scroll_position, scroll_to_end,
};

/// The scroll position of a conversation, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScrollPosition {
    /// The content above the visible part.
    pub above: i32,
    /// The content below the visible part.
    pub below: i32,
    /// The visible part.
    pub height: i32,
}

/// The visible part of a virtual list, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// How far the list is scrolled.
    pub top: f64,
    /// The height of the visible part.
    pub height: f64,
    /// The height of a row.
    pub row: f64,
}
