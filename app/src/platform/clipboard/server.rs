//! The server has no clipboard.

/// Copies text to the clipboard and returns whether it worked.
#[allow(clippy::unused_async)] // The browser's version awaits.
pub async fn copy(_text: &str) -> bool {
    false
}
