//! Errors as the client sees them: RFC 9457 problem documents.
//!
//! A handler returns a [`Problem`]; nothing is logged there. [`telemetry`] logs each once, where it
//! leaves.

use std::{any::Any, borrow::Cow, ops::RangeInclusive, panic::AssertUnwindSafe};

use axum::{
    extract::rejection::PathRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use pulseboard_hub::{LogError, PublishError};
use rand::Rng;
use serde::Serialize;

use crate::telemetry;

/// After how many seconds to try again what may work by then. Each answer draws, so that not all
/// come back at once.
const RETRY_AFTER: RangeInclusive<u32> = 1..=4;
/// The same where there is no room: that takes somebody else to leave.
const RETRY_AFTER_NO_ROOM: RangeInclusive<u32> = 5..=15;

/// What went wrong with a request.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    expected: Option<Cow<'static, str>>,
    upload: Option<Upload>,
    is_for_room: bool,
}

/// How far a stream of lines had come when it failed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Upload {
    /// The first line that is not published, counted from 1.
    pub(crate) line: u64,
    /// How many events of the lines before it are new in the log.
    pub(crate) published: u64,
    /// How many of them were there already.
    pub(crate) duplicates: u64,
}

impl Problem {
    /// A problem in words.
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

    /// A 400: this input is at fault.
    pub fn input(
        field: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(StatusCode::BAD_REQUEST, detail)
        }
    }

    /// Says what the input should have been.
    #[must_use]
    pub fn expecting(self, expected: impl Into<Cow<'static, str>>) -> Self {
        Self {
            expected: Some(expected.into()),
            ..self
        }
    }

    /// The same of a part of the input: `type` within `events[3]` is `events[3].type`.
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

    /// Says how much was published before.
    #[must_use]
    pub(crate) fn after(self, upload: Upload) -> Self {
        Self {
            upload: Some(upload),
            ..self
        }
    }

    /// How the request is answered.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What went wrong, in words.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The input at fault, if one is.
    pub(crate) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// A 503: the server is well, but full. The connection ends with the answer, as its place is
    /// needed.
    pub(crate) fn no_room(detail: &'static str) -> Self {
        Self {
            is_for_room: true,
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// Whether all there is to it is that the server is full. Who is refused for that is counted,
    /// as there may be many.
    pub(crate) fn is_for_room(&self) -> bool {
        self.is_for_room
    }

    /// A 404.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing at this address.")
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(flatten)]
    upload: Option<Upload>,
    /// By which the request is found in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            expected: self.expected.as_deref(),
            upload: self.upload,
            request_id: telemetry::request_id(),
        };
        // Strings and a number: writing them cannot fail.
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

/// The answer to a method a route does not have; the router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "This address does not have this method; Allow lists those it has.",
    )
}

/// The answer where a handler panicked. What the panic said is in the log, not in the answer.
pub(crate) async fn caught(answer: impl Future<Output = Response>) -> Response {
    // Nothing it held is used again but what is shared, and that is kept whole by its own locks.
    AssertUnwindSafe(answer)
        .catch_unwind()
        .await
        .unwrap_or_else(panicked)
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = said.unwrap_or("no words"), "a handler panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong here. It has been logged.",
    )
    .into_response()
}
