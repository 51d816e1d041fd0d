//! Several events in one JSON array: `application/cloudevents-batch+json`. All of them are published,
//! or none.

use axum::{body::Body, http::HeaderMap, response::Response};
use pulseboard_hub::NewEvent;
use serde_json::value::RawValue;

use super::{request::PublishRequest, response, store, structured::Envelope};
use crate::{
    input::{self, Limit},
    problem::Problem,
};

/// Publishes a body that is an array of envelopes.
///
/// # Errors
/// If the body is not such an array, or one of its events may not be published.
pub(crate) async fn publish(
    request: &PublishRequest<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = input::read_body(headers, body, Limit::BATCH).await?;
    let items: Vec<&RawValue> = serde_json::from_str(input::utf8(&body)?).map_err(|error| {
        Problem::input("body", format!("The body is not a JSON array: {error}."))
            .expecting("an array of CloudEvents envelopes")
    })?;
    let mut events = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        // Parsing megabytes must not delay the streams that this thread serves.
        tokio::task::consume_budget().await;
        events.push(
            event(request, item.get())
                .map_err(|problem| problem.within(&format!("events[{index}]")))?,
        );
    }
    let published = store::publish_all(request.state, request.format.name(), events).await?;
    Ok(response::of_batch(&published))
}

fn event(request: &PublishRequest<'_>, item: &str) -> Result<NewEvent, Problem> {
    if item.len() > Limit::ENVELOPE.bytes {
        return Err(Limit::ENVELOPE.exceeded_by("event"));
    }
    Envelope::parse(item)?.into_event(request)
}
