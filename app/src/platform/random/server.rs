//! The server publishes nothing on behalf of a page, so it needs no ids.

/// An id of 128 random bits, in hexadecimal; empty on the server.
pub fn unique_id() -> String {
    String::new()
}
