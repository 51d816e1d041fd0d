//! The contract of Pulseboard: what an event is, how it is named, and how it travels.
//!
//! The server, the browser, the command line and the tests share this crate. It is pure: it has no
//! I/O, no clock and no randomness. It holds
//!
//! - events ([`Event`]), their ids ([`EventId`]), topics ([`Topic`], [`TopicPattern`]) and rooms
//!   ([`Room`]);
//! - the table of event types, from which [`EventType`] and [`Payload`] are derived;
//! - Server-Sent Events, both ways ([`sse`]);
//! - the JSON of the HTTP API ([`api`]), the limits that both sides keep ([`limits`]), and the
//!   topics that Pulseboard uses itself ([`reserved`]).
//!
//! ```
//! use pulseboard_contract::{Json, Payload, TypeName};
//!
//! let json = Json::parse(r#"{"type": "warning", "message": "Disk on db-2 is 91 % full"}"#)?;
//! let payload = Payload::decode(&TypeName::new("notification")?, &json);
//! assert_eq!(payload.text(), "warning: Disk on db-2 is 91 % full");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod api;
mod attributes;
mod chat;
mod content;
mod event;
mod event_type;
mod framing;
mod id;
mod json;
pub mod limits;
mod payload;
mod percent;
pub mod reserved;
pub mod sse;
mod timestamp;
mod topic;

pub use attributes::{AttributeValue, Attributes, InvalidAttribute};
pub use chat::{Room, is_chat_text, is_user_name};
pub use content::Content;
pub use event::Event;
pub use event_type::{EventType, InvalidTypeName, Payload, TypeName};
pub use framing::{Framing, InvalidFraming};
pub use id::{Epoch, EventId, InvalidEpoch, InvalidEventId};
pub use json::{InvalidJson, Json};
pub use payload::*;
pub use percent::push_percent_encoded;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use topic::{InvalidTopic, Topic, TopicPattern};
