//! Requests: one connection pool, a deadline for each, and what may be tried again.

use std::{
    error::Error as _,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, body::Incoming, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::Url;

use crate::{
    Failure, connection::Connection, duration, output::notice, problem::Problem, retry,
    retry::Retry,
};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request with an end may take, its answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a stream may take until its headers are there.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30);
/// The bound of the first wait before a request is tried again.
const RETRY_BASE: Duration = Duration::from_millis(500);
/// No answer of Pulseboard is larger: a page of history has 1 MiB of data.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// A server and the way to it.
pub(crate) struct Server {
    base: Url,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Duration,
}

/// What to ask. It is kept until it is answered, because it may have to be said again.
pub(crate) struct Ask {
    method: Method,
    url: Url,
    content_type: Option<&'static str>,
    body: Bytes,
}

/// Why a request did not get what it asked for.
pub(crate) enum Setback {
    /// The server understood and said no; asking again changes nothing.
    Refused(Box<Problem>),
    /// It may work later: the network, or a server that is busy, starting or broken.
    Passing {
        /// What happened, in words.
        reason: String,
        /// How long the server wants to be left alone.
        asked: Option<Duration>,
    },
}

impl From<Setback> for Failure {
    fn from(setback: Setback) -> Self {
        match setback {
            Setback::Refused(problem) => (*problem).into(),
            Setback::Passing { reason, .. } => Self::Failed(reason),
        }
    }
}

impl Ask {
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

    fn request(&self) -> Result<Request<Full<Bytes>>, String> {
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

impl Server {
    pub(crate) fn new(connection: &Connection) -> Result<Self, Failure> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        http.set_nodelay(true);
        http.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(&connection.url)?)
            .https_or_http()
            .enable_http1();
        let client = Client::builder(TokioExecutor::new()).build(connector.wrap_connector(http));
        Ok(Self {
            base: connection.url.clone(),
            client,
            patience: connection.patience(),
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

    /// Asks until there is an answer, the server refuses, or the patience ends. What is asked must
    /// bear being said twice.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<String, Setback> {
        let mut retry = Retry::new(RETRY_BASE, Some(self.patience));
        loop {
            let (reason, asked) = match self.try_once(&ask).await {
                Ok(answer) => return Ok(answer),
                Err(Setback::Passing { reason, asked }) => (reason, asked),
                Err(refused @ Setback::Refused(_)) => return Err(refused),
            };
            let is_first = !retry.is_failing();
            let Some(wait) = retry.failed(Instant::now(), rand::random(), asked) else {
                let tried = if self.patience.is_zero() {
                    String::new()
                } else if let Some(asked) = asked.filter(|asked| *asked > self.patience) {
                    format!("; it asks to be left alone for {}", duration::words(asked))
                } else {
                    format!("; tried for {}", duration::words(self.patience))
                };
                return Err(Setback::Passing {
                    reason: format!("{reason}{tried}"),
                    asked,
                });
            };
            if is_first {
                notice(&format!(
                    "{reason}; trying again for up to {}",
                    duration::words(self.patience)
                ));
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn try_once(&self, ask: &Ask) -> Result<String, Setback> {
        let exchange = async {
            let response = self.send(ask.request().map_err(Setback::passing)?).await?;
            let body = Limited::new(response.into_body(), MAX_ANSWER)
                .collect()
                .await;
            let bytes = body
                .map_err(|error| Setback::passing(format!("the answer broke off: {error}")))?
                .to_bytes();
            String::from_utf8(bytes.into())
                .map_err(|_| Setback::passing("the answer is not UTF-8".to_owned()))
        };
        tokio::time::timeout(REQUEST_TIMEOUT, exchange)
            .await
            .unwrap_or_else(|_| {
                Err(Setback::passing(format!(
                    "no answer within {}",
                    duration::words(REQUEST_TIMEOUT)
                )))
            })
    }

    /// Opens a stream of events, once. It is the caller's to try again.
    pub(crate) async fn open_stream(
        &self,
        url: &Url,
        last_event_id: Option<&str>,
    ) -> Result<Incoming, Setback> {
        let ask = Ask::get(url.clone());
        let mut request = ask.request().map_err(Setback::passing)?;
        let headers = request.headers_mut();
        headers.insert(
            header::ACCEPT,
            header::HeaderValue::from_static("text/event-stream"),
        );
        if let Some(id) = last_event_id.and_then(|id| header::HeaderValue::from_str(id).ok()) {
            headers.insert("last-event-id", id);
        }
        let response = tokio::time::timeout(STREAM_TIMEOUT, self.send(request))
            .await
            .unwrap_or_else(|_| {
                Err(Setback::passing(format!(
                    "no answer within {}",
                    duration::words(STREAM_TIMEOUT)
                )))
            })?;
        let content_type = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.starts_with("text/event-stream")) {
            return Err(Setback::refused(Problem::read(
                response.status(),
                r#"{"detail":"what answers there is not Pulseboard"}"#,
            )));
        }
        Ok(response.into_body())
    }

    /// The response to a request, if it is a success.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Setback> {
        let response = self.client.request(request).await.map_err(|error| {
            Setback::passing(format!(
                "cannot reach {}: {}",
                self.base.as_str().trim_end_matches('/'),
                cause(&error)
            ))
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let asked = retry_after(response.headers());
        let moved = response
            .headers()
            .get(header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        // Whatever the answer is, its status alone decides; the body only explains.
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map(Collected::to_bytes)
            .unwrap_or_default();
        let mut problem = Problem::read(status, &String::from_utf8_lossy(&body));
        if let Some(location) = moved {
            problem.detail = format!("it has moved to {location}; say so with --url");
        }
        if is_passing(status) {
            let reason = format!(
                "the server answered {}: {}",
                problem.status,
                problem.words()
            );
            return Err(Setback::Passing { reason, asked });
        }
        Err(Setback::refused(problem))
    }
}

impl Setback {
    fn refused(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }

    fn passing(reason: String) -> Self {
        Self::Passing {
            reason,
            asked: None,
        }
    }
}

/// Timeouts, too early, too many requests, and everything a server says of itself: it may be over
/// soon.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    retry::retry_after(
        headers.get(header::RETRY_AFTER)?.to_str().ok()?,
        SystemTime::now(),
    )
}

/// hyper says "client error (Connect)"; what a person needs to know is the last cause.
fn cause(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}

/// For https the certificates this machine trusts (`SSL_CERT_FILE` names others); http must work
/// where there are none.
fn tls(url: &Url) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    if url.scheme() == "https" {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(Failure::Failed(
                "this machine has no trusted certificates; SSL_CERT_FILE can name some".to_owned(),
            ));
        }
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Failed(format!("cannot set up TLS: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fake::{Answer, Fake};

    async fn ask(fake: &Fake, flags: &[&str]) -> Result<String, Failure> {
        let server = Server::new(&fake.connection(flags)).unwrap();
        let url = server.url(["topics", "a b", "ü"], [("q", "x&y".to_owned())]);
        Ok(server.ask(Ask::post(url, "text/plain", "hello")).await?)
    }

    #[tokio::test]
    async fn what_may_pass_is_asked_again_in_the_same_words() {
        let fake = Fake::answering([
            Answer::Nothing,
            Answer::Full("503 Service Unavailable\r\nretry-after: 0", String::new()),
            Answer::Full("429 Too Many Requests", String::new()),
            Answer::Full("201 Created", "done".to_owned()),
        ]);
        assert_eq!(ask(&fake, &[]).await.unwrap(), "done");
        let asked = fake.asked();
        assert_eq!(asked.len(), 4);
        assert!(
            asked
                .iter()
                .all(|asked| asked.line == "POST /topics/a%20b/%C3%BC?q=x%26y"
                    && asked.body == "hello"),
            "{asked:?}"
        );
        assert!(
            asked[0]
                .headers
                .contains(&"content-type: text/plain".to_owned()),
            "{asked:?}"
        );
    }

    #[tokio::test]
    async fn a_refusal_is_not_asked_again() {
        let answer = r#"{"status":400,"detail":"No."}"#.to_owned();
        let fake = Fake::answering([
            Answer::Full("400 Bad Request", answer),
            Answer::Full("200 OK", String::new()),
        ]);
        let error = ask(&fake, &[]).await.unwrap_err();
        assert_eq!(
            error,
            Failure::Failed("the server answered 400: No.".to_owned())
        );
        assert_eq!(fake.asked().len(), 1);
    }

    #[tokio::test]
    async fn a_redirect_says_where_to() {
        let fake = Fake::answering([Answer::Full(
            "301 Moved Permanently\r\nlocation: https://b.example/",
            String::new(),
        )]);
        let error = ask(&fake, &[]).await.unwrap_err().to_string();
        assert!(
            error.contains("https://b.example/") && error.contains("--url"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn patience_ends_with_the_reason() {
        let fake = Fake::answering([]);
        let error = ask(&fake, &["--retry-for", "300ms"])
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&fake.url) && error.contains("tried for 300ms"),
            "{error}"
        );
        let fake = Fake::answering([Answer::Full(
            "503 Service Unavailable\r\nretry-after: 3600",
            String::new(),
        )]);
        let error = ask(&fake, &["--retry-for", "1m"])
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("503") && error.contains("1h"), "{error}");
    }

    #[tokio::test]
    async fn a_path_of_the_server_stays_in_front() {
        let mut connection = Fake::answering([]).connection(&[]);
        connection.url = "https://board.example/pulse/".parse().unwrap();
        let server = Server {
            base: connection.url.clone(),
            ..Server::new(&Fake::answering([]).connection(&[])).unwrap()
        };
        assert_eq!(
            server.url(["events"], []).as_str(),
            "https://board.example/pulse/events"
        );
    }
}
