//! Static files, embedded in the binary. A debug build reads them from the disk, as they change under the watcher.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::pages;
use crate::{AppState, etag, problem};

#[derive(RustEmbed)]
#[folder = "../target/site"]
struct Site;

/// The file at the request's path, or that there is none.
pub(crate) async fn asset(State(state): State<AppState>, request: Request) -> Response {
    let Some((path, file)) = find(request.uri().path()) else {
        return pages::not_found(&state, request).await.into_response();
    };
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return serve(&path, file, request.headers());
    }
    ([(header::ALLOW, "GET,HEAD")], problem::method_not_allowed().await).into_response()
}

fn find(path: &str) -> Option<(String, EmbeddedFile)> {
    let path = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
    // In a debug build the name reaches the disk: nothing that a file system reads as more than a name passes.
    let is_name = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(['\\', ':', '\0']);
    if !path.split('/').all(is_name) {
        return None;
    }
    Site::get(&path).map(|file| (path.into_owned(), file))
}

fn serve(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let (encoding, file) = encoded(path, request).unwrap_or((None, file));
    let hash = file.metadata.sha256_hash();
    // Each encoding is a file with a hash of its own, so their tags differ as they must.
    let tag = hash[..16].iter().fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    // Fonts carry their version in their names; scripts and styles do not, so these are asked for each time.
    let caching = if path.starts_with("fonts/") { "public, max-age=31536000, immutable" } else { "no-cache" };

    let validation = [(header::CACHE_CONTROL, caching), (header::VARY, "accept-encoding")];
    if let Some(response) = etag::not_modified(request, &tag, &validation) {
        return response;
    }
    let mut response = (validation, Body::from(file.data.into_owned())).into_response();
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The smallest encoding of the file that the client takes and that was made when the site was built.
fn encoded(path: &str, request: &HeaderMap) -> Option<(Option<&'static str>, EmbeddedFile)> {
    [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, ending)| {
        let file = accepts(request, encoding).then(|| Site::get(&format!("{path}.{ending}")))??;
        Some((Some(encoding), file))
    })
}

fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|choice| {
        let (name, weight) = choice.split_once(';').unwrap_or((choice, ""));
        let is_refused = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case(encoding) && !is_refused
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "wasm" => "application/wasm",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_site() {
        for path in [
            "/../Cargo.toml",
            "/%2e%2e/%2e%2e/Cargo.toml",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/pkg/..%5c..%5cCargo.toml",
            "/%00",
            "/%ff",
            "/",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn an_encoding_is_used_only_where_it_is_accepted() {
        let request = |value: &str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
        assert!(accepts(&request("gzip, deflate, br"), "br"));
        assert!(accepts(&request("gzip;q=0.5, BR;q=0.9"), "br"));
        assert!(!accepts(&request("gzip, br;q=0"), "br"));
        assert!(!accepts(&request("brotli"), "br"));
    }
}
