//! For who runs the server: `GET /healthz`, `/readyz` and `/metrics`.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{AppState, problem::Problem};

/// The process is alive.
pub(crate) async fn health() -> &'static str {
    "ok"
}

/// The server can do its work: its log takes events, and it is not ending.
pub(crate) async fn ready(State(state): State<AppState>) -> Result<&'static str, Problem> {
    state.hub.check().await?;
    Ok("ready")
}

/// What the server measures of itself.
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = state.metrics.text().map_err(|error| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The measures could not be written: {error}."))
    })?;
    Ok(([(header::CONTENT_TYPE, FORMAT), (header::CACHE_CONTROL, "no-store")], text).into_response())
}
