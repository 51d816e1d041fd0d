//! How a stream is opened and followed.

use std::{borrow::Cow, time::Duration};

use crate::Share;

/// Options of a stream. Start with `EventSourceOptions::default()` and call a method for each option
/// you want to change.
///
/// ```
/// use std::time::Duration;
/// use leptos_event_source::EventSourceOptions;
///
/// let options = EventSourceOptions::default()
///     .event_types(["deploy", "alert"])
///     .last_event_id("42")
///     .heartbeat_interval(Duration::from_secs(15));
/// assert_eq!(options.cursor_parameter, "last_event_id");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventSourceOptions {
    /// See [`event_types`](Self::event_types).
    pub event_types: Vec<Cow<'static, str>>,
    /// See [`last_event_id`](Self::last_event_id).
    pub last_event_id: String,
    /// See [`cursor_parameter`](Self::cursor_parameter).
    pub cursor_parameter: Cow<'static, str>,
    /// See [`heartbeat_interval`](Self::heartbeat_interval).
    pub heartbeat_interval: Option<Duration>,
    /// See [`heartbeat_event_type`](Self::heartbeat_event_type).
    pub heartbeat_event_type: Cow<'static, str>,
    /// See [`with_credentials`](Self::with_credentials).
    pub with_credentials: bool,
    /// See [`immediate`](Self::immediate).
    pub immediate: bool,
    /// See [`share`](Self::share).
    pub share: Option<Share>,
}

impl Default for EventSourceOptions {
    fn default() -> Self {
        Self {
            event_types: Vec::new(),
            last_event_id: String::new(),
            cursor_parameter: Cow::Borrowed("last_event_id"),
            heartbeat_interval: None,
            heartbeat_event_type: Cow::Borrowed("heartbeat"),
            with_credentials: false,
            immediate: true,
            share: None,
        }
    }
}

impl EventSourceOptions {
    /// The named event types to listen for. Messages without an `event:` field always arrive. The
    /// browser drops messages of a type that nobody listens for. Default: none.
    #[must_use]
    pub fn event_types<T: Into<Cow<'static, str>>>(
        mut self,
        event_types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.event_types = event_types.into_iter().map(Into::into).collect();
        self
    }

    /// The event id after which the stream begins, for example that of the newest event in a page
    /// the server rendered. Default: empty, so the server decides.
    #[must_use]
    pub fn last_event_id(mut self, id: impl Into<String>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// The query parameter that carries the last event id when a new connection opens. Default:
    /// `last_event_id`.
    #[must_use]
    pub fn cursor_parameter(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.cursor_parameter = name.into();
        self
    }

    /// How often the server sends a heartbeat. If nothing arrives for two and a half intervals, the
    /// connection is replaced. The heartbeat has to be an event: the browser hides comment lines.
    /// Default: none, because without heartbeats a quiet connection and a dead one look alike.
    #[must_use]
    pub fn heartbeat_interval(mut self, interval: Duration) -> Self {
        self.heartbeat_interval = Some(interval);
        self
    }

    /// The event type of heartbeats. It matters only with
    /// [`heartbeat_interval`](Self::heartbeat_interval). Default: `heartbeat`.
    #[must_use]
    pub fn heartbeat_event_type(mut self, event_type: impl Into<Cow<'static, str>>) -> Self {
        self.heartbeat_event_type = event_type.into();
        self
    }

    /// Whether a stream of another origin gets cookies. Default: `false`.
    #[must_use]
    pub fn with_credentials(mut self, with_credentials: bool) -> Self {
        self.with_credentials = with_credentials;
        self
    }

    /// Whether the stream opens by itself. If not, it stays closed until you run
    /// [`UseEventSource::open`](crate::UseEventSource::open). Default: `true`.
    #[must_use]
    pub fn immediate(mut self, immediate: bool) -> Self {
        self.immediate = immediate;
        self
    }

    /// Shares the connection among all tabs of the browser. Default: each tab has its own.
    #[must_use]
    pub fn share(mut self, share: Share) -> Self {
        self.share = Some(share);
        self
    }

    /// The event types to listen for, all of them.
    #[cfg(all(target_arch = "wasm32", any(feature = "csr", feature = "hydrate")))]
    pub(crate) fn all_event_types(&self) -> Vec<Cow<'static, str>> {
        let heartbeat = self
            .heartbeat_interval
            .map(|_| self.heartbeat_event_type.clone());
        let mut all = self.event_types.clone();
        for event_type in heartbeat.into_iter().chain([Cow::Borrowed("message")]) {
            if !all.contains(&event_type) {
                all.push(event_type);
            }
        }
        all
    }
}
