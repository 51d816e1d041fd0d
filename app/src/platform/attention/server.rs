//! The server's side: nobody looks, and nothing is remembered.

use super::Permission;

/// A value kept for all tabs and the next visit; none here.
pub fn recall(_key: &str) -> Option<String> {
    None
}

/// Keeps a value for all tabs and the next visit.
pub fn keep(_key: &str, _value: &str) {}

/// Hears what other tabs keep, while it is kept; never on the server.
pub struct StorageWatch;

impl StorageWatch {
    /// There are no other tabs here.
    pub fn new(_hear: impl Fn(&str, &str) + 'static) -> Self {
        Self
    }
}

/// Whether this page is visible.
pub fn is_visible() -> bool {
    false
}

/// Lets other tabs know while this page is visible.
pub struct Looking;

impl Looking {
    /// There is nobody to look.
    pub fn new() -> Self {
        Self
    }
}

/// Whether a page of this browser is visible.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn is_anybody_looking() -> bool {
    false
}

/// Whether the desktop may be told.
pub fn permission() -> Permission {
    Permission::Missing
}

/// Asks the reader whether the desktop may be told.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn ask_permission() -> Permission {
    Permission::Missing
}

/// Opens the list of the bell.
pub fn open_bell() {}

/// Tells the desktop, while it is kept.
pub struct Desktop;

impl Desktop {
    /// There is no desktop here.
    pub fn new(_go: impl Fn(&str) + 'static) -> Self {
        Self
    }

    /// Tells nobody.
    #[allow(clippy::unused_self)] // The browser's side remembers what it told.
    pub fn tell(&self, _title: &str, _body: &str, _tag: &str, _href: &str) {}
}
