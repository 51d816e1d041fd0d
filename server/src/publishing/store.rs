//! Hands checked events to the hub and counts them.

use axum::http::StatusCode;
use pulseboard_hub::{NewEvent, Published};

use crate::{AppState, problem::Problem};

/// Publishes events that are already checked, all of them or none. `format` is the label in the
/// metrics.
///
/// # Errors
/// If the log cannot store them, or the server is shutting down.
pub(crate) async fn publish_all(
    state: &AppState,
    format: &'static str,
    events: Vec<NewEvent>,
) -> Result<Vec<Published>, Problem> {
    // An empty list does not need the hub's writer.
    let published = if events.is_empty() {
        Vec::new()
    } else {
        state.hub.publish(events).await?
    };
    state.metrics.published(format, &published);
    Ok(published)
}

/// Publishes one event that is already checked.
///
/// # Errors
/// If the log cannot store it, or the server is shutting down.
pub(crate) async fn publish_one(
    state: &AppState,
    format: &'static str,
    event: NewEvent,
) -> Result<Published, Problem> {
    let published = publish_all(state, format, vec![event]).await?;
    published.into_iter().next().ok_or_else(|| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The hub returned no result for the event.",
        )
    })
}
