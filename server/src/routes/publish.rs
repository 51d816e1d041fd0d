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
    publishing::{self, Target, Way},
};

/// To the topic in the address.
pub(crate) async fn to_topic(
    State(state): State<AppState>,
    topic: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    const ACCEPTED: &str = "text/plain, application/json, application/x-ndjson, or JSON of CloudEvents";
    let Path(topic) = topic?;
    let topic = Topic::new(&topic).map_err(|error| Problem::input("topic", error.to_string()))?;
    let way = way(&headers, ACCEPTED)?;
    publish(&Target { state: &state, way, topic: Some(topic) }, &headers, body).await
}

/// To the topics that the events name.
pub(crate) async fn to_any(State(state): State<AppState>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    const ACCEPTED: &str = "application/cloudevents+json, application/cloudevents-batch+json or application/x-ndjson";
    match way(&headers, ACCEPTED)? {
        Way::Text | Way::Json => Err(refused("A body that names no topic is published to /topics/{topic}.", ACCEPTED)),
        way @ (Way::Structured | Way::Batch | Way::Lines) => {
            publish(&Target { state: &state, way, topic: None }, &headers, body).await
        }
    }
}

async fn publish(target: &Target<'_>, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    let answer = match target.way {
        Way::Text => publishing::publish_text(target, headers, body).await,
        Way::Json => publishing::publish_json(target, headers, body).await,
        Way::Structured => publishing::publish_structured(target, headers, body).await,
        Way::Batch => publishing::publish_batch(target, headers, body).await,
        Way::Lines => publishing::publish_lines(target, headers, body).await,
    };
    let status = answer.as_ref().map_or_else(Problem::status, Response::status);
    target.state.metrics.answered(target.way.name(), status);
    answer
}

fn way(headers: &HeaderMap, accepted: &'static str) -> Result<Way, Problem> {
    let content_type = ContentType::of(headers).ok_or_else(|| refused("The request has no content type.", accepted))?;
    if !content_type.is_utf8() {
        return Err(refused("The body is in a charset other than UTF-8.", accepted));
    }
    match content_type.essence.as_str() {
        "text/plain" => Ok(Way::Text),
        "application/cloudevents+json" => Ok(Way::Structured),
        "application/cloudevents-batch+json" => Ok(Way::Batch),
        "application/x-ndjson" => Ok(Way::Lines),
        // Events in another format of their own, such as Avro.
        other if other.starts_with("application/cloudevents") => {
            Err(refused(format!("{other} is not a format of CloudEvents that is known here."), accepted))
        }
        other if is_json(other) => Ok(Way::Json),
        other => Err(refused(format!("{other} is not accepted."), accepted)),
    }
}

fn refused(detail: impl Into<std::borrow::Cow<'static, str>>, accepted: &'static str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).expecting(format!("{accepted}, in UTF-8"))
}
