//! Requests in the browser.

use gloo_net::http::{Request, Response as NetResponse};
use web_sys::AbortSignal;

use super::{RequestError, Response};

/// Gets a URL.
pub(super) async fn get(url: &str) -> Result<Response, RequestError> {
    read(Request::get(url).send().await).await
}

/// Posts a body. With a limit in milliseconds, a response that takes longer counts as none.
pub(super) async fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: String,
    limit_millis: Option<u32>,
) -> Result<Response, RequestError> {
    let signal = limit_millis.map(AbortSignal::timeout_with_u32);
    let request = headers
        .iter()
        .fold(Request::post(url), |request, (name, value)| {
            request.header(name, value)
        })
        .abort_signal(signal.as_ref())
        .body(body)
        .map_err(|_| RequestError::Unreachable)?;
    read(request.send().await).await
}

async fn read(response: Result<NetResponse, gloo_net::Error>) -> Result<Response, RequestError> {
    let response = response.map_err(|_| RequestError::Unreachable)?;
    let body = response
        .text()
        .await
        .map_err(|_| RequestError::Unreachable)?;
    let status = response.status();
    if response.ok() {
        Ok(Response { status, body })
    } else {
        Err(RequestError::refused(status, &body))
    }
}
