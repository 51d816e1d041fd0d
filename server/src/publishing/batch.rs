//! Many events at once: `application/cloudevents-batch+json`. All of them are published, or none.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use pulseboard_contract::EventId;
use pulseboard_hub::NewEvent;
use serde_json::value::RawValue;

use super::{Answer, PublishedBatch, Target, structured::Members};
use crate::{
    input::{self, Limit},
    problem::Problem,
};

/// The body is an array of events.
pub(crate) async fn publish(
    target: &Target<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = input::body(headers, body, Limit::BATCH).await?;
    let items: Vec<&RawValue> = serde_json::from_str(super::utf8(&body)?).map_err(|error| {
        Problem::input("body", format!("The body is not a JSON array: {error}."))
            .expecting("an array of CloudEvents envelopes")
    })?;
    let mut events = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        // Reading megabytes must not hold up the streams that this thread serves.
        tokio::task::consume_budget().await;
        events.push(
            read(target, item.get())
                .map_err(|problem| problem.within(&format!("events[{index}]")))?,
        );
    }
    let published = super::publish_all(target.state, target.way.name(), events).await?;
    let ids: Vec<Option<EventId>> = published
        .iter()
        .map(|published| published.event_id)
        .collect();
    let duplicates = published
        .iter()
        .filter(|published| published.is_duplicate)
        .count();
    Ok(super::answer_with(
        StatusCode::CREATED,
        Answer::Batch(PublishedBatch { ids, duplicates }),
    ))
}

fn read(target: &Target<'_>, item: &str) -> Result<NewEvent, Problem> {
    if item.len() > Limit::ENVELOPE.bytes {
        return Err(Limit::ENVELOPE.exceeded_by("event"));
    }
    Members::parse(item)?.into_event(target)
}
