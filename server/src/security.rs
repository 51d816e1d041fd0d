//! The protection against requests from other sites, and the security headers of responses.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Refuses requests that change something and that a page of another site made a browser send. Other
/// programs send neither of the headers that identify such a request.
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

/// The response to a request from another site.
pub(crate) fn refusal() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "This request comes from a page of another site.",
    )
}

/// Whether a page of another site made a browser send the request.
///
/// `Sec-Fetch-Site` decides if it is there: scripts cannot set it, and it is right even behind a
/// proxy that rewrites `Host`. The value `same-site` stands for another port or subdomain, which
/// counts as another site. Without the header, as on plain HTTP from another machine, the origin
/// must equal the host.
pub(crate) fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site != "same-origin" && site != "none",
        None => headers
            .get(header::ORIGIN)
            .is_some_and(|origin| !is_own(origin, headers, uri)),
    }
}

/// Whether the origin is the host to which the request was sent. The scheme is not compared, because
/// the server does not know it behind a proxy that terminates TLS.
fn is_own(origin: &HeaderValue, headers: &HeaderMap, uri: &Uri) -> bool {
    let own = host(uri, headers);
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, authority)| authority);
    matches!((own, origin), (Some(own), Some(origin)) if own.eq_ignore_ascii_case(origin))
}

/// The host to which a request was sent, with its port. HTTP/2 has it in the URI, HTTP/1.1 in a
/// header.
pub(crate) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority()
        .map(Authority::as_str)
        .or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// Sets the headers that all responses have.
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

/// The content security policy of a page. Only scripts with this nonce run, and what they load, such
/// as the WebAssembly module. `reload` is the port of the development watcher, if it is running.
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
