//! What keeps other sites out, and the headers that make browsers help.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Refuses requests that would change something and that a page of another site made the browser
/// send. A program that is no browser sends neither header and is not meant.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if !is_safe && is_foreign(request.headers(), request.uri()) {
        return refusal().into_response();
    }
    next.run(request).await
}

/// The answer to another site.
pub(crate) fn refusal() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "This request comes from a page of another site.",
    )
}

/// Whether a page of another site is behind the request.
///
/// Browsers that say so in `Sec-Fetch-Site` are believed: script cannot set it, and behind a proxy
/// that rewrites `Host` it is all there is. Another port or subdomain of ours is `same-site`, and
/// just as foreign. Where the header is missing, as on plain HTTP from another machine, the origin
/// must be the host.
pub(crate) fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site != "same-origin" && site != "none",
        None => headers
            .get(header::ORIGIN)
            .is_some_and(|origin| !is_own(origin, headers, uri)),
    }
}

/// Whether the origin is the host the request was sent to. The scheme is not compared: behind a
/// proxy that ends TLS, we do not know it.
fn is_own(origin: &HeaderValue, headers: &HeaderMap, uri: &Uri) -> bool {
    let own = host(uri, headers);
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, authority)| authority);
    matches!((own, origin), (Some(own), Some(origin)) if own.eq_ignore_ascii_case(origin))
}

/// The host a request was sent to, with its port: HTTP/2 has it in the address, HTTP/1.1 in a
/// header.
pub(crate) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority()
        .map(Authority::as_str)
        .or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// The headers every response has.
pub(crate) fn set_headers(headers: &mut HeaderMap) {
    const HEADERS: [(HeaderName, &str); 3] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// The policy of a page. Scripts run by nonce only; what these load, such as the WebAssembly
/// module, is theirs to trust. `reload` is the port of the development watcher's socket, where
/// there is one.
pub(crate) fn content_security_policy(nonce: &str, reload: Option<u32>) -> String {
    let reload = reload
        .map(|port| format!(" ws://127.0.0.1:{port}"))
        .unwrap_or_default();
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'{reload}; font-src 'self'; \
         worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
