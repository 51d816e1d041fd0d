//! The responses to a publish.

use axum::{
    Json as JsonBody,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pulseboard_contract::api::{PublishedBatch, PublishedEvent, PublishedLines};
use pulseboard_hub::Published;
use serde::Serialize;
use utoipa::ToSchema;

/// The body of the response to a publish.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PublishResponse {
    Event(PublishedEvent),
    Batch(PublishedBatch),
    Lines(PublishedLines),
}

/// The response to one event: 201 with its event id, or 200 with the first event id if the event was
/// already stored.
pub(crate) fn of_event(published: Published) -> Response {
    let status = if published.is_duplicate {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let body = PublishedEvent {
        id: published.event_id,
    };
    of_status(status, PublishResponse::Event(body))
}

/// The response to a batch.
pub(super) fn of_batch(published: &[Published]) -> Response {
    let duplicates = published
        .iter()
        .filter(|published| published.is_duplicate)
        .count() as u64;
    let body = PublishedBatch {
        ids: published
            .iter()
            .map(|published| published.event_id)
            .collect(),
        duplicates,
    };
    of_status(StatusCode::CREATED, PublishResponse::Batch(body))
}

/// The response to a stream of lines.
pub(super) fn of_lines(body: PublishedLines) -> Response {
    of_status(StatusCode::CREATED, PublishResponse::Lines(body))
}

fn of_status(status: StatusCode, body: PublishResponse) -> Response {
    let mut response = (status, JsonBody(body)).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
