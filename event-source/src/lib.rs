//! Server-Sent Events for Leptos: a reactive `EventSource`.
//!
//! Three functions open a stream. They differ in what they hand to your callback:
//!
//! | function | your callback gets |
//! | --- | --- |
//! | [`use_event_source`] | JSON data as values of your type `T` |
//! | [`use_event_source_with`] | whatever your own decoding function returns |
//! | [`use_raw_event_source`] | the [`Message`]s as the browser delivers them |
//!
//! All of them return [`UseEventSource`]: the [`Status`] of the connection as a signal, and callbacks
//! that open, close and pause it. [`EventSourceOptions`] sets everything else.
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_event_source::{EventSourceOptions, use_event_source};
//! use serde::Deserialize;
//!
//! #[derive(Clone, Deserialize)]
//! struct Deploy {
//!     service: String,
//!     version: String,
//! }
//!
//! #[component]
//! fn Deploys() -> impl IntoView {
//!     let deploys = RwSignal::new(Vec::<Deploy>::new());
//!     let options = EventSourceOptions::default().event_types(["deploy"]);
//!     let stream = use_event_source::<Deploy>("/events", options, move |events| {
//!         for event in events {
//!             match event {
//!                 Ok(event) => deploys.write().push(event.data),
//!                 Err(error) => leptos::logging::error!("{error}"),
//!             }
//!         }
//!     });
//!     view! {
//!         <p>{move || format!("{:?}", stream.status.get())}</p>
//!         <p>{move || format!("{} deploys", deploys.read().len())}</p>
//!     }
//! }
//! ```
//!
//! # Guarantees
//!
//! - Every message reaches your callback once and in order. Messages that arrive together come as one
//!   batch for each animation frame.
//! - A message that cannot be decoded is an `Err` in its place in the batch.
//! - The status says what the connection does: connecting, open, reconnecting (with the time of the
//!   next attempt), offline, paused or closed.
//! - When the browser gives up (any status but 200, a wrong content type), a new connection opens
//!   after a random, growing delay. It carries the last event id in its query, because a new
//!   `EventSource` cannot send the header `Last-Event-ID`.
//! - With a [heartbeat](EventSourceOptions::heartbeat_interval), a connection that falls silent is
//!   replaced.
//! - With [`Share`], all tabs of a browser use one connection.
//! - The stream belongs to the reactive owner that opened it. When the owner is cleaned up, the
//!   `EventSource`, its listeners and its timers are gone.
//!
//! # Features
//!
//! Enable the feature that your program enables in `leptos`:
//!
//! | feature | on `wasm32` | elsewhere |
//! | --- | --- | --- |
//! | `csr` | connects when the component is mounted | opens nothing |
//! | `hydrate` | connects when the page is hydrated | opens nothing |
//! | `ssr` | opens nothing | opens nothing |
//! | none | opens nothing | opens nothing |
//!
//! Where nothing is opened, the functions return the status that the browser begins with, so that
//! the server renders the same page.

#![warn(missing_docs)]

#[cfg(any(
    test,
    all(target_arch = "wasm32", any(feature = "csr", feature = "hydrate"))
))]
mod connection;
mod message;
mod options;
#[cfg_attr(
    all(target_arch = "wasm32", any(feature = "csr", feature = "hydrate")),
    path = "browser/mod.rs"
)]
#[cfg_attr(
    not(all(target_arch = "wasm32", any(feature = "csr", feature = "hydrate"))),
    path = "server.rs"
)]
mod platform;
mod raw;
mod share;
#[cfg(any(
    test,
    all(target_arch = "wasm32", any(feature = "csr", feature = "hydrate"))
))]
mod sharing;
mod stats;
mod status;
mod stream;
mod typed;

pub use message::Message;
pub use options::EventSourceOptions;
pub use raw::use_raw_event_source;
pub use share::{CompareIds, Interests, LatestKey, Share};
pub use stats::{ConnectionFailure, ConnectionStats, FailureCause};
pub use status::{Role, Status};
pub use stream::UseEventSource;
pub use typed::{DecodeError, Event, use_event_source, use_event_source_with};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
