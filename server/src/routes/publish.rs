//! `POST /topics/{topic}` and `POST /events`: publish, in every format there is.
//!
//! The content type says which; `publishing` has a module for each.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use pulseboard_contract::Topic;

use crate::{
    AppState,
    input::{ContentType, is_json},
    openapi::schemas,
    problem::Problem,
    publishing::{self, Answer, PublishedEvent, Target, Way},
};

/// Publishes to the topic in the address.
///
/// The content type says what the body is: words, which become a `message`; JSON, published as it
/// is under the type in `ce-type` (the binary mode of `CloudEvents`); one event in JSON; a batch,
/// published as a whole or not at all; or a stream of lines, published as they come.
#[utoipa::path(
    post,
    path = "/topics/{*topic}",
    operation_id = "publish_to_topic",
    tag = "publish",
    params(
        ("topic" = String, Path, description = "1 to 16 segments joined by `/`: letters, digits and `- _ . ~ : @ +`, 200 bytes in all", example = "deploys"),
        ("ce-id" = Option<String>, Header, description = "Of text and JSON: with `ce-source` it makes the publish idempotent"),
        ("ce-source" = Option<String>, Header, description = "Of text, JSON and lines: who says so, a URI reference"),
        ("ce-type" = Option<String>, Header, description = "Of JSON and lines: the event type; `message` unless told"),
        ("ce-time" = Option<String>, Header, description = "Of text, JSON and lines: when it happened, RFC 3339; now unless told"),
        ("ce-expires" = Option<String>, Header, description = "Of text, JSON and lines: from when on it is of no use, RFC 3339. Any other `ce-` header is a further attribute")
    ),
    request_body(description = "64 KiB an event, 8 MiB a batch or a stream of lines", content(
        (String = "text/plain", example = json!("api v2.31.0 is live")),
        (Value = "application/json", example = json!({"message": "Disk on db-2 is 91 % full", "type": "warning"})),
        (schemas::NewEvent = "application/cloudevents+json"),
        (Vec<schemas::NewEvent> = "application/cloudevents-batch+json"),
        (String = "application/x-ndjson", example = json!("{\"temperature\":21.4}\n{\"temperature\":21.6}\n"))
    )),
    responses(
        (status = 201, description = "Published: of one event, of a batch, of a stream of lines", body = Answer),
        (status = 200, description = "The event was there already: its first id", body = PublishedEvent),
        (status = 400, description = "What is no event; `field` names what is wrong. Nothing is published, but for the lines before a bad one", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 413, description = "An event over 64 KiB, or a body over 8 MiB", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 415, description = "Another content type", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The log fails, or the server is shutting down; `Retry-After` says when to try again", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 507, description = "The log is full", body = schemas::Problem, content_type = "application/problem+json")
    ),
    extensions(("x-example" = json!("curl -s --json '{\"temperature\": 21.4}' $URL/topics/office/sensor")))
)]
pub(crate) async fn to_topic(
    State(state): State<AppState>,
    topic: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    const ACCEPTED: &str =
        "text/plain, application/json, application/x-ndjson, or JSON of CloudEvents";
    let Path(topic) = topic?;
    let topic = Topic::new(&topic).map_err(|error| Problem::input("topic", error.to_string()))?;
    let way = way(&headers, ACCEPTED)?;
    publish(
        &Target {
            state: &state,
            way,
            topic: Some(topic),
        },
        &headers,
        body,
    )
    .await
}

/// Publishes to the topics that the events name.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "publish_events",
    tag = "publish",
    request_body(description = "64 KiB an event, 8 MiB a batch or a stream of lines", content(
        (schemas::NewEvent = "application/cloudevents+json"),
        (Vec<schemas::NewEvent> = "application/cloudevents-batch+json"),
        (String = "application/x-ndjson")
    )),
    responses(
        (status = 201, description = "Published: of one event, of a batch, of a stream of lines", body = Answer),
        (status = 200, description = "The event was there already: its first id", body = PublishedEvent),
        (status = 400, description = "What is no event; `field` names what is wrong. Nothing is published, but for the lines before a bad one", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 413, description = "An event over 64 KiB, or a body over 8 MiB", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 415, description = "Another content type", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The log fails, or the server is shutting down; `Retry-After` says when to try again", body = schemas::Problem, content_type = "application/problem+json"),
        (status = 507, description = "The log is full", body = schemas::Problem, content_type = "application/problem+json")
    ),
    extensions(("x-example" = json!("curl -s -H 'Content-Type: application/cloudevents+json' -d '{\"specversion\": \"1.0\", \"id\": \"build-77\", \"source\": \"/ci\", \"type\": \"update\", \"topic\": \"deploys\", \"data\": {\"content\": \"v2\"}}' $URL/events")))
)]
pub(crate) async fn to_any(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    const ACCEPTED: &str =
        "application/cloudevents+json, application/cloudevents-batch+json or application/x-ndjson";
    match way(&headers, ACCEPTED)? {
        Way::Text | Way::Json => Err(refused(
            "A body that names no topic is published to /topics/{topic}.",
            ACCEPTED,
        )),
        way @ (Way::Structured | Way::Batch | Way::Lines) => {
            publish(
                &Target {
                    state: &state,
                    way,
                    topic: None,
                },
                &headers,
                body,
            )
            .await
        }
    }
}

async fn publish(
    target: &Target<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let answer = match target.way {
        Way::Text => publishing::publish_text(target, headers, body).await,
        Way::Json => publishing::publish_json(target, headers, body).await,
        Way::Structured => publishing::publish_structured(target, headers, body).await,
        Way::Batch => publishing::publish_batch(target, headers, body).await,
        Way::Lines => publishing::publish_lines(target, headers, body).await,
    };
    let status = answer
        .as_ref()
        .map_or_else(Problem::status, Response::status);
    target.state.metrics.answered(target.way.name(), status);
    answer
}

fn way(headers: &HeaderMap, accepted: &'static str) -> Result<Way, Problem> {
    let content_type = ContentType::of(headers)
        .ok_or_else(|| refused("The request has no content type.", accepted))?;
    if !content_type.is_utf8() {
        return Err(refused(
            "The body is in a charset other than UTF-8.",
            accepted,
        ));
    }
    match content_type.essence.as_str() {
        "text/plain" => Ok(Way::Text),
        "application/cloudevents+json" => Ok(Way::Structured),
        "application/cloudevents-batch+json" => Ok(Way::Batch),
        "application/x-ndjson" => Ok(Way::Lines),
        // Events in another format of their own, such as Avro.
        other if other.starts_with("application/cloudevents") => Err(refused(
            format!("{other} is not a format of CloudEvents that is known here."),
            accepted,
        )),
        other if is_json(other) => Ok(Way::Json),
        other => Err(refused(format!("{other} is not accepted."), accepted)),
    }
}

fn refused(detail: impl Into<std::borrow::Cow<'static, str>>, accepted: &'static str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
        .expecting(format!("{accepted}, in UTF-8"))
}
