//! `POST /topics/{topic}` and `POST /events`: publish, in every format there is.
//!
//! The content type says which; `publishing` has a module for each.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use pulseboard::Topic;

use crate::{
    AppState,
    input::{ContentType, is_json},
    problem::Problem,
    publishing::{self, Target},
};

/// To the topic in the address.
pub(crate) async fn to_topic(
    State(state): State<AppState>,
    topic: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Path(topic) = topic?;
    let topic = Topic::new(&topic).map_err(|error| Problem::input("topic", error.to_string()))?;
    let target = Target { state: &state, topic: Some(topic) };
    match Format::of(&headers, "text/plain, application/json, or CloudEvents")? {
        Format::Text => publishing::publish_text(&target, &headers, body).await,
        Format::Json => publishing::publish_json(&target, &headers, body).await,
        Format::Structured => publishing::publish_structured(&target, &headers, body).await,
        Format::Batch => publishing::publish_batch(&target, &headers, body).await,
        Format::Lines => publishing::publish_lines(&target, &headers, body).await,
    }
}

/// To the topics that the events name.
pub(crate) async fn to_any(State(state): State<AppState>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    const ACCEPTED: &str = "application/cloudevents+json, application/cloudevents-batch+json or application/x-ndjson";
    let target = Target { state: &state, topic: None };
    match Format::of(&headers, ACCEPTED)? {
        Format::Text | Format::Json => Err(refused("A body that names no topic is published to /topics/{topic}.", ACCEPTED)),
        Format::Structured => publishing::publish_structured(&target, &headers, body).await,
        Format::Batch => publishing::publish_batch(&target, &headers, body).await,
        Format::Lines => publishing::publish_lines(&target, &headers, body).await,
    }
}

enum Format {
    Text,
    Json,
    Structured,
    Batch,
    Lines,
}

impl Format {
    fn of(headers: &HeaderMap, accepted: &'static str) -> Result<Self, Problem> {
        let content_type = ContentType::of(headers).ok_or_else(|| refused("The request has no content type.", accepted))?;
        if !content_type.is_utf8() {
            return Err(refused("The body is in a charset other than UTF-8.", accepted));
        }
        match content_type.essence.as_str() {
            "text/plain" => Ok(Self::Text),
            "application/cloudevents+json" => Ok(Self::Structured),
            "application/cloudevents-batch+json" => Ok(Self::Batch),
            "application/x-ndjson" => Ok(Self::Lines),
            // Events in another format of their own, such as Avro.
            other if other.starts_with("application/cloudevents") => {
                Err(refused(format!("{other} is not a format of CloudEvents that is known here."), accepted))
            }
            other if is_json(other) => Ok(Self::Json),
            other => Err(refused(format!("{other} is not accepted."), accepted)),
        }
    }
}

fn refused(detail: impl Into<std::borrow::Cow<'static, str>>, accepted: &'static str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).expecting(format!("{accepted}, in UTF-8"))
}
