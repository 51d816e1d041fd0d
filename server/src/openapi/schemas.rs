//! The schemas of types whose JSON is written by hand, so that utoipa cannot derive them.
//!
//! Nothing constructs these structs. `server/tests/http/openapi.rs` compares them with what the
//! server sends.
#![allow(dead_code)]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event as the server sends it: a `CloudEvents` 1.0 envelope in JSON with some more attributes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    #[schema(example = "1.0")]
    specversion: String,
    /// The id from the producer, or the event id if the producer gave none.
    #[schema(example = "build-77")]
    id: String,
    /// The program that published the event, as a URI reference.
    #[schema(example = "/ci")]
    source: String,
    /// The event type.
    #[schema(example = "com.example.deploy")]
    r#type: String,
    /// When the event happened.
    #[schema(format = DateTime)]
    time: String,
    #[schema(example = "application/json")]
    datacontenttype: String,
    /// The topic.
    #[schema(example = "deploys")]
    topic: String,
    /// The event id, `<epoch>-<sequence>`; missing if the event is not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "9f2c41d7-48211")]
    eventid: Option<String>,
    /// When the event expires. After that it is neither replayed nor in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    expires: Option<String>,
    /// The payload, exactly as it was published.
    data: Value,
    /// The extension attributes: strings, booleans and 32-bit integers.
    #[serde(flatten)]
    attributes: BTreeMap<String, Value>,
}

/// An event as a producer sends it: a `CloudEvents` 1.0 envelope in JSON.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewEvent {
    /// `1.0`.
    #[schema(example = "1.0")]
    specversion: String,
    /// The id from the producer. The same `source` and `id` again are not stored twice.
    #[schema(min_length = 1, max_length = 200, example = "build-77")]
    id: String,
    /// The program that published the event, as a URI reference.
    #[schema(min_length = 1, max_length = 300, example = "/ci")]
    source: String,
    /// The event type: 1 to 100 bytes without white space.
    #[schema(min_length = 1, max_length = 100, example = "com.example.deploy")]
    r#type: String,
    /// The topic. Required for `POST /events`; otherwise it must be the topic in the path, if it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "deploys")]
    topic: Option<String>,
    /// When the event happened; now by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    time: Option<String>,
    /// When the event expires. After that it is neither replayed nor in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    expires: Option<String>,
    /// A JSON media type, if it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "application/json")]
    datacontenttype: Option<String>,
    /// The payload: any JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    /// Extension attributes, which are stored: names of 1 to 20 lower-case letters and digits; values
    /// are strings, booleans or 32-bit integers.
    #[serde(flatten)]
    attributes: BTreeMap<String, Value>,
}
