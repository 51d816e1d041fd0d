//! Health and metrics: `GET /healthz`, `/readyz` and `/metrics`.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use pulseboard_contract::api::ProblemDocument;
use pulseboard_hub::PublishError;

use crate::{AppState, problem::Problem};

/// Tells that the process is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "alive",
    tag = "operate",
    responses(
        (status = 200, description = "The process is alive", content_type = "text/plain", body = String)
    ),
    extensions(("x-example" = json!("curl -s $URL/healthz")))
)]
pub(crate) async fn health() -> &'static str {
    "ok"
}

/// Tells whether the server can do its work: its log accepts events, and it is not shutting down.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "operate",
    responses(
        (status = 200, description = "It can", content_type = "text/plain", body = String),
        (status = 503, description = "It cannot", body = ProblemDocument, content_type = "application/problem+json")
    ),
    extensions(("x-example" = json!("curl -s $URL/readyz")))
)]
pub(crate) async fn ready(State(state): State<AppState>) -> Result<&'static str, Problem> {
    // A full log is a 503 here, like any other cause: a load balancer only needs to know that the
    // server is not ready.
    let unready =
        |error: PublishError| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string());
    state.hub.check().await.map_err(unready)?;
    Ok("ready")
}

/// Returns the metrics of the server.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operate",
    responses(
        (status = 200, description = "The metrics in the OpenMetrics format", content_type = "application/openmetrics-text", body = String)
    ),
    extensions(("x-example" = json!("curl -s $URL/metrics")))
)]
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = state.metrics.text().map_err(|error| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The metrics could not be written: {error}."),
        )
    })?;
    Ok((
        [
            (header::CONTENT_TYPE, FORMAT),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response())
}
