//! On the server nobody sees the page.

/// Whether this page is visible.
pub fn is_visible() -> bool {
    false
}

/// Whether any page of this browser is visible.
#[allow(clippy::unused_async)] // The browser's version awaits.
pub async fn is_any_tab_visible() -> bool {
    false
}

/// Holds the lock that visible pages share; never on the server.
pub struct VisibleLock;

impl VisibleLock {
    /// Takes no lock.
    pub fn new() -> Self {
        Self
    }
}

/// Reports whether the page is visible and has the focus; never on the server.
pub struct AttentionWatch;

impl AttentionWatch {
    /// Reports nothing.
    pub fn new(_changed: impl Fn(bool) + Clone + 'static) -> Self {
        Self
    }
}
