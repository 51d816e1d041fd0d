//! Elements above the page: menus (`<details name="menu">`) and dialogs.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{MenuCloser, close_menus, is_on_backdrop, is_open, open_notifications, show_modal};
