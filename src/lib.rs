//! The contract of Pulseboard: what an event is, how it is named, and how it travels.
//!
//! Everything here is pure. There is no I/O, no clock and no randomness, so the same code runs in
//! the server, in the browser and in tests. One table ([`EventType`]) names every event type once;
//! the payload enum, the decoder and the list of names a browser listens to all come from it.
//!
//! ```
//! use pulseboard_contract::{Json, Notification, Payload, Severity, TypeName};
//!
//! let json = Json::parse(r#"{"type": "warning", "message": "Disk on db-2 is 91 % full"}"#)?;
//! let payload = Payload::decode(&TypeName::new("notification")?, &json);
//! assert_eq!(
//!     payload,
//!     Payload::Notification(Notification {
//!         severity: Severity::Warning,
//!         message: "Disk on db-2 is 91 % full".into(),
//!     })
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attributes;
mod event;
mod id;
mod json;
mod payload;
mod query;
pub mod sse;
mod timestamp;
mod topic;

pub use attributes::{AttributeValue, Attributes, InvalidAttribute};
pub use event::{Event, Framing, InvalidFraming};
pub use id::{Epoch, EventId, InvalidEpoch, InvalidEventId};
pub use json::{InvalidJson, Json};
pub use payload::{
    Chat, EventType, Gap, Heartbeat, HeartbeatStatus, InvalidPayload, InvalidTypeName, Message,
    Metrics, Notification, Payload, Presence, Severity, TypeName, Typing, Update,
};
pub use query::push_percent_encoded;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use topic::{InvalidTopic, Topic, TopicPattern};
