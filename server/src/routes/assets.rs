//! Static files: every path that no route matches.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use rust_embed::EmbeddedFile;

use super::pages;
use crate::{AppState, etag, problem, site};

/// The file at the request's path, or a 404.
pub(crate) async fn asset(State(state): State<AppState>, request: Request) -> Response {
    let Some((path, file)) = site::find(request.uri().path()) else {
        return pages::no_route(&state, request).await.into_response();
    };
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return serve(&path, file, request.headers());
    }
    (
        [(header::ALLOW, "GET,HEAD")],
        problem::method_not_allowed().await,
    )
        .into_response()
}

fn serve(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let (encoding, file) = encoded(path, request).unwrap_or((None, file));
    let hash = file.metadata.sha256_hash();
    // Each encoding is a file with a hash of its own, so their tags differ, as they must.
    let tag = hash[..16]
        .iter()
        .fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}"))
        + "\"";
    let caching = if site::is_immutable(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };

    let validation = [
        (header::CACHE_CONTROL, caching),
        (header::VARY, "accept-encoding"),
    ];
    if let Some(response) = etag::not_modified(request, &tag, &validation) {
        return response;
    }
    let mut response = (validation, Body::from(file.data.into_owned())).into_response();
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Ok(content_type) = HeaderValue::from_str(&content_type(path)) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The smallest compressed form of the file that the client accepts and that the build has made.
fn encoded(path: &str, request: &HeaderMap) -> Option<(Option<&'static str>, EmbeddedFile)> {
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(request, encoding))
        .find_map(|(encoding, extension)| {
            Some((Some(encoding), site::compressed(path, extension)?))
        })
}

/// Whether the client accepts this encoding.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let values = request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|choice| {
        let (name, weight) = choice.split_once(';').unwrap_or((choice, ""));
        let is_refused = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|weight| weight.trim().parse::<f32>().ok())
            == Some(0.0);
        name.trim().eq_ignore_ascii_case(encoding) && !is_refused
    })
}

/// The media type that the extension of a file stands for. All text files of the site are UTF-8.
fn content_type(path: &str) -> String {
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    if media_type.type_() == mime::TEXT {
        format!("{media_type}; charset=utf-8")
    } else {
        media_type.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_form_is_used_only_where_it_is_accepted() {
        let request =
            |value: &str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
        assert!(accepts(&request("gzip, deflate, br"), "br"));
        assert!(accepts(&request("gzip;q=0.5, BR;q=0.9"), "br"));
        assert!(!accepts(&request("gzip, br;q=0"), "br"));
        assert!(!accepts(&request("brotli"), "br"));
    }

    #[test]
    fn every_kind_of_file_on_the_site_has_its_media_type() {
        for (file, media_type) in [
            ("a.wasm", "application/wasm"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.css", "text/css; charset=utf-8"),
            ("a.txt", "text/plain; charset=utf-8"),
            ("a.json", "application/json"),
            ("a.webmanifest", "application/manifest+json"),
            ("a.svg", "image/svg+xml"),
            ("a.png", "image/png"),
            ("a.ico", "image/x-icon"),
            ("a.woff2", "font/woff2"),
            ("a", "application/octet-stream"),
        ] {
            assert_eq!(content_type(file), media_type, "{file}");
        }
    }
}
