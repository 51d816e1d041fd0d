//! A publish request, apart from its headers and body.

use pulseboard_contract::Topic;

use crate::AppState;

/// What all events of a request share.
pub(crate) struct PublishRequest<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) format: BodyFormat,
    /// The topic in the path; without one, each event has its own.
    pub(crate) topic: Option<Topic>,
}

/// The format of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    Text,
    Json,
    Structured,
    Batch,
    Lines,
}

impl BodyFormat {
    /// The value of the label in the metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Structured => "structured",
            Self::Batch => "batch",
            Self::Lines => "lines",
        }
    }
}
