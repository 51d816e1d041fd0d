//! The server stores nothing for a browser.

/// The stored value of a key.
pub fn get(_key: &str) -> Option<String> {
    None
}

/// Stores a value and returns whether the browser kept it.
pub fn set(_key: &str, _value: &str) -> bool {
    false
}

/// Removes a value.
pub fn remove(_key: &str) {}

/// The keys that begin with `prefix`, with their values.
pub fn entries(_prefix: &str) -> Vec<(String, String)> {
    Vec::new()
}

/// Reports what other tabs store; never on the server.
pub struct StorageWatch;

impl StorageWatch {
    /// Reports nothing.
    pub fn new(_prefix: &'static str, _changed: impl Fn(&str, Option<&str>) + 'static) -> Self {
        Self
    }
}
