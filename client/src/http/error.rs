//! Why a request failed, and whether a retry can help.

use std::{error::Error as _, time::Duration};

use hyper::StatusCode;
use pulseboard_contract::api::ProblemDocument;

use crate::error::CommandError;

/// Why a request failed.
pub(crate) enum RequestError {
    /// The server understood the request and rejected it; a retry would get the same answer.
    Rejected(Box<ProblemDocument>),
    /// The network failed, or the server is busy, starting or broken; a retry may succeed.
    Transient {
        /// What happened, for a person.
        reason: String,
        /// The wait that the server asks for in `Retry-After`.
        retry_after: Option<Duration>,
    },
}

impl RequestError {
    pub(super) fn rejected(problem: ProblemDocument) -> Self {
        Self::Rejected(Box::new(problem))
    }

    pub(super) fn transient(reason: String) -> Self {
        Self::Transient {
            reason,
            retry_after: None,
        }
    }
}

impl From<RequestError> for CommandError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Rejected(problem) => (*problem).into(),
            RequestError::Transient { reason, .. } => Self::Failed(reason),
        }
    }
}

/// Whether a response with this status may succeed later: timeouts, "too early", "too many
/// requests" and every server error.
pub(super) fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// The innermost cause of an error. hyper's own text is only "client error (Connect)".
pub(super) fn root_cause(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}
