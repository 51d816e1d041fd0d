//! The smallest Leptos page with an event type of its own: the server sends a [`Temperature`] every
//! second, and the page shows it.

#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;

use serde::{Deserialize, Serialize};

/// The event type on the wire.
pub const EVENT_TYPE: &str = "temperature";

/// The payload that both sides share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temperature {
    /// Degrees Celsius.
    pub celsius: f64,
}
