//! Percent-encoding of values in URLs and cookies.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything except the unreserved characters of RFC 3986, so the result fits a path segment, a
/// query value and a cookie alike.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Appends `value` to a URL, percent-encoded.
///
/// ```
/// let mut url = "/api/history?topic=".to_owned();
/// pulseboard_contract::push_percent_encoded(&mut url, "büro/wärme");
/// assert_eq!(url, "/api/history?topic=b%C3%BCro%2Fw%C3%A4rme");
/// ```
pub fn push_percent_encoded(url: &mut String, value: &str) {
    url.extend(utf8_percent_encode(value, ENCODED));
}
