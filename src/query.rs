//! Values in the query of a URL.

/// Appends `text` as one value of a query: everything but letters, digits and `-._~` as `%XX` of
/// its UTF-8.
pub fn push_percent_encoded(query: &mut String, text: &str) {
    use std::fmt::Write;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(query, "%{byte:02X}");
        }
    }
}
