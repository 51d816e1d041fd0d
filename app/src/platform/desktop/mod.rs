//! Desktop notifications, and the permission for them.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))] // Only a browser constructs most of them.
mod permission;

pub use imp::{Desktop, ask_permission, permission};
pub use permission::Permission;
