//! The context of a page: the data that the server renders it from. The server puts it into the HTML,
//! so that the browser hydrates the page from the same data.

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

/// The reader's cookies. They authenticate nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// The name in chat: cookie `name`.
    pub name: Option<String>,
    /// The chosen theme: cookie `theme`; none follows the system.
    pub theme: Option<Theme>,
    /// Whether the hint of the first visit is hidden: cookie `hint`.
    pub knows_hint: bool,
    /// The layout of the board, as text: cookie `board`.
    pub board: Option<String>,
}

/// A colour scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark text on light paper.
    Light,
    /// Light text on dark paper.
    Dark,
}

impl Theme {
    /// Its name in the cookie and in `data-theme`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Its background colour, the same as in `style/tokens.css`, for `<meta>` elements that cannot use
    /// the stylesheet.
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

/// The context of the page: on the server from the request, in the browser from the HTML.
pub(crate) fn hand_over() -> PageContext {
    SharedValue::new(expect_context::<PageContext>).into_inner()
}
