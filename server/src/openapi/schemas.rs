//! What the description says of the types whose JSON is written by hand, and so cannot be read off
//! them.
//!
//! Nothing is ever made of these; `server/tests/http/openapi.rs` holds them against what the server
//! sends.
#![allow(dead_code)]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event as the server writes it: `CloudEvents` 1.0 in JSON, with a few attributes more.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    #[schema(example = "1.0")]
    specversion: String,
    /// The producer's id, or the event id where it gave none.
    #[schema(example = "build-77")]
    id: String,
    /// Who says so: a URI reference.
    #[schema(example = "/ci")]
    source: String,
    /// The event type.
    #[schema(example = "com.example.deploy")]
    r#type: String,
    /// When it happened.
    #[schema(format = DateTime)]
    time: String,
    #[schema(example = "application/json")]
    datacontenttype: String,
    /// Where it was published.
    #[schema(example = "deploys")]
    topic: String,
    /// Its position in the log, `<epoch>-<sequence>`; none where it is not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "9f2c41d7-48211")]
    eventid: Option<String>,
    /// From when on it is neither replayed nor in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    expires: Option<String>,
    /// The payload, as it was published.
    data: Value,
    /// What else the producer said: strings, booleans and whole numbers of 32 bits.
    #[serde(flatten)]
    attributes: BTreeMap<String, Value>,
}

/// An event as a producer writes it: `CloudEvents` 1.0 in JSON.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewEvent {
    /// `1.0`.
    #[schema(example = "1.0")]
    specversion: String,
    /// With `source` it makes the publish idempotent: the same pair again is not stored twice.
    #[schema(min_length = 1, max_length = 200, example = "build-77")]
    id: String,
    /// Who says so: a URI reference.
    #[schema(min_length = 1, max_length = 300, example = "/ci")]
    source: String,
    /// The event type: 1 to 100 bytes without white space.
    #[schema(min_length = 1, max_length = 100, example = "com.example.deploy")]
    r#type: String,
    /// Where it goes; required by `POST /events`, and otherwise equal to the topic of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "deploys")]
    topic: Option<String>,
    /// When it happened; now, where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    time: Option<String>,
    /// From when on it is neither replayed nor in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    expires: Option<String>,
    /// A type of JSON, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "application/json")]
    datacontenttype: Option<String>,
    /// The payload: any JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    /// Further attributes, which are kept: names of 1 to 20 lower-case letters and digits; strings,
    /// booleans and whole numbers of 32 bits.
    #[serde(flatten)]
    attributes: BTreeMap<String, Value>,
}

/// What went wrong (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status says which kind of problem it is.
    r#type: String,
    /// The status in words.
    #[schema(example = "Bad Request")]
    title: String,
    #[schema(example = 400)]
    status: u16,
    /// What is wrong, for a person.
    detail: String,
    /// The input at fault, if one is: a parameter, a header, a member of the body, as `limit`,
    /// `ce-type`, `events[3].type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "events[3].type")]
    field: Option<String>,
    /// What it should have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expected: Option<String>,
    /// Of a stream of lines: the first line that is not published, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    line: Option<u64>,
    /// Of a stream of lines: how many events before it are new in the log, and stay there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    published: Option<u64>,
    /// Of a stream of lines: how many events before it were in the log already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    duplicates: Option<u64>,
    /// The id of the request, as in the header `X-Request-Id`; the server's log has it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<String>,
}
