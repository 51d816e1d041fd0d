//! The service worker (`public/sw.js`), which shows the offline page while the server is away.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::ServiceWorker;
