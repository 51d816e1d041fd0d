//! The server has no worker beside it.

/// Registers the service worker once the page is loaded, while it is kept; never on the server.
pub struct ServiceWorker;

impl ServiceWorker {
    /// Nothing is registered.
    pub fn new() -> Self {
        Self
    }
}
