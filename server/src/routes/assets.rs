//! Static files, embedded in the binary. A debug build reads them from the disk, as they change
//! under the watcher.

use std::sync::OnceLock;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use leptos::{WasmSplitManifest, prelude::ArcStoredValue};
use percent_encoding::percent_decode_str;
use pulseboard_app::Assets;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::pages;
use crate::{AppState, etag, problem};

#[derive(RustEmbed)]
#[folder = "../target/site"]
struct Site;

/// Where the build puts what it makes.
const BUILT: &str = "pkg";

/// What a page has to know of the files of the front end.
pub(crate) struct FrontEnd {
    /// What every page loads.
    pub(crate) assets: Assets,
    /// Which modules a page that is fetched when it is opened consists of, so that the browser can
    /// be told to fetch them along with the page. None where the front end is one module.
    pub(crate) modules: Option<WasmSplitManifest>,
}

/// Read once: names do not change while a server runs, not even under the watcher.
pub(crate) fn front_end() -> &'static FrontEnd {
    static FRONT_END: OnceLock<FrontEnd> = OnceLock::new();
    FRONT_END.get_or_init(|| FrontEnd {
        assets: names(),
        modules: modules(),
    })
}

/// The files under the names the build gave them. One is missing only where there was no build.
fn names() -> Assets {
    let usual = Assets::default();
    let named = |ending: &str| built("pulseboard", ending).map(|file| format!("/{BUILT}/{file}"));
    Assets {
        style: named("css").unwrap_or(usual.style),
        script: named("js").unwrap_or(usual.script),
        module: named("wasm").unwrap_or(usual.module),
    }
}

fn modules() -> Option<WasmSplitManifest> {
    let manifest = Site::get(&format!(
        "{BUILT}/{}",
        built("__wasm_split_manifest", "json")?
    ))?;
    let modules = serde_json::from_slice(&manifest.data).ok()?;
    Some(WasmSplitManifest(ArcStoredValue::new((
        format!("/{BUILT}"),
        modules,
        built("__wasm_split", "js")?,
    ))))
}

/// The one file of this stem and ending, with or without a hash between them.
fn built(stem: &str, ending: &str) -> Option<String> {
    Site::iter().find_map(|path| {
        let name = path.strip_prefix(BUILT)?.strip_prefix('/')?;
        let between = name.strip_prefix(stem)?.strip_suffix(ending)?;
        (between == "."
            || hash_in(name)
                .is_some_and(|hash| between.strip_prefix('.') == Some(&format!("{hash}."))))
        .then(|| name.to_owned())
    })
}

/// The hash of its content that a file has before its ending: an MD5 in unpadded base64, which is
/// 22 characters.
fn hash_in(name: &str) -> Option<&str> {
    let (stem, _) = name.rsplit_once('.')?;
    let (_, hash) = stem.rsplit_once('.')?;
    let is_hash = hash.len() == 22
        && hash
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // The place kept for a hash in a development build.
    (is_hash && hash.bytes().any(|byte| byte != b'_')).then_some(hash)
}

/// The file at the request's path, or that there is none.
pub(crate) async fn asset(State(state): State<AppState>, request: Request) -> Response {
    let Some((path, file)) = find(request.uri().path()) else {
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

fn find(path: &str) -> Option<(String, EmbeddedFile)> {
    let path = percent_decode_str(path.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    // In a debug build the name reaches the disk: nothing that a file system reads as more than a
    // name passes.
    let is_name =
        |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(['\\', ':', '\0']);
    if !path.split('/').all(is_name) {
        return None;
    }
    Site::get(&path).map(|file| (path.into_owned(), file))
}

fn serve(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let (encoding, file) = encoded(path, request).unwrap_or((None, file));
    let hash = file.metadata.sha256_hash();
    // Each encoding is a file with a hash of its own, so their tags differ as they must.
    let tag = hash[..16]
        .iter()
        .fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}"))
        + "\"";
    // What carries its version or its hash in its name never changes; the rest is asked for each
    // time.
    let is_for_good =
        path.starts_with("fonts/") || (path.starts_with(BUILT) && hash_in(path).is_some());
    let caching = if is_for_good {
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
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(path)),
    );
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The smallest encoding of the file that the client takes and that was made when the site was
/// built.
fn encoded(path: &str, request: &HeaderMap) -> Option<(Option<&'static str>, EmbeddedFile)> {
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .find_map(|(encoding, ending)| {
            let file =
                accepts(request, encoding).then(|| Site::get(&format!("{path}.{ending}")))??;
            Some((Some(encoding), file))
        })
}

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
    fn a_hash_is_told_from_a_version() {
        assert_eq!(
            hash_in("pulseboard.Q2-bXwlc_kTbPqe1xN0Bxw.wasm"),
            Some("Q2-bXwlc_kTbPqe1xN0Bxw")
        );
        for name in [
            "pulseboard.wasm",
            "inter-5.3.0.woff2",
            "__wasm_split.______________________.js",
            "a.Q2-bXwlc_kTbPqe1xN0Bxw",
        ] {
            assert_eq!(hash_in(name), None, "{name}");
        }
    }

    #[test]
    fn an_encoding_is_used_only_where_it_is_accepted() {
        let request =
            |value: &str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
        assert!(accepts(&request("gzip, deflate, br"), "br"));
        assert!(accepts(&request("gzip;q=0.5, BR;q=0.9"), "br"));
        assert!(!accepts(&request("gzip, br;q=0"), "br"));
        assert!(!accepts(&request("brotli"), "br"));
    }
}
