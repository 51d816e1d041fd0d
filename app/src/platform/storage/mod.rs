//! The browser's storage (`localStorage`): texts that outlive the page and that all tabs share.
//!
//! A browser may refuse storage, or it may be full. That is never an error for the page: it works
//! without the stored values.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{StorageWatch, entries, get, remove, set};
