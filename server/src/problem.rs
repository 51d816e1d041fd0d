//! Errors as the client sees them: RFC 9457 problem documents.
//!
//! A handler returns a [`Problem`] and logs nothing. [`crate::telemetry`] logs each problem once,
//! when its response leaves the server.
//!
//! ```
//! use pulseboard_server::problem::Problem;
//!
//! let problem = Problem::input("limit", "\"many\" is not a number.").expecting("1 to 1000");
//! # let _ = problem;
//! ```

use std::{any::Any, borrow::Cow, ops::RangeInclusive, panic::AssertUnwindSafe};

use axum::{
    extract::rejection::PathRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use pulseboard_contract::api::ProblemDocument;
use pulseboard_hub::{LogError, PublishError};
use rand::Rng;

use crate::request_id;

/// The seconds in `Retry-After` if the cause may be gone soon. Each response draws a number, so that
/// clients do not all return at once.
const RETRY_AFTER: RangeInclusive<u32> = 1..=4;
/// The same if the server is full: then another client has to leave first.
const RETRY_AFTER_NO_ROOM: RangeInclusive<u32> = 5..=15;

/// Why a request failed.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    expected: Option<Cow<'static, str>>,
    upload: Option<Upload>,
    is_for_room: bool,
}

/// How much of an upload of lines was published before it failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload {
    /// The first line that is not published, counted from 1.
    pub(crate) line: u64,
    /// How many events of the lines before it are new in the log.
    pub(crate) published: u64,
    /// How many of them were there already.
    pub(crate) duplicates: u64,
}

impl Problem {
    /// A problem with this status and this description.
    pub fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            detail: detail.into(),
            field: None,
            expected: None,
            upload: None,
            is_for_room: false,
        }
    }

    /// A 400 that names the input at fault.
    pub fn input(
        field: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(StatusCode::BAD_REQUEST, detail)
        }
    }

    /// Adds what the input should have been.
    #[must_use]
    pub fn expecting(self, expected: impl Into<Cow<'static, str>>) -> Self {
        Self {
            expected: Some(expected.into()),
            ..self
        }
    }

    /// Puts the name of the field into a larger one: `type` within `events[3]` is
    /// `events[3].type`.
    #[must_use]
    pub(crate) fn within(self, place: &str) -> Self {
        let field = self
            .field
            .map_or_else(|| place.to_owned(), |field| format!("{place}.{field}"));
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    /// Adds how much was published before.
    #[must_use]
    pub(crate) fn after(self, upload: Upload) -> Self {
        Self {
            upload: Some(upload),
            ..self
        }
    }

    /// The status of the response.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The description.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The input at fault, if there is one.
    pub(crate) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// A 503: the server works, but is full. The connection closes after the response, because
    /// another client needs it.
    pub(crate) fn no_room(detail: &'static str) -> Self {
        Self {
            is_for_room: true,
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// Whether the only cause is that the server is full. There may be many of these, so they are
    /// counted instead of logged.
    pub(crate) fn is_for_room(&self) -> bool {
        self.is_for_room
    }

    /// A 404: nothing is at this path.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing at this address.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            r#type: "about:blank".into(),
            title: self.status.canonical_reason().unwrap_or("Error").into(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            field: self.field.clone(),
            expected: self.expected.clone(),
            line: self.upload.map(|upload| upload.line),
            published: self.upload.map(|upload| upload.published),
            duplicates: self.upload.map(|upload| upload.duplicates),
            request_id: request_id::current(),
        };
        // It has only strings and numbers, so serializing it cannot fail.
        let body = serde_json::to_string(&document).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(
            self.status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE
        ) {
            let seconds = if self.is_for_room {
                RETRY_AFTER_NO_ROOM
            } else {
                RETRY_AFTER
            };
            headers.insert(
                header::RETRY_AFTER,
                rand::rng().random_range(seconds).into(),
            );
        }
        if self.is_for_room {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::input("path", rejection.body_text()).expecting("percent-encoded UTF-8")
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Closed => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The server is shutting down.",
            ),
            PublishError::Log(error) => error.into(),
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        let status = match error {
            LogError::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            LogError::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}

/// The response to a method that the route does not have. The router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed here; see the Allow header.",
    )
}

/// Turns a panic of a handler into a 500. The message of the panic is in the log, not in the
/// response.
pub(crate) async fn catch_panics(answer: impl Future<Output = Response>) -> Response {
    // Only shared state is used again after a panic, and its locks keep that consistent.
    AssertUnwindSafe(answer)
        .catch_unwind()
        .await
        .unwrap_or_else(panicked)
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(
        panic = message.unwrap_or("no message"),
        "a handler panicked"
    );
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong here. It has been logged.",
    )
    .into_response()
}
