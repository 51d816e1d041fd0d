//! Media types.

use axum::http::{HeaderMap, header};
use mime::Mime;

/// The content type of a request.
///
/// # Errors
/// If the header is missing or is not a media type. The text says which.
pub(crate) fn content_type(headers: &HeaderMap) -> Result<Mime, &'static str> {
    let text = headers
        .get(header::CONTENT_TYPE)
        .filter(|value| !value.is_empty())
        .ok_or("The request has no content type.")?;
    text.to_str()
        .ok()
        .and_then(media_type)
        .ok_or("The content type is not a media type.")
}

/// Parses a media type. HTTP allows spaces and empty parameters around the semicolons (RFC 9110,
/// section 5.6.6), which the `mime` crate does not, so they are removed first.
pub(crate) fn media_type(text: &str) -> Option<Mime> {
    let parts = text.split(';').map(str::trim);
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(";").parse().ok()
}

/// Whether text of this media type is UTF-8. Without a charset it is.
pub(crate) fn is_utf8(media_type: &Mime) -> bool {
    media_type.get_param(mime::CHARSET).is_none_or(|charset| {
        ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|name| charset == *name)
    })
}

/// Whether the media type is a kind of JSON (RFC 6839 defines the suffix).
pub(crate) fn is_json(media_type: &Mime) -> bool {
    matches!(media_type.essence_str(), "application/json" | "text/json")
        || media_type.suffix() == Some(mime::JSON)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_parsed_with_any_case_and_any_spaces() {
        for text in [
            "text/plain",
            "Text/PLAIN",
            "text/plain;",
            "text/plain; charset=utf-8",
            "text/plain ;charset=UTF8",
            "text/plain ; ; Charset=\"UTF-8\" ;",
            "text/plain;format=flowed;charset=us-ascii",
        ] {
            let media_type = media_type(text).unwrap();
            assert_eq!(media_type.essence_str(), "text/plain", "{text}");
            assert!(is_utf8(&media_type) && !is_json(&media_type), "{text}");
        }
        assert!(!is_utf8(&media_type("text/plain; charset=latin1").unwrap()));
        for text in ["", "text", "text/plain,text/html", "ä/b"] {
            assert_eq!(media_type(text), None, "{text}");
        }
    }

    #[test]
    fn json_is_a_type_or_a_suffix() {
        for (text, expected) in [
            ("application/json", true),
            ("TEXT/json; charset=utf-8", true),
            ("application/vnd.example+json", true),
            ("application/geo+JSON", true),
            ("application/jsonlines", false),
            ("application/x-ndjson", false),
            ("application/xml", false),
        ] {
            assert_eq!(is_json(&media_type(text).unwrap()), expected, "{text}");
        }
    }
}
