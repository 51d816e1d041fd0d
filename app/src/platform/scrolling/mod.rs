//! Scrolling the page.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{
    NearEnd, Reading, bring_into_row, bring_into_view, hold_still, scroll_position, scroll_to,
    scroll_to_position,
};
