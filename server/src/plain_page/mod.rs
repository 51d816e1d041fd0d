//! Pages that need neither the app nor its stylesheet: the page that a browser shows when the
//! server is unreachable, and the page of an error.

use std::fmt::Write;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};

use crate::{problem::Problem, request_id};

const STYLE: &str = include_str!("style.css");
const RECONNECT: &str = include_str!("reconnect.js");
/// The content security policy of these pages. Style and script are inline; the pages contain no
/// unescaped text of a visitor.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page for an unreachable server. The service worker keeps it, and its script tries to reconnect
/// until the server responds.
#[allow(clippy::unused_async)] // Handlers are async.
pub(crate) async fn offline() -> Response {
    let main = format!(
        "<h1>Can't reach Pulseboard</h1>\
         <p>The server is down, or this device has no network. Nothing is lost: the page reloads when the server is back, \
         with everything that happened meanwhile.</p>\
         <small id=\"status\" role=\"timer\" aria-live=\"off\"></small>\
         <nav><button class=\"button go\" id=\"again\" type=\"button\">Try now</button></nav><script>{RECONNECT}</script>"
    );
    page("Offline", &main)
}

/// Middleware that turns a problem document into a page if the client accepts HTML.
pub(crate) async fn problems_as_pages(request: Request, next: Next) -> Response {
    let is_page = request.method() == Method::GET && accepts_html(request.headers());
    let response = next.run(request).await;
    let Some(problem) = response
        .extensions()
        .get::<Problem>()
        .filter(|_| is_page)
        .cloned()
    else {
        return response;
    };
    let id = request_id::current().unwrap_or_default();
    let heading = if problem.status().is_server_error() {
        "Something went wrong"
    } else {
        "Invalid request"
    };
    let main = format!(
        "<h1>{heading}</h1><p>{}</p>\
         <nav><a class=\"button go\" href=\"\">Try again</a><a class=\"button\" href=\"/\">Go to the board</a></nav>\
         <small>Status {}, request <code>{}</code></small>",
        escaped(problem.detail()),
        problem.status().as_u16(),
        escaped(&id)
    );
    // The other headers of the problem, such as `Retry-After`, hold for the page too.
    let (mut parts, _) = response.into_parts();
    let (page, body) = page("Error", &main).into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &page.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

/// Whether the client accepts HTML.
pub(crate) fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|accept| {
        accept
            .as_bytes()
            .windows(9)
            .any(|part| part == b"text/html")
    })
}

fn page(title: &str, main: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · Pulseboard</title><style>{STYLE}</style></head>\
         <body><header><a href=\"/\"><svg viewBox=\"0 0 24 24\" width=\"22\" height=\"22\" aria-hidden=\"true\">\
         <rect x=\"1\" y=\"1\" width=\"22\" height=\"22\" rx=\"6\"/>\
         <path d=\"M4.5 12.5h3.2l2.3-6l3.6 11l2.3-7l1.1 2h2.5\"/></svg>Pulseboard</a></header>\
         <main>{main}</main></body></html>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    let mut response = Html(html).into_response();
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Text escaped for HTML, within an element or an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '<' | '>' | '&' | '"' | '\'') {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "&#{};", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::{Router, body::to_bytes, http::StatusCode, middleware::from_fn, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn text(response: Response) -> String {
        String::from_utf8(
            to_bytes(response.into_body(), usize::MAX)
                .await
                .unwrap()
                .to_vec(),
        )
        .unwrap()
    }

    async fn ask(accept: &str) -> Response {
        let failing = || async { Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no <room>") };
        let router: Router = Router::new()
            .route("/", get(failing))
            .layer(from_fn(problems_as_pages));
        let request = Request::get("/")
            .header(header::ACCEPT, accept)
            .body(axum::body::Body::empty())
            .unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_page_that_fails_is_an_error_page_with_the_same_status() {
        let page = ask("text/html,*/*;q=0.8").await;
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.headers().contains_key(header::RETRY_AFTER));
        assert!(
            page.extensions().get::<Problem>().is_some(),
            "telemetry can still log the problem"
        );
        assert_eq!(
            page.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8"
        );
        let html = text(page).await;
        assert!(
            html.contains("no &#60;room&#62;") && html.contains("Status 503"),
            "{html}"
        );
    }

    #[tokio::test]
    async fn a_program_gets_the_problem_document() {
        let problem = ask("*/*").await;
        assert_eq!(
            problem.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }

    #[tokio::test]
    async fn the_service_worker_names_the_version_of_the_offline_page() {
        // A browser fetches the page again only when the service worker has changed, so the worker
        // contains a hash of the page.
        let hash = text(offline().await)
            .await
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let version = format!("const VERSION = \"{hash:016x}\";");
        assert!(
            include_str!("../../../public/sw.js").contains(&version),
            "public/sw.js needs: {version}"
        );
    }
}
