//! What is told of each request: an id, one line in the log, and a measure of how long it took.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    response::Response,
};
use tracing::Instrument;

use crate::{AppState, problem::Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The route of what is none: static files, and nothing.
const NO_ROUTE: &str = "other";

tokio::task_local! {
    /// The id of the request this task answers. A problem is made deep inside a handler, and must
    /// name it.
    static CURRENT: String;
}

/// The id of the request being answered, if one is.
pub(crate) fn request_id() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Gives the request an id, and tells its end. It stands around everything that makes an answer.
pub(crate) async fn follow<F: Future<Output = Response>>(
    state: &AppState,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let began = Instant::now();
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(sane)
        .unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
    let method = known(request.method());
    let uri = request.uri().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    // For those who look closely; a span for every request is a tenth of what a publish costs.
    let span = tracing::debug_span!("request", id);
    let mut response = CURRENT
        .scope(id.clone(), answer(request).instrument(span))
        .await;

    let (status, took) = (response.status(), began.elapsed());
    let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    state.metrics.requested(method, route, status, took);
    told(
        &id,
        (method, route, uri.path()),
        status,
        took.as_secs_f64() * 1e3,
        response.extensions().get(),
    );
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// An id of the client's own is taken if it can do no harm in a log.
fn sane(given: &HeaderValue) -> Option<String> {
    let text = given.to_str().ok()?;
    let is_sane = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_sane.then(|| text.to_owned())
}

/// A method by its name; what anybody can make up has none.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// One line a request. Who asks for something wrong is told so; the log warns only of what is our
/// fault.
fn told(
    request_id: &str,
    (method, route, path): (&str, &str, &str),
    status: StatusCode,
    milliseconds: f64,
    problem: Option<&Problem>,
) {
    let (detail, field) = problem.map_or((None, None), |problem| {
        (Some(problem.detail()), problem.field())
    });
    let code = status.as_u16();
    if status.is_server_error() && !problem.is_some_and(Problem::is_for_room) {
        tracing::warn!(
            request_id,
            method,
            route,
            path,
            status = code,
            milliseconds,
            detail,
            "a request failed"
        );
    } else {
        tracing::debug!(
            request_id,
            method,
            route,
            path,
            status = code,
            milliseconds,
            detail,
            field,
            "a request"
        );
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_that_do_no_harm_are_taken_over() {
        for (given, is_taken) in [
            ("abc-DEF_1.2", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(
                sane(&HeaderValue::from_str(given).unwrap()).is_some(),
                is_taken,
                "{given}"
            );
        }
    }
}
