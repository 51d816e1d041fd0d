//! Publishing: every way an event comes in over HTTP, and the one check that all of them pass.
//!
//! A module a format. Each reads a body into [`NewEvent`]s and hands them to the hub; none keeps a
//! rule of its own about what may be published.

mod batch;
mod binary;
mod cloud_event;
mod lines;
mod splitter;
mod structured;

use axum::{
    Json as JsonBody,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pulseboard_contract::{EventId, EventType, Json, Payload, Timestamp, Topic};
use pulseboard_hub::{NewEvent, Published};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::{
    batch::publish as publish_batch,
    binary::{publish_json, publish_text},
    cloud_event::Naming,
    lines::publish as publish_lines,
    structured::publish as publish_structured,
};
use crate::{AppState, chat, input::Limit, problem::Problem};

/// What a request says about all of its events.
pub(crate) struct Target<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) way: Way,
    /// The topic in the address; where there is none, each event names its own.
    pub(crate) topic: Option<Topic>,
}

/// How events are written in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Text,
    Json,
    Structured,
    Batch,
    Lines,
}

impl Way {
    /// The word for it in the metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Structured => "structured",
            Self::Batch => "batch",
            Self::Lines => "lines",
        }
    }
}

/// Publishes events that are checked already, all of them or none. The way is the word for it in
/// the metrics.
pub(crate) async fn publish_all(
    state: &AppState,
    way: &'static str,
    events: Vec<NewEvent>,
) -> Result<Vec<Published>, Problem> {
    // To publish nothing is no work for the hub's writer.
    let published = if events.is_empty() {
        Vec::new()
    } else {
        state.hub.publish(events).await?
    };
    state.metrics.published(way, &published);
    Ok(published)
}

/// Publishes one event that is checked already, and says under which id.
pub(crate) async fn publish(
    state: &AppState,
    way: &'static str,
    event: NewEvent,
) -> Result<Published, Problem> {
    let published = publish_all(state, way, vec![event]).await?;
    // One event in, one answer out.
    published
        .into_iter()
        .next()
        .ok_or_else(|| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The hub did not answer."))
}

/// The event with the time its data lacks, if it may be published: its type is not the server's
/// own, and its data fits.
pub(crate) fn checked(naming: Naming, mut event: NewEvent) -> Result<NewEvent, Problem> {
    if event.data.as_str().len() > Limit::DATA.bytes {
        return Err(Limit::DATA.exceeded_by("data"));
    }
    if let Some(known) = event.event_type.known() {
        if known.is_reserved() {
            let detail = format!(
                "Only the server publishes events of type {}.",
                event.event_type
            );
            return Err(Problem::input(naming.attribute("type"), detail));
        }
        event.data = with_time(known, event.data, event.time);
        let payload = Payload::parse(&event.event_type, &event.data).map_err(|error| {
            let example = known.example();
            Problem::input("data", error.to_string()).expecting(format!("JSON like {example}"))
        })?;
        check_words(&payload)?;
    }
    Ok(event)
}

/// 201 with the event's id; 200 with the first one's, where it was there already.
pub(crate) fn answer(published: Published) -> Response {
    let status = if published.is_duplicate {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    answer_with(
        status,
        Answer::Event(PublishedEvent {
            id: published.event_id,
        }),
    )
}

/// What a publish is answered.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Answer {
    Event(PublishedEvent),
    Batch(PublishedBatch),
    Lines(PublishedLines),
}

/// One event is published.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublishedEvent {
    /// Its event id; null where it is not stored.
    #[schema(value_type = Option<String>, required = true, example = "9f2c41d7-48211")]
    id: Option<EventId>,
}

/// A batch is published.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublishedBatch {
    /// The event ids, in the order of the batch; null where an event is not stored.
    #[schema(value_type = Vec<Option<String>>)]
    ids: Vec<Option<EventId>>,
    /// How many were there already.
    duplicates: usize,
}

/// A stream of lines is published.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublishedLines {
    /// How many events are new.
    published: u64,
    /// How many were there already.
    duplicates: u64,
    /// The event id of the last one that is stored, if any.
    #[schema(value_type = Option<String>, required = true, example = "9f2c41d7-48211")]
    last: Option<EventId>,
}

fn answer_with(status: StatusCode, answer: Answer) -> Response {
    let mut response = (status, JsonBody(answer)).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The body as text.
fn utf8(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body)
        .map_err(|_| Problem::input("body", "The body is not UTF-8.").expecting("UTF-8"))
}

/// The data with the time its type tells, where the publisher left it out. The text is spliced, not
/// written anew: the order of keys and numbers larger than a double stay as they are.
fn with_time(known: EventType, data: Json, time: Timestamp) -> Json {
    let Some(field) = known.time_field() else {
        return data;
    };
    let Ok(serde_json::Value::Object(object)) = data.read() else {
        return data;
    };
    // `message` carries any JSON; only what is meant as our struct is completed.
    let is_ours = known != EventType::Message
        || object
            .get("message")
            .is_some_and(serde_json::Value::is_string);
    let Some(open) = data
        .as_str()
        .strip_suffix('}')
        .filter(|_| is_ours && !object.contains_key(field))
    else {
        return data;
    };
    let comma = if object.is_empty() { "" } else { "," };
    // Valid JSON with one more member is valid JSON.
    Json::from_stored(&format!("{open}{comma}\"{field}\":\"{time}\"}}"))
}

/// User names and chat messages have limits, in whatever format they are published.
fn check_words(payload: &Payload) -> Result<(), Problem> {
    if let Payload::Chat(chat) = payload {
        chat::check_user(&chat.user)?;
        chat::check_text(&chat.text)?;
    }
    if let Payload::Typing(typing) = payload {
        chat::check_user(&typing.user)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_time_is_added_and_nothing_else_changes() {
        let time: Timestamp = "2024-01-01T12:00:00Z".parse().unwrap();
        let fill = |known, text: &str| {
            with_time(known, Json::parse(text).unwrap(), time)
                .as_str()
                .to_owned()
        };
        assert_eq!(
            fill(
                EventType::Message,
                r#"{"z":12345678901234567890123,"message":"}","a":1.50}"#
            ),
            r#"{"z":12345678901234567890123,"message":"}","a":1.50,"timestamp":"2024-01-01T12:00:00Z"}"#
        );
        assert_eq!(
            fill(EventType::Chat, "{}"),
            r#"{"time":"2024-01-01T12:00:00Z"}"#
        );
        for text in [
            r#"{"message":1}"#,
            "{}",
            "[1]",
            "\"x\"",
            r#"{"message":"x","timestamp":null}"#,
        ] {
            assert_eq!(fill(EventType::Message, text), text);
        }
        assert_eq!(
            fill(EventType::Update, r#"{"content":"x"}"#),
            r#"{"content":"x"}"#
        );
    }
}
