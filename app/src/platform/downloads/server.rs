//! The server renders pages; it starts no downloads.

/// Saves a text as a file of this name.
pub fn download(_name: &str, _content_type: &str, _text: &str) {}
