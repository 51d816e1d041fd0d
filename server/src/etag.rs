//! Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13.1.2).

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The encodings of compressors. A compressor appends the encoding to the tag, because the
/// compressed bytes need a tag of their own.
const ENCODINGS: [&str; 2] = ["br", "gzip"];

/// The 304 for a client that already has the representation with this tag, in any encoding.
pub(crate) fn not_modified(
    request: &HeaderMap,
    tag: &str,
    headers: &[(HeaderName, &'static str)],
) -> Option<Response> {
    let known = known(request, tag)?;
    let mut response = (StatusCode::NOT_MODIFIED, Body::empty()).into_response();
    response.headers_mut().insert(header::ETAG, known);
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

/// The tag under which the client has this representation.
fn known(request: &HeaderMap, tag: &str) -> Option<HeaderValue> {
    let values = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut given = values.flat_map(|value| value.split(',')).map(str::trim);
    let matching = given
        .find(|given| *given == "*" || without_encoding(given.trim_start_matches("W/")) == tag)?;
    let known = if matching == "*" {
        tag
    } else {
        matching.trim_start_matches("W/")
    };
    HeaderValue::from_str(known).ok()
}

fn without_encoding(tag: &str) -> String {
    let encoding = ENCODINGS
        .into_iter()
        .find_map(|encoding| tag.strip_suffix(&format!("-{encoding}\"")));
    encoding.map_or_else(|| tag.to_owned(), |name| format!("{name}\""))
}

/// Middleware around a compressor: appends the encoding to the tag of a compressed response.
pub(crate) async fn append_encoding(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let name = headers
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok()?.strip_suffix('"'));
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .and_then(|encoding| encoding.to_str().ok());
    if let (Some(name), Some(encoding)) = (name, encoding)
        && let Ok(tag) = HeaderValue::from_str(&format!("{name}-{encoding}\""))
    {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_matches_weak_or_strong_among_others_and_in_any_encoding() {
        let answered = |given: &str| {
            let request = HeaderMap::from_iter([(header::IF_NONE_MATCH, given.parse().unwrap())]);
            known(&request, "\"x\"").map(|tag| tag.to_str().unwrap().to_owned())
        };
        for (given, tag) in [
            ("\"x\"", "\"x\""),
            ("W/\"x\"", "\"x\""),
            ("\"a\", \"x-br\"", "\"x-br\""),
            ("*", "\"x\""),
            ("W/\"x-gzip\"", "\"x-gzip\""),
        ] {
            assert_eq!(answered(given).as_deref(), Some(tag), "{given}");
        }
        for given in ["\"y\"", "x", "\"x-zip\"", "\"\"", ""] {
            assert_eq!(answered(given), None, "{given}");
        }
    }
}
