//! The table: one row for each event type.
//!
//! - `publish`: who may publish it, `Anyone` or only the `Server`;
//! - `keep`: `Stored` in the log, or `Ephemeral`;
//! - `time`: the field that holds the time, if there is one; it is the last field of the example;
//! - `example`: a complete payload. It is the golden test of the type, the template of the
//!   inspector, and what the server expects of a publisher whose data does not fit;
//! - `content`: what the payload says. [`Content::line`] suffices for most types.

use super::{Publisher, Storage, TypeName};
use crate::{Content, InvalidPayload, Json};

/// Gives the rows' functions their type.
fn content<'a, P>(payload: &'a P, of: fn(&'a P) -> Content<'a>) -> Content<'a> {
    of(payload)
}

event_types! {
    /// A line of text. It is also the type of an event that names none, and then holds any JSON.
    Message = "message" {
        publish: Anyone,
        keep: Stored,
        time: Some("timestamp"),
        example: r#"{"message":"Hello World","timestamp":"2024-01-01T12:00:00Z"}"#,
        content: |message| Content::line(&message.message),
    }
    /// A message that a person should see, with its severity.
    Notification = "notification" {
        publish: Anyone,
        keep: Stored,
        time: None,
        example: r#"{"type":"info","message":"New user joined"}"#,
        content: Content::Notice,
    }
    /// New content of a page.
    Update = "update" {
        publish: Anyone,
        keep: Stored,
        time: None,
        example: r#"{"content":"Page content updated"}"#,
        content: |update| Content::line(&update.content),
    }
    /// The stream is alive. The server sends it on every stream.
    Heartbeat = "heartbeat" {
        publish: Server,
        keep: Ephemeral,
        time: None,
        example: r#"{"status":"ok","time":"2024-01-01T12:00:00Z"}"#,
        content: |heartbeat| Content::Stream(format!("alive at {}", heartbeat.time).into()),
    }
    /// A message in a chat room.
    Chat = "chat" {
        publish: Anyone,
        keep: Stored,
        time: Some("time"),
        example: r#"{"user":"Ada","text":"p99 flat","time":"2024-01-01T12:00:00Z"}"#,
        content: Content::Chat,
    }
    /// Who is in a room now. The server sends it.
    Presence = "presence" {
        publish: Server,
        keep: Ephemeral,
        time: None,
        example: r#"{"users":["Ada","Grace"],"watching":3}"#,
        content: Content::Presence,
    }
    /// A user is typing in a room.
    Typing = "typing" {
        publish: Anyone,
        keep: Ephemeral,
        time: None,
        example: r#"{"user":"Grace"}"#,
        content: Content::Typing,
    }
    /// Numbers by name.
    Metrics = "metrics" {
        publish: Anyone,
        keep: Stored,
        time: None,
        example: r#"{"cpu":23.4,"load":1}"#,
        content: |metrics| Content::Numbers(&metrics.0),
    }
    /// The log no longer has the events that the subscriber asked for. The server sends it in the
    /// stream.
    Gap = "gap" {
        publish: Server,
        keep: Ephemeral,
        time: None,
        example: r#"{"after":"9f2c41d7-12","resumed_at":"9f2c41d7-40","lost":28}"#,
        content: |gap| Content::Stream(gap.to_string().into()),
    }
}
