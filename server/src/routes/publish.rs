//! `POST /topics/{topic}`: publishes one event.
//!
//! Plain text becomes a `message`. JSON is published as it is, under the type that `ce-type` says: the `CloudEvents`
//! HTTP binding calls that the binary content mode.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use pulseboard::{Attributes, EventType, Json, Message, Payload, Timestamp, Topic, TypeName};
use pulseboard_hub::NewEvent;

use crate::{
    AppState,
    input::{self, ContentType},
    problem::Problem,
    publishing,
};

pub(crate) async fn publish(
    State(state): State<AppState>,
    topic: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Path(topic) = topic?;
    let topic = Topic::new(&topic).map_err(|error| Problem::input("topic", error.to_string()))?;
    let format = Format::of(&headers)?;
    let attributes = Given::of(&headers)?;
    let body = input::body(&headers, body).await?;
    let text = std::str::from_utf8(&body).map_err(|_| Problem::input("body", "The body is not UTF-8.").expecting("UTF-8"))?;

    let time = attributes.time.unwrap_or_else(|| state.now());
    let data = match format {
        Format::Text if attributes.event_type != EventType::Message.into() => {
            return Err(Problem::input("ce-type", "Plain text is published as a message; other types are sent as JSON.")
                .expecting("message, or application/json"));
        }
        Format::Text => Payload::Message(Message { message: text.to_owned(), timestamp: time }).json(),
        Format::Json => Json::parse(text).map_err(|error| Problem::input("data", error.to_string()).expecting("JSON"))?,
    };
    let Given { id, source, event_type, .. } = attributes;
    let published = publishing::publish(
        &state,
        NewEvent { id, source, event_type, topic, time, expires: None, attributes: Attributes::default(), data },
    )
    .await?;
    Ok(publishing::answer(published))
}

enum Format {
    Text,
    Json,
}

impl Format {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let refused = |detail: String| {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).expecting("text/plain or application/json, in UTF-8")
        };
        let content_type = ContentType::of(headers)
            .ok_or_else(|| refused("The request has no content type. Send text/plain or application/json.".to_owned()))?;
        if !content_type.is_utf8() {
            return Err(refused("The body is in a charset other than UTF-8.".to_owned()));
        }
        match content_type.essence.as_str() {
            "text/plain" => Ok(Self::Text),
            "application/json" => Ok(Self::Json),
            other => Err(refused(format!(
                "{other} is not accepted. Send text/plain, or application/json with the type in the header ce-type."
            ))),
        }
    }
}

/// What the `ce-` headers say.
struct Given {
    id: Option<String>,
    source: String,
    event_type: TypeName,
    time: Option<Timestamp>,
}

impl Given {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        if input::attribute(headers, "ce-specversion")?.is_some_and(|version| version != "1.0") {
            return Err(Problem::input("ce-specversion", "This version of CloudEvents is not known.").expecting("1.0"));
        }
        let event_type = match input::attribute(headers, "ce-type")? {
            Some(text) => TypeName::new(&text).map_err(|error| Problem::input("ce-type", error.to_string()))?,
            None => EventType::Message.into(),
        };
        let time = input::attribute(headers, "ce-time")?
            .map(|text| {
                text.parse().map_err(|_| {
                    Problem::input("ce-time", "ce-time is not a time.").expecting("RFC 3339, like 2024-01-01T12:00:00Z")
                })
            })
            .transpose()?;
        let (id, source) = (bounded(headers, "ce-id", 200)?, bounded(headers, "ce-source", 300)?);
        // The pair makes a publish idempotent. Under a source that everybody shares, one program's first event would
        // swallow another's.
        if id.is_some() && source.is_none() {
            return Err(Problem::input("ce-source", "ce-id is given without ce-source; an id is unique only within its source.")
                .expecting("a URI reference that names the program, like /ci"));
        }
        Ok(Self { id, source: source.unwrap_or_else(|| "/publish".to_owned()), event_type, time })
    }
}

/// A text of 1 to `most` bytes without control characters.
fn bounded(headers: &HeaderMap, name: &'static str, most: usize) -> Result<Option<String>, Problem> {
    let Some(text) = input::attribute(headers, name)? else { return Ok(None) };
    if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
        return Err(Problem::input(name, format!("{name} is empty, too long, or has control characters."))
            .expecting(format!("1 to {most} bytes without control characters")));
    }
    Ok(Some(text))
}
