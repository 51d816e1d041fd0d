//! The hub of Pulseboard: takes publishes, appends them to the log, and fans them out to
//! subscribers.
//!
//! It knows neither HTTP nor the page. What it promises:
//!
//! - a publish is acknowledged once the log has it;
//! - a subscriber gets every event its filter selects, in the order of the log, once, from where it
//!   asked to begin; what the log no longer has is said with one `gap` event, never skipped in
//!   silence;
//! - memory is bounded: a subscriber is a cursor, and one that falls behind reads the log.
//!
//! ```
//! # use pulseboard_contract::{Framing, Json, Timestamp, Topic, TypeName};
//! # use pulseboard_hub::{Filter, Hub, NewEvent, Options, Retention, SqliteLog, Start, Subscription};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let now = Timestamp::from_millis(0)?;
//! let log = SqliteLog::in_memory(pulseboard_contract::Epoch::new(7), Retention::default())?;
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

mod conflate;
mod delivery;
mod feed;
mod filter;
mod hub;
mod log;
mod metrics;
mod replay;
mod ring;
mod subscriber;
mod writer;

pub use delivery::{Delivery, Departed, StreamId};
pub use feed::Wrapping;
pub use filter::Filter;
pub use hub::{Clock, Hub, Options};
pub use log::{
    Appended, Bounds, InvalidRule, Limits, Log, LogError, NewEvent, OpenError, Order, Page, Pruned,
    Query, Retention, RetentionRule, SqliteLog, SqliteOptions, TopicPage, TopicQuery, TopicSummary,
};
pub use subscriber::{CatchUp, Start, Subscriber, Subscription};
pub use writer::{PublishError, Published};
