//! HTTP to the server: one connection pool, a timeout for each request, and retries.

mod error;
mod request;
mod tls;

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::{HeaderMap, Request, Response, body::Incoming, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;

use self::error::{is_transient, root_cause};
pub(crate) use self::{error::RequestError, request::ApiRequest};
use crate::{
    backoff::{Backoff, parse_retry_after},
    duration,
    error::CommandError,
    output::notice,
    problem,
    server_args::ServerArgs,
};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request may take, including its response body. Streams have no such limit.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a stream may take until its response headers arrive.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30);
/// The upper bound of the wait before the first retry.
const BACKOFF_BASE: Duration = Duration::from_millis(500);
/// The largest accepted response. Pulseboard's largest is a page of history with 1 MiB of data.
const MAX_RESPONSE: usize = 64 * 1024 * 1024;

/// A client of one server.
pub(crate) struct ApiClient {
    base: Url,
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    retry_for: Duration,
}

impl ApiClient {
    /// # Errors
    /// If the URL is https and TLS cannot be set up.
    pub(crate) fn new(args: &ServerArgs) -> Result<Self, CommandError> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(&args.url)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            base: args.url.clone(),
            http: Client::builder(TokioExecutor::new()).build(connector),
            retry_for: args.request_retry_for(),
        })
    }

    /// The URL of a route: the segments of its path, and its query.
    pub(crate) fn url<'a>(
        &self,
        path: impl IntoIterator<Item = &'a str>,
        query: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut query = query.into_iter().peekable();
        if query.peek().is_some() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Sends a request and returns the body of the response. Retries transient errors, so the
    /// request must be idempotent.
    ///
    /// # Errors
    /// If the server rejects the request, or it still fails when the time for retries is over.
    pub(crate) async fn send(&self, request: ApiRequest) -> Result<String, RequestError> {
        let mut backoff = Backoff::new(BACKOFF_BASE, Some(self.retry_for));
        loop {
            let (reason, retry_after) = match self.send_once(&request).await {
                Ok(body) => return Ok(body),
                Err(RequestError::Transient {
                    reason,
                    retry_after,
                }) => (reason, retry_after),
                Err(rejected @ RequestError::Rejected(_)) => return Err(rejected),
            };
            let is_first = !backoff.is_failing();
            let Some(wait) = backoff.next_wait(Instant::now(), rand::random(), retry_after) else {
                return Err(self.gave_up(&reason, retry_after));
            };
            if is_first {
                notice(&format!(
                    "{reason}; retrying for up to {}",
                    duration::display(self.retry_for)
                ));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Opens a stream of events with a single attempt; the caller retries.
    ///
    /// # Errors
    /// If the attempt fails, the server rejects it, or the response is not an event stream.
    pub(crate) async fn open_stream(
        &self,
        url: &Url,
        last_event_id: Option<&str>,
    ) -> Result<Incoming, RequestError> {
        let mut request = ApiRequest::get(url.clone())
            .to_http()
            .map_err(RequestError::transient)?;
        let headers = request.headers_mut();
        headers.insert(
            header::ACCEPT,
            header::HeaderValue::from_static("text/event-stream"),
        );
        if let Some(id) = last_event_id.and_then(|id| header::HeaderValue::from_str(id).ok()) {
            headers.insert("last-event-id", id);
        }
        let response = tokio::time::timeout(STREAM_TIMEOUT, self.exchange(request))
            .await
            .unwrap_or_else(|_| Err(no_response_within(STREAM_TIMEOUT)))?;
        let content_type = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.starts_with("text/event-stream")) {
            return Err(RequestError::rejected(problem::parse(
                response.status(),
                r#"{"detail":"the server at this URL is not Pulseboard"}"#,
            )));
        }
        Ok(response.into_body())
    }

    async fn send_once(&self, request: &ApiRequest) -> Result<String, RequestError> {
        let exchange = async {
            let request = request.to_http().map_err(RequestError::transient)?;
            let response = self.exchange(request).await?;
            let body = Limited::new(response.into_body(), MAX_RESPONSE)
                .collect()
                .await;
            let bytes = body
                .map_err(|error| {
                    RequestError::transient(format!("the response was cut off: {error}"))
                })?
                .to_bytes();
            String::from_utf8(bytes.into())
                .map_err(|_| RequestError::transient("the response is not UTF-8".to_owned()))
        };
        tokio::time::timeout(REQUEST_TIMEOUT, exchange)
            .await
            .unwrap_or_else(|_| Err(no_response_within(REQUEST_TIMEOUT)))
    }

    /// Sends one HTTP request and returns the response if it is a success.
    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, RequestError> {
        let response = self.http.request(request).await.map_err(|error| {
            RequestError::transient(format!(
                "cannot reach {}: {}",
                self.base.as_str().trim_end_matches('/'),
                root_cause(&error)
            ))
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(response.headers());
        let location = response
            .headers()
            .get(header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        // The status alone decides; the body only explains, so a broken body is not an error.
        let body = Limited::new(response.into_body(), MAX_RESPONSE)
            .collect()
            .await
            .map(Collected::to_bytes)
            .unwrap_or_default();
        let mut problem = problem::parse(status, &String::from_utf8_lossy(&body));
        if let Some(location) = location {
            problem.detail =
                format!("the server moved to {location}; pass that URL with --url").into();
        }
        if is_transient(status) {
            return Err(RequestError::Transient {
                reason: problem::message(&problem),
                retry_after,
            });
        }
        Err(RequestError::rejected(problem))
    }

    /// The error when the time for retries is over. It says how long the client tried.
    fn gave_up(&self, reason: &str, retry_after: Option<Duration>) -> RequestError {
        let tried = if self.retry_for.is_zero() {
            String::new()
        } else if let Some(wait) = retry_after.filter(|wait| *wait > self.retry_for) {
            format!("; the server asks to wait {}", duration::display(wait))
        } else {
            format!("; tried for {}", duration::display(self.retry_for))
        };
        RequestError::Transient {
            reason: format!("{reason}{tried}"),
            retry_after,
        }
    }
}

fn no_response_within(timeout: Duration) -> RequestError {
    RequestError::transient(format!("no response within {}", duration::display(timeout)))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    parse_retry_after(
        headers.get(header::RETRY_AFTER)?.to_str().ok()?,
        SystemTime::now(),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeResponse, FakeServer};

    async fn send(fake: &FakeServer, flags: &[&str]) -> Result<String, CommandError> {
        let client = ApiClient::new(&fake.server_args(flags)).unwrap();
        let url = client.url(["topics", "a b", "ü"], [("q", "x&y".to_owned())]);
        Ok(client
            .send(ApiRequest::post(url, "text/plain", "hello"))
            .await?)
    }

    #[tokio::test]
    async fn a_transient_error_is_retried_with_the_same_request() {
        let fake = FakeServer::with([
            FakeResponse::Nothing,
            FakeResponse::Full("503 Service Unavailable\r\nretry-after: 0", String::new()),
            FakeResponse::Full("429 Too Many Requests", String::new()),
            FakeResponse::Full("201 Created", "done".to_owned()),
        ]);
        assert_eq!(send(&fake, &[]).await.unwrap(), "done");
        let requests = fake.requests();
        assert_eq!(requests.len(), 4);
        assert!(
            requests.iter().all(
                |request| request.line == "POST /topics/a%20b/%C3%BC?q=x%26y"
                    && request.body == "hello"
            ),
            "{requests:?}"
        );
        assert!(
            requests[0]
                .headers
                .contains(&"content-type: text/plain".to_owned()),
            "{requests:?}"
        );
    }

    #[tokio::test]
    async fn a_rejected_request_is_not_retried() {
        let answer = r#"{"status":400,"detail":"No."}"#.to_owned();
        let fake = FakeServer::with([
            FakeResponse::Full("400 Bad Request", answer),
            FakeResponse::Full("200 OK", String::new()),
        ]);
        let error = send(&fake, &[]).await.unwrap_err();
        assert_eq!(
            error,
            CommandError::Failed("the server answered 400: No.".to_owned())
        );
        assert_eq!(fake.requests().len(), 1);
    }

    #[tokio::test]
    async fn a_redirect_names_the_new_url() {
        let fake = FakeServer::with([FakeResponse::Full(
            "301 Moved Permanently\r\nlocation: https://b.example/",
            String::new(),
        )]);
        let error = send(&fake, &[]).await.unwrap_err().to_string();
        assert!(
            error.contains("https://b.example/") && error.contains("--url"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn after_the_retries_the_error_names_the_reason() {
        let fake = FakeServer::with([]);
        let error = send(&fake, &["--retry-for", "300ms"])
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&fake.url) && error.contains("tried for 300ms"),
            "{error}"
        );
        let fake = FakeServer::with([FakeResponse::Full(
            "503 Service Unavailable\r\nretry-after: 3600",
            String::new(),
        )]);
        let error = send(&fake, &["--retry-for", "1m"])
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("503") && error.contains("1h"), "{error}");
    }

    #[tokio::test]
    async fn the_base_path_of_the_server_stays_in_front() {
        let client = ApiClient {
            base: "https://board.example/pulse/".parse().unwrap(),
            ..ApiClient::new(&FakeServer::with([]).server_args(&[])).unwrap()
        };
        assert_eq!(
            client.url(["events"], []).as_str(),
            "https://board.example/pulse/events"
        );
    }
}
