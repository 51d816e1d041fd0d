//! What a connection is doing, in terms a person can be told.

use serde::{Deserialize, Serialize};

/// The state of an event stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// On its way for the first time.
    #[default]
    Connecting,
    /// Open: what is on the page is what the server has.
    Open,
    /// Lost; an attempt is under way, or begins at `at`.
    Reconnecting {
        /// Which attempt, the first being 1.
        attempt: u32,
        /// When it begins, in milliseconds of the page's clock; none while it is under way.
        at: Option<f64>,
    },
    /// Lost, and the browser has no network.
    Offline,
    /// Paused by hand; it resumes without loss.
    Paused,
    /// Closed by hand.
    Closed,
}

impl Status {
    /// Whether the server cannot be reached now, so that nothing need be asked of it ahead of its
    /// use.
    #[must_use]
    pub fn is_lost(self) -> bool {
        match self {
            Self::Reconnecting { .. } | Self::Offline => true,
            Self::Connecting | Self::Open | Self::Paused | Self::Closed => false,
        }
    }

    /// The same on a clock that is this much ahead.
    #[cfg(any(feature = "hydrate", test))]
    pub(crate) fn shifted(self, millis: f64) -> Self {
        match self {
            Self::Reconnecting {
                attempt,
                at: Some(at),
            } => Self::Reconnecting {
                attempt,
                at: Some(at + millis),
            },
            Self::Connecting
            | Self::Open
            | Self::Reconnecting { at: None, .. }
            | Self::Offline
            | Self::Paused
            | Self::Closed => self,
        }
    }
}

/// Whose connection a stream comes over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// This window's own, for nobody else.
    #[default]
    Alone,
    /// This window's own, and so many others are served over it.
    Leads(usize),
    /// That of another window of this browser.
    Follows,
}
