//! Pages that stand alone, in the look of the product: the one that a browser keeps for when the
//! server cannot be reached, and the one that says why another page could not be made. They need no
//! script of the app and no stylesheet.

use std::fmt::Write;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};

use crate::problem::Problem;

const STYLE: &str = include_str!("style.css");
const RECONNECT: &str = include_str!("reconnect.js");
/// What these pages may do. Their style and script are written into them, and nothing that a
/// visitor sends is.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page for when the server cannot be reached: the service worker keeps it, and it tries until
/// the server answers.
#[allow(clippy::unused_async)] // A handler is.
pub(crate) async fn offline() -> Response {
    let main = format!(
        "<h1>Pulseboard cannot be reached</h1>\
         <p>The server does not answer, or there is no network. Nothing is lost: this page comes back by itself, with all \
         that happened meanwhile.</p>\
         <small id=\"status\" role=\"timer\" aria-live=\"off\"></small>\
         <nav><button class=\"button go\" id=\"again\" type=\"button\">Try now</button></nav><script>{RECONNECT}</script>"
    );
    answer("Offline", &main)
}

/// Turns the problem of a page into a page, for who reads pages.
pub(crate) async fn readable(request: Request, next: Next) -> Response {
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
    let id = crate::telemetry::request_id().unwrap_or_default();
    let heading = if problem.status().is_server_error() {
        "Something went wrong here"
    } else {
        "This could not be understood"
    };
    let main = format!(
        "<h1>{heading}</h1><p>{}</p>\
         <nav><a class=\"button go\" href=\"\">Try again</a><a class=\"button\" href=\"/\">Go to the board</a></nav>\
         <small>Status {}, request <code>{}</code></small>",
        escaped(problem.detail()),
        problem.status().as_u16(),
        escaped(&id)
    );
    // What the problem says beside its words, such as when to come back, holds for the page too.
    let (mut parts, _) = response.into_parts();
    let (page, body) = answer("Error", &main).into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &page.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

/// Whether who asks reads pages.
pub(crate) fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|accept| {
        accept
            .as_bytes()
            .windows(9)
            .any(|part| part == b"text/html")
    })
}

fn answer(title: &str, main: &str) -> Response {
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

/// Text as text, also within an attribute.
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
            .layer(from_fn(readable));
        let request = Request::get("/")
            .header(header::ACCEPT, accept)
            .body(axum::body::Body::empty())
            .unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_page_that_fails_says_so_in_a_page_and_keeps_its_status() {
        let page = ask("text/html,*/*;q=0.8").await;
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.headers().contains_key(header::RETRY_AFTER));
        assert!(
            page.extensions().get::<Problem>().is_some(),
            "it is still told in the log"
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
    async fn a_program_is_told_the_problem_itself() {
        let problem = ask("*/*").await;
        assert_eq!(
            problem.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }

    #[tokio::test]
    async fn the_service_worker_says_which_offline_page_it_keeps() {
        // A browser fetches the page again only with another worker, so its version has to follow
        // the page.
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
