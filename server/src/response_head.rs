//! Response heads of HTTP/1.1, for the two responses that this server writes without hyper: a
//! stream on its own socket, and the refusal of a connection.

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

/// The status line, the headers and the empty line after them (RFC 9112, sections 2 to 5).
///
/// A `date` of `now` is added if there is none. The caller has set the headers that delimit the
/// body: `content-length`, or `transfer-encoding`.
pub(crate) fn response_head(
    status: StatusCode,
    mut headers: HeaderMap,
    now: SystemTime,
) -> Vec<u8> {
    if !headers.contains_key(header::DATE)
        && let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now))
    {
        headers.insert(header::DATE, date);
    }
    let mut head = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in &headers {
        head.extend_from_slice(name.as_ref());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn head(status: StatusCode, headers: HeaderMap) -> String {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        String::from_utf8(response_head(status, headers, now)).unwrap()
    }

    #[test]
    fn a_head_is_a_status_line_its_headers_and_an_empty_line() {
        let headers =
            HeaderMap::from_iter([(header::CONNECTION, HeaderValue::from_static("close"))]);
        assert_eq!(
            head(StatusCode::SERVICE_UNAVAILABLE, headers),
            "HTTP/1.1 503 Service Unavailable\r\n\
             connection: close\r\n\
             date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
             \r\n"
        );
    }

    #[test]
    fn a_header_with_two_values_is_written_twice() {
        let mut headers = HeaderMap::new();
        headers.append(header::VARY, HeaderValue::from_static("cookie"));
        headers.append(header::VARY, HeaderValue::from_static("accept"));
        let head = head(StatusCode::OK, headers);
        assert!(head.contains("vary: cookie\r\nvary: accept\r\n"), "{head}");
    }

    #[test]
    fn a_date_that_is_set_stays() {
        let headers = HeaderMap::from_iter([(header::DATE, HeaderValue::from_static("today"))]);
        assert_eq!(
            head(StatusCode::OK, headers),
            "HTTP/1.1 200 OK\r\ndate: today\r\n\r\n"
        );
    }
}
