//! `use_event_source`: an event stream as reactive signals, over `web_sys::EventSource`.
//!
//! - Every event reaches `on_events`, in order, once; a burst arrives as one batch an animation
//!   frame.
//! - The status is honest: connecting, open, reconnecting (with the time of the next attempt),
//!   offline, paused, closed.
//! - When the browser gives up, the stream resumes with its cursor in the query; a silent
//!   connection is noticed by its missing heartbeats; `online`, `pageshow` and `visibilitychange`
//!   cut a wait short.
//! - With [`Share`], the windows of a browser get it over one connection (`sharing/`).
//! - It owns its `EventSource`, listeners and timers, and drops them with the reactive owner it was
//!   made in.
//!
//! On the server nothing connects: the page is rendered from its snapshot.
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_event_source::{Received, StreamOptions, use_event_source};
//!
//! #[component]
//! fn Deploys() -> impl IntoView {
//!     let deploys = RwSignal::new(Vec::<Received>::new());
//!     let live = use_event_source(
//!         "/events?topic=deploys",
//!         StreamOptions { event_types: vec!["notification"], ..StreamOptions::default() },
//!         move |batch| deploys.update(|list| list.extend(batch)),
//!     );
//!     view! { <p>{move || format!("{:?}: {}", live.status.get(), deploys.read().len())}</p> }
//! }
//! ```

#[cfg(any(feature = "hydrate", test))]
mod backoff;
#[cfg(any(feature = "hydrate", test))]
mod connection;
#[cfg_attr(feature = "hydrate", path = "browser/mod.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod driver;
mod record;
#[cfg(any(feature = "hydrate", test))]
mod sharing;
mod status;

use leptos::prelude::*;

pub use driver::use_event_source;
pub use record::{Record, Trouble};
pub use status::{Part, Status};

/// One message of a stream, as the browser dispatched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The `event:` field, `message` where there was none.
    pub event_type: String,
    /// The `data:` lines.
    pub data: String,
    /// The last event id at this message; empty where the stream gave none.
    pub last_event_id: String,
}

/// How a stream is followed.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    /// The event types to listen for, besides `message` and `heartbeat`.
    pub event_types: Vec<&'static str>,
    /// The event id to begin after; empty for "from now on".
    pub last_event_id: String,
    /// How often the server sends a heartbeat, in milliseconds.
    pub heartbeat_millis: u32,
    /// Whether to connect at once.
    pub immediate: bool,
    /// Whether the windows of a browser share one connection; none for a connection of one's own.
    pub share: Option<Share>,
}

/// Names a message that tells of the present, like who is in a room. Of each name the newest is
/// told to windows that come later, because no log has it.
pub type Retain = fn(&Received) -> Option<String>;

/// A stream that all windows of a browser get over one connection. It has to be the same for all of
/// them, and its event ids have to be Pulseboard's. Where the browser has no Web Locks, each window
/// keeps a connection.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// What tells it from other streams of this site.
    pub name: &'static str,
    /// What tells of the present.
    pub retain: Retain,
    /// What this window has to say to the one that has the connection.
    pub note: Signal<String>,
    /// What the others say to this one while it has the connection, each once; set by the stream.
    pub notes: RwSignal<Vec<String>>,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            event_types: Vec::new(),
            last_event_id: String::new(),
            heartbeat_millis: 15_000,
            immediate: true,
            share: None,
        }
    }
}

/// A stream's signals and what can be done with it.
#[derive(Clone, Copy)]
pub struct UseEventSource {
    /// What the connection is doing.
    pub status: Signal<Status>,
    /// Whose connection it is.
    pub part: ReadSignal<Part>,
    /// What it has been through.
    pub record: ReadSignal<Record>,
    /// Opens it where it left off, from being closed or paused; where it waits for its next
    /// attempt, that is now.
    pub open: Callback<()>,
    /// Closes it.
    pub close: Callback<()>,
    /// Pauses it: the connection goes, the cursor stays.
    pub pause: Callback<()>,
}

/// The address with the cursor in its query.
#[cfg(any(feature = "hydrate", test))]
fn with_cursor(url: &str, cursor: &str) -> String {
    if cursor.is_empty() {
        return url.to_owned();
    }
    // An event id has hexadecimal digits and a hyphen only, but a foreign server's may have
    // anything.
    let mut resumed = format!(
        "{url}{}last_event_id=",
        if url.contains('?') { '&' } else { '?' }
    );
    push_percent_encoded(&mut resumed, cursor);
    resumed
}

#[cfg(any(feature = "hydrate", test))]
/// Appends `text` as one value of a query: everything but letters, digits and `-._~` as `%XX` of
/// its UTF-8.
fn push_percent_encoded(query: &mut String, text: &str) {
    use std::fmt::Write;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(query, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_joins_the_query() {
        assert_eq!(with_cursor("/events", ""), "/events");
        assert_eq!(
            with_cursor("/events", "9f2c41d7-5"),
            "/events?last_event_id=9f2c41d7-5"
        );
        assert_eq!(
            with_cursor("/events?topic=a", "a b&c"),
            "/events?topic=a&last_event_id=a%20b%26c"
        );
    }
}
