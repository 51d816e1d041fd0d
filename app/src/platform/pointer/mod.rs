//! The pointer on the tiles of the board.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{fraction_of_width, starts_drag, tile_at};
