//! `POST /topics/{topic}` and `POST /events`: publish events, in any accepted format.
//!
//! The content type decides the format; `publishing` has a module for each.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use pulseboard_contract::{
    Topic,
    api::{ProblemDocument, PublishedEvent},
};

use crate::{
    AppState,
    input::{content_type, is_json, is_utf8},
    openapi::schemas,
    problem::Problem,
    publishing::{self, BodyFormat, PublishRequest, PublishResponse},
};

/// Publish to the topic in the path.
///
/// The content type decides how the body is read: plain text becomes a `message`; JSON is published
/// unchanged with the type from `ce-type` (the binary mode of `CloudEvents`); an envelope is one
/// event in JSON; a batch is published completely or not at all; NDJSON is published line by line
/// as it arrives.
#[utoipa::path(
    post,
    path = "/topics/{*topic}",
    operation_id = "publish_to_topic",
    tag = "publish",
    params(
        ("topic" = String, Path, description = "1 to 16 segments separated by `/`: letters, digits and `- _ . ~ : @ +`, at most 200 bytes", example = "deploys"),
        ("ce-id" = Option<String>, Header, description = "For text and JSON: the producer's id. The same `ce-source` and `ce-id` again are not stored twice"),
        ("ce-source" = Option<String>, Header, description = "For text, JSON and NDJSON: the program that publishes, as a URI reference"),
        ("ce-type" = Option<String>, Header, description = "For JSON and NDJSON: the event type; `message` by default"),
        ("ce-time" = Option<String>, Header, description = "For text, JSON and NDJSON: when the event happened, in RFC 3339; now by default"),
        ("ce-expires" = Option<String>, Header, description = "For text, JSON and NDJSON: when the event expires, in RFC 3339. Any other `ce-` header is an extension attribute")
    ),
    request_body(description = "At most 64 KiB for one event, and 8 MiB for a batch or NDJSON", content(
        (String = "text/plain", example = json!("api v2.31.0 is live")),
        (Value = "application/json", example = json!({"message": "Disk on db-2 is 91 % full", "type": "warning"})),
        (schemas::NewEvent = "application/cloudevents+json"),
        (Vec<schemas::NewEvent> = "application/cloudevents-batch+json"),
        (String = "application/x-ndjson", example = json!("{\"temperature\":21.4}\n{\"temperature\":21.6}\n"))
    )),
    responses(
        (status = 201, description = "Published. The body depends on the format: one event, a batch, or NDJSON", body = PublishResponse),
        (status = 200, description = "The event was already stored; the body has its first event id", body = PublishedEvent),
        (status = 400, description = "The event is invalid; `field` names the invalid part. Nothing is published, except the NDJSON lines before the invalid one", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "An event is larger than 64 KiB, or the body is larger than 8 MiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The content type is not accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The log cannot be written, or the server is shutting down; retry after `Retry-After` seconds", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ProblemDocument, content_type = "application/problem+json")
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
        "text/plain, application/json, application/x-ndjson, or a CloudEvents JSON format";
    let Path(topic) = topic?;
    let topic = Topic::new(&topic).map_err(|error| Problem::input("topic", error.to_string()))?;
    let request = PublishRequest {
        state: &state,
        format: format(&headers, ACCEPTED)?,
        topic: Some(topic),
    };
    publish(&request, &headers, body).await
}

/// Publish to the topics that the events name.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "publish_events",
    tag = "publish",
    request_body(description = "At most 64 KiB for one event, and 8 MiB for a batch or NDJSON", content(
        (schemas::NewEvent = "application/cloudevents+json"),
        (Vec<schemas::NewEvent> = "application/cloudevents-batch+json"),
        (String = "application/x-ndjson")
    )),
    responses(
        (status = 201, description = "Published. The body depends on the format: one event, a batch, or NDJSON", body = PublishResponse),
        (status = 200, description = "The event was already stored; the body has its first event id", body = PublishedEvent),
        (status = 400, description = "The event is invalid; `field` names the invalid part. Nothing is published, except the NDJSON lines before the invalid one", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "An event is larger than 64 KiB, or the body is larger than 8 MiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The content type is not accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The log cannot be written, or the server is shutting down; retry after `Retry-After` seconds", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ProblemDocument, content_type = "application/problem+json")
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
    match format(&headers, ACCEPTED)? {
        BodyFormat::Text | BodyFormat::Json => Err(not_accepted(
            "This format has no topic; publish it to /topics/{topic}.",
            ACCEPTED,
        )),
        format @ (BodyFormat::Structured | BodyFormat::Batch | BodyFormat::Lines) => {
            let request = PublishRequest {
                state: &state,
                format,
                topic: None,
            };
            publish(&request, &headers, body).await
        }
    }
}

async fn publish(
    request: &PublishRequest<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let response = match request.format {
        BodyFormat::Text => publishing::publish_text(request, headers, body).await,
        BodyFormat::Json => publishing::publish_json(request, headers, body).await,
        BodyFormat::Structured => publishing::publish_structured(request, headers, body).await,
        BodyFormat::Batch => publishing::publish_batch(request, headers, body).await,
        BodyFormat::Lines => publishing::publish_lines(request, headers, body).await,
    };
    let status = response
        .as_ref()
        .map_or_else(Problem::status, Response::status);
    request
        .state
        .metrics
        .answered(request.format.name(), status);
    response
}

/// The format of the body, from the content type.
fn format(headers: &HeaderMap, accepted: &'static str) -> Result<BodyFormat, Problem> {
    let content_type = content_type(headers).map_err(|detail| not_accepted(detail, accepted))?;
    if !is_utf8(&content_type) {
        return Err(not_accepted(
            "The charset of the body is not UTF-8.",
            accepted,
        ));
    }
    match content_type.essence_str() {
        "text/plain" => Ok(BodyFormat::Text),
        "application/cloudevents+json" => Ok(BodyFormat::Structured),
        "application/cloudevents-batch+json" => Ok(BodyFormat::Batch),
        "application/x-ndjson" => Ok(BodyFormat::Lines),
        // CloudEvents has other formats, such as Avro.
        other if other.starts_with("application/cloudevents") => Err(not_accepted(
            format!("{other} is not a supported format of CloudEvents."),
            accepted,
        )),
        _ if is_json(&content_type) => Ok(BodyFormat::Json),
        other => Err(not_accepted(format!("{other} is not accepted."), accepted)),
    }
}

fn not_accepted(detail: impl Into<Cow<'static, str>>, accepted: &'static str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
        .expecting(format!("{accepted}, in UTF-8"))
}
