//! What a stream does now, in terms a person can be told.

use serde::{Deserialize, Serialize};

/// What a stream does now.
///
/// ```
/// use leptos_event_source::Status;
///
/// fn label(status: Status) -> &'static str {
///     match status {
///         Status::Connecting => "Connecting",
///         Status::Open => "Live",
///         Status::Reconnecting { .. } => "Reconnecting",
///         Status::Offline => "Offline",
///         Status::Paused => "Paused",
///         Status::Closed => "Closed",
///     }
/// }
/// assert_eq!(label(Status::default()), "Connecting");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// The stream opens for the first time, or again after it was closed or paused.
    #[default]
    Connecting,
    /// The stream is open.
    Open,
    /// The connection failed. An attempt runs now or begins at `at`.
    Reconnecting {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// When the attempt begins, in milliseconds of `performance.now()`; `None` while it runs.
        at: Option<f64>,
    },
    /// The connection failed and the browser has no network.
    Offline,
    /// Your program paused the stream. It resumes after its last event.
    Paused,
    /// Your program closed the stream, or has not opened it yet.
    Closed,
}

impl Status {
    /// Whether the connection failed and is not back yet.
    ///
    /// ```
    /// use leptos_event_source::Status;
    ///
    /// assert!(Status::Offline.is_lost());
    /// assert!(!Status::Paused.is_lost());
    /// ```
    #[must_use]
    pub fn is_lost(self) -> bool {
        match self {
            Self::Reconnecting { .. } | Self::Offline => true,
            Self::Connecting | Self::Open | Self::Paused | Self::Closed => false,
        }
    }
}

/// The role of this tab where tabs share a connection; see [`Share`](crate::Share).
///
/// ```
/// use leptos_event_source::Role;
///
/// assert_eq!(Role::default(), Role::Alone);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// The tab has its own connection, and no other tab uses it.
    #[default]
    Alone,
    /// The tab has the connection and relays messages to other tabs.
    Leader {
        /// The number of other tabs.
        followers: usize,
    },
    /// Another tab has the connection and relays messages to this one.
    Follower,
}
