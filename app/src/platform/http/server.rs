//! The server renders pages from its own data and makes no requests.

use super::{RequestError, Response};

/// Gets a URL; fails on the server.
#[allow(clippy::unused_async)] // The browser's version awaits.
pub(super) async fn get(_url: &str) -> Result<Response, RequestError> {
    Err(RequestError::Unreachable)
}

/// Posts a body; fails on the server.
#[allow(clippy::unused_async)] // The browser's version awaits.
pub(super) async fn post(
    _url: &str,
    _headers: &[(&str, &str)],
    _body: String,
    _limit_millis: Option<u32>,
) -> Result<Response, RequestError> {
    Err(RequestError::Unreachable)
}
