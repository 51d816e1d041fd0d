//! The hub of Pulseboard: accepts publishes, appends them to the log, and fans them out to
//! subscribers.
//!
//! It knows nothing of HTTP or the page. Its guarantees:
//!
//! - A publish returns once the log has the event.
//! - A subscriber gets every event that its filter selects, once, in the order of the log, from its
//!   start on. If the log no longer has some of them, the subscriber gets one `gap` event.
//! - Memory is bounded: a subscriber is a cursor, and a slow one reads the log.
//!
//! ```
//! # use pulseboard_contract::{Epoch, Framing, Json, Timestamp, Topic, TypeName};
//! # use pulseboard_hub::{Filter, Hub, NewEvent, Options, Retention, SqliteLog, Start, Subscription};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let now = Timestamp::from_millis(0)?;
//! let log = SqliteLog::in_memory(Epoch::new(7), Retention::default())?;
//! let hub = Hub::start(log, Options::new(move || now))?;
//! let mut subscriber = hub.subscribe(Subscription::new(Filter::all(), Framing::Named, Start::Now));
//! hub.publish(vec![NewEvent {
//!     id: None,
//!     source: "/docs".into(),
//!     event_type: TypeName::new("update")?,
//!     topic: Topic::new("docs")?,
//!     time: now,
//!     expires: None,
//!     attributes: Default::default(),
//!     data: Json::parse(r#"{"content": "hello"}"#)?,
//! }])
//! .await?;
//! assert_eq!(subscriber.next().await.as_deref(), Some(&b"id: 00000007-0\n\n"[..]));
//! assert_eq!(subscriber.next().await.as_deref(), Some(&b"id: 00000007-1\nevent: update\ndata: {\"content\":\"hello\"}\n\n"[..]));
//! # Ok(()) }
//! ```
//!
//! # Where is what
//!
//! | concern | file |
//! | --- | --- |
//! | publish, subscribe, close | `hub.rs`; the state that all parts share is `state.rs` |
//! | order and durability | `writer.rs`, then `log/sqlite/append.rs` |
//! | fan-out in memory | `ring.rs`, `entry.rs` |
//! | one stream, replay and hand-over | `subscriber/`, `replay.rs` |
//! | many streams on one thread | `delivery/` |
//! | retention | `log/retention.rs`, which lists its other places |

#![warn(clippy::missing_errors_doc, clippy::too_many_lines)]

mod conflate;
mod delivery;
mod entry;
mod filter;
mod hub;
mod log;
mod metrics;
mod options;
mod publish;
mod replay;
mod ring;
mod selection;
mod sleep_waker;
mod state;
mod subscriber;
mod ticker;
mod writer;

pub use delivery::{Delivery, Departed, StreamId, Wrapping};
pub use filter::Filter;
pub use hub::Hub;
pub use log::{
    Appended, Bounds, InvalidRule, Limits, Log, LogError, NewEvent, OpenError, Order, Page, Pruned,
    Query, Retention, RetentionRule, SqliteLog, SqliteOptions, TopicPage, TopicQuery, TopicSummary,
};
pub use options::{Clock, Options};
pub use publish::{PublishError, Published};
pub use subscriber::{CatchUp, Start, Subscriber, Subscription};
