//! One API request, in a form that can be sent more than once.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, header};
use url::Url;

/// A request to the API. It is kept until it succeeds, because it may have to be sent again.
pub(crate) struct ApiRequest {
    method: Method,
    url: Url,
    content_type: Option<&'static str>,
    body: Bytes,
}

impl ApiRequest {
    pub(crate) fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            content_type: None,
            body: Bytes::new(),
        }
    }

    pub(crate) fn post(url: Url, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            url,
            content_type: Some(content_type),
            body: body.into(),
        }
    }

    /// Builds the HTTP request for one attempt.
    ///
    /// # Errors
    /// If the URL is not a valid HTTP request target.
    pub(super) fn to_http(&self) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(self.url.as_str())
            .header(
                header::USER_AGENT,
                concat!("pulseboard/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(content_type) = self.content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        request
            .body(Full::new(self.body.clone()))
            .map_err(|error| error.to_string())
    }
}
