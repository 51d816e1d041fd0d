//! Whether the reader sees the page, in this tab or in another one.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{AttentionWatch, VisibleLock, is_any_tab_visible, is_visible};
