//! What the inspector asks of the browser: how much of its list is in view, files, what was written
//! before, answers.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod side;

pub use side::{SizeWatch, download, measure, publish, remember, remembered, scroll};

/// What is in view of a list, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// How far it is scrolled.
    pub top: f64,
    /// How high its view is.
    pub height: f64,
    /// How high a row is.
    pub row: f64,
}
