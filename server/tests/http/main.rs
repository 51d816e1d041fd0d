//! Tests of the server over real HTTP: one file for each endpoint or guarantee.
//!
//! `cargo test -p pulseboard` runs them over HTTP/1.1 and over HTTP/2. To run a few of them over
//! HTTP/2 alone: `PULSEBOARD_TEST_PROTOCOL=http2 cargo test -p pulseboard --test http presence`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod assets;
mod budget;
mod chat;
mod client_commands;
mod command;
mod configuration;
mod dead_peer;
mod descriptors;
mod durable;
mod errors;
mod events;
mod full_disk;
mod fuzz;
mod history;
mod openapi;
mod operations;
mod pages;
mod presence;
mod publish;
mod publish_any;
mod publish_batch;
mod publish_lines;
mod publish_structured;
mod security;
mod series;
mod shutdown;
mod snapshot;
mod topic_page;

use std::{collections::VecDeque, env, process::Command, time::Duration};

use pulseboard_contract::{
    Epoch, Event, Timestamp,
    api::HistoryPage,
    sse::{Decoder, MessageEvent},
};
use pulseboard_server::{Options, Server};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;

pub(crate) const EPOCH: u32 = 0x9f2c_41d7;

/// Selects the protocol of [`client`]: `http2`, or HTTP/1.1 if it is not set.
const PROTOCOL: &str = "PULSEBOARD_TEST_PROTOCOL";

/// Tests whose requests do not come from [`client`], so a run over HTTP/2 would repeat them
/// unchanged.
const SAME_OVER_BOTH: [&str; 6] = [
    "budget::",
    "client_commands::",
    "command::a_thousand_streams",
    "configuration::",
    "dead_peer::",
    "descriptors::",
];

/// The hang guard of [`soon`]: far more than any wait takes, even on a machine that is busy with
/// something else. No test measures time with it.
pub(crate) const HANG: Duration = Duration::from_mins(2);

/// Runs this program a second time with a client that speaks HTTP/2.
#[test]
fn all_tests_pass_over_http2_too() {
    if speaks_http2() {
        return;
    }
    let mut again = Command::new(env::current_exe().unwrap());
    again
        .env(PROTOCOL, "http2")
        .args(["--skip", "all_tests_pass_over_http2_too"]);
    for name in SAME_OVER_BOTH {
        again.args(["--skip", name]);
    }
    let output = again.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "over HTTP/2:\n{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !stdout.contains("running 0 tests"),
        "no test ran over HTTP/2:\n{stdout}"
    );
}

fn speaks_http2() -> bool {
    env::var_os(PROTOCOL).is_some_and(|protocol| protocol == "http2")
}

/// The clock of every server in these tests always shows this time.
pub(crate) fn noon() -> Timestamp {
    "2024-01-01T12:00:00Z".parse().unwrap()
}

/// Waits for the future, and fails the test instead of hanging if it never completes.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, future)
        .await
        .expect("the future completes")
}

/// A server that one test has for itself, and a client for it.
pub(crate) struct TestServer {
    pub(crate) running: Server,
    pub(crate) client: Client,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            clock: std::sync::Arc::new(noon),
            epoch: Epoch::new(EPOCH),
            presence_grace: Duration::from_millis(1),
            ..Options::default()
        };
        change(&mut options);
        let running = Server::start("127.0.0.1:0", options).await.unwrap();
        Self {
            running,
            client: client(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// A request that publishes JSON with this event type.
    pub(crate) fn publish(&self, topic: &str, event_type: &str, data: &str) -> RequestBuilder {
        let request = self
            .post(&format!("/topics/{topic}"))
            .header("content-type", "application/json");
        request.header("ce-type", event_type).body(data.to_owned())
    }

    /// Publishes these numbers on the topic `n`.
    pub(crate) async fn count(&self, numbers: std::ops::RangeInclusive<u64>) {
        for number in numbers {
            let response = self
                .publish("n", "count", &number.to_string())
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), StatusCode::CREATED);
        }
    }

    /// All events in the log.
    pub(crate) async fn stored(&self) -> Vec<Event> {
        // Decoded from the text: decoding through a `Value` would sort keys and round numbers.
        let text = self
            .get("/api/history?limit=1000")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        serde_json::from_str::<HistoryPage>(&text).unwrap().events
    }

    pub(crate) async fn stream(&self, path: &str) -> Stream {
        Stream::of(self.get(path)).await
    }
}

pub(crate) fn client() -> Client {
    if speaks_http2() {
        builder().http2_prior_knowledge()
    } else {
        builder().http1_only()
    }
    .build()
    .unwrap()
}

/// A client that opens one connection for each concurrent request, for tests about connections.
pub(crate) fn client_with_many_connections() -> Client {
    builder().http1_only().build().unwrap()
}

pub(crate) fn builder() -> reqwest::ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
}

pub(crate) async fn json(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

/// Checks that the response is a problem document with this status and this `field`.
#[track_caller]
pub(crate) fn check_problem(
    status: u16,
    field: Option<&str>,
    response: Response,
) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    async move {
        let (actual, content_type) = (
            response.status().as_u16(),
            header(&response, "content-type"),
        );
        let text = response.text().await.unwrap();
        assert_eq!(
            (actual, content_type.as_str()),
            (status, "application/problem+json"),
            "{caller}: {text}"
        );
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(problem["status"], status, "{caller}: {text}");
        assert!(
            problem["title"].is_string() && problem["detail"].is_string(),
            "{caller}: {text}"
        );
        assert_eq!(problem["field"].as_str(), field, "{caller}: {text}");
        problem
    }
}

pub(crate) fn header(response: &Response, name: &str) -> String {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

/// The seconds in `Retry-After`.
pub(crate) fn retry_after(response: &Response) -> u32 {
    header(response, "retry-after")
        .parse()
        .expect("Retry-After is a number of seconds")
}

/// An open stream, decoded as a browser decodes it.
pub(crate) struct Stream {
    response: Response,
    decoder: Decoder,
    received: VecDeque<MessageEvent>,
}

impl From<Response> for Stream {
    fn from(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        Self {
            response,
            decoder: Decoder::default(),
            received: VecDeque::new(),
        }
    }
}

impl Stream {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        soon(request.send()).await.unwrap().into()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        header(&self.response, name)
    }

    /// The next bytes as they arrive.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let chunk = soon(self.response.chunk()).await.unwrap()?;
        self.decoder
            .push(&chunk, |message| self.received.push_back(message))
            .unwrap();
        Some(String::from_utf8(chunk.to_vec()).unwrap())
    }

    /// The next message, or `None` at a clean end.
    pub(crate) async fn message(&mut self) -> Option<MessageEvent> {
        while self.received.is_empty() {
            self.chunk().await?;
        }
        self.received.pop_front()
    }

    /// The next message of this type.
    pub(crate) async fn of_type(&mut self, event_type: &str) -> MessageEvent {
        // One hang guard for the whole loop: heartbeats would restart a guard for each message.
        soon(async {
            loop {
                let message = self.message().await.expect("the stream is still open");
                if message.event_type == event_type {
                    return message;
                }
            }
        })
        .await
    }

    /// The next message of this type, its data as JSON.
    pub(crate) async fn data(&mut self, event_type: &str) -> Value {
        serde_json::from_str(&self.of_type(event_type).await.data).unwrap()
    }

    /// Waits for the first block, which tells a client that it is subscribed.
    pub(crate) async fn opened(mut self) -> Self {
        self.chunk().await.unwrap();
        self
    }
}
