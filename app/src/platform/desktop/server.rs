//! The server has no desktop.

use super::Permission;

/// Whether the page may show desktop notifications.
pub fn permission() -> Permission {
    Permission::Missing
}

/// Asks the reader for the permission.
#[allow(clippy::unused_async)] // The browser's version awaits.
pub async fn ask_permission() -> Permission {
    Permission::Missing
}

/// Shows desktop notifications; never on the server.
pub struct Desktop;

impl Desktop {
    /// `go` opens an address of this site.
    pub fn new(_go: impl Fn(&str) + 'static) -> Self {
        Self
    }

    /// Shows nothing.
    #[allow(clippy::unused_self)] // The browser's version keeps listeners.
    pub fn show(&self, _title: &str, _body: &str, _tag: &str, _href: &str) {}
}
