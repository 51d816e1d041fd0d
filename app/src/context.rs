//! The context of a page: what the server knows when it renders the page, handed to the browser
//! inside the HTML.

use leptos::prelude::*;
use pulseboard_feed::Snapshot;
use serde::{Deserialize, Serialize};

/// Everything a page is rendered from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageContext {
    /// The state of the log.
    pub snapshot: Snapshot,
    /// The reader's cookies.
    pub visitor: Visitor,
    /// The interval of the stream's heartbeats, in milliseconds. The watchdog depends on it.
    pub heartbeat_millis: u32,
}

/// The path and the query of the request, such as `/topics/a?type=b`. The server provides it as
/// context; it is the address that the page is rendered for.
#[derive(Clone, Debug)]
pub struct RequestTarget(pub String);

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

/// The page's context: on the server from the request, in the browser from the HTML.
pub(crate) fn hand_over() -> PageContext {
    SharedValue::new(expect_context::<PageContext>).into_inner()
}
