//! Telemetry of requests: one log line and one measurement for each.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method, StatusCode},
    response::Response,
};
use tracing::Instrument;

use crate::{
    AppState,
    problem::Problem,
    request_id::{self, REQUEST_ID},
};

/// The route of requests that match none: static files, and paths where nothing is.
const NO_ROUTE: &str = "other";

/// Answers the request under an id, then logs and measures it. Everything that can make a response
/// is inside of `answer`.
pub(crate) async fn record<F: Future<Output = Response>>(
    state: &AppState,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let began = Instant::now();
    let id = request_id::of_request(request.headers());
    let method = name(request.method());
    let uri = request.uri().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    // At the level debug, because a span for every request costs a tenth of what a publish costs.
    let span = tracing::debug_span!("request", id);
    let mut response = request_id::with_id(id.clone(), answer(request).instrument(span)).await;

    let (status, took) = (response.status(), began.elapsed());
    let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    state.metrics.requested(method, route, status, took);
    log(
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

/// The name of a method. A client can invent methods, and those must not become labels of metrics.
fn name(method: &Method) -> &'static str {
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

/// Logs a request in one line. It is a warning only if the server is at fault; the mistakes of a
/// client are in its response.
fn log(
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
            "a request was answered"
        );
    }
}
