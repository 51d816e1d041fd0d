//! The server registers no service worker.

/// Registers the service worker; never on the server.
pub struct ServiceWorker;

impl ServiceWorker {
    /// Registers nothing.
    pub fn new() -> Self {
        Self
    }
}
