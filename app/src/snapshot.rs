//! The snapshot: what the server knows when it renders a page, handed to the browser inside the
//! HTML.
//!
//! The server puts one into the context; both sides fold the same events with the same code, so the
//! first render in the browser is the HTML that is already there. The stream then starts after
//! [`Snapshot::position`]: nothing that happens between the two is missed.

use leptos::prelude::*;
use pulseboard_contract::{Event, EventId, Timestamp, Topic};
use serde::{Deserialize, Serialize};

use crate::feed::Excerpt;

/// All a page is rendered from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The server's clock.
    pub now: Timestamp,
    /// Where the log stood; the stream goes on after it.
    pub position: EventId,
    /// The newest events of each topic, oldest first across all topics, within the server's budget.
    pub events: Vec<Event>,
    /// Who is in each room now: `presence` events, which are never stored.
    pub presence: Vec<Event>,
    /// Every topic there is.
    pub topics: Vec<TopicCount>,
    /// The part of a topic's history that the page of a topic shows.
    pub excerpt: Option<Excerpt>,
    /// Who asks, as their cookies say.
    pub visitor: Visitor,
    /// How often the stream sends a heartbeat, in milliseconds; the watchdog counts in these.
    pub heartbeat_millis: u32,
}

/// A topic and how many events of it the log holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicCount {
    /// The topic.
    pub topic: Topic,
    /// Events stored.
    pub count: u64,
}

/// What the browser's cookies say. Nobody is authenticated by them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// What they call themselves in chat: cookie `name`.
    pub name: Option<String>,
    /// The theme they chose: cookie `theme`; none means as the system has it.
    pub theme: Option<Theme>,
    /// Whether they have had the hint of the first visit: cookie `hint`.
    pub knows_hint: bool,
    /// How they arranged the board, as text: cookie `board`.
    pub board: Option<String>,
}

/// A colour scheme chosen by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The word in the cookie and in `data-theme`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Its paper, as `style/tokens.css` has it, for what takes no token.
    pub const fn paper(self) -> &'static str {
        match self {
            Self::Light => "#fafaf8",
            Self::Dark => "#0c0f12",
        }
    }

    /// The theme of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.name() == name)
    }
}

/// The page's snapshot: on the server from the context, in the browser from the HTML.
pub(crate) fn hand_over() -> Snapshot {
    SharedValue::new(expect_context::<Snapshot>).into_inner()
}
