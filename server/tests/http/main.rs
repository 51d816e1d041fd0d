//! The server over real HTTP, one file an endpoint or a promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod assets;
mod budget;
mod chat;
mod client_commands;
mod command;
mod configuration;
mod dead_peer;
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
mod topic_page;

use std::{collections::VecDeque, time::Duration};

use pulseboard_contract::{
    Epoch, Event, Timestamp,
    sse::{Decoder, MessageEvent},
};
use pulseboard_server::{Options, Server};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;

pub(crate) const EPOCH: u32 = 0x9f2c_41d7;

/// The time it always is.
pub(crate) fn noon() -> Timestamp {
    "2024-01-01T12:00:00Z".parse().unwrap()
}

/// Nothing in these tests takes long; what does has failed.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("it happens soon")
}

/// A server of a test's own and a client for it.
pub(crate) struct Board {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

impl Board {
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
        let server = Server::start("127.0.0.1:0", options).await.unwrap();
        Self {
            server,
            client: client(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// A publish as JSON under this type.
    pub(crate) fn publish(&self, topic: &str, event_type: &str, data: &str) -> RequestBuilder {
        let request = self
            .post(&format!("/topics/{topic}"))
            .header("content-type", "application/json");
        request.header("ce-type", event_type).body(data.to_owned())
    }

    /// Publishes the numbers on topic `n`.
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

    /// All that is in the log.
    pub(crate) async fn stored(&self) -> Vec<Event> {
        #[derive(serde::Deserialize)]
        struct Page {
            events: Vec<Event>,
        }
        // Read from the text: a `Value` between would sort keys and round numbers.
        let text = self
            .get("/api/history?limit=1000")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        serde_json::from_str::<Page>(&text).unwrap().events
    }

    pub(crate) async fn stream(&self, path: &str) -> Stream {
        Stream::of(self.get(path)).await
    }
}

pub(crate) fn client() -> Client {
    // The same tests make two programs: `tests/http2` is this folder under another name.
    let speaks_http2 = env!("CARGO_CRATE_NAME") == "http2";
    if speaks_http2 {
        builder().http2_prior_knowledge()
    } else {
        builder().http1_only()
    }
    .build()
    .unwrap()
}

/// For what is about connections: one for each request under way.
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

/// A request is refused with a problem document that names the field, if one is at fault.
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

/// After how many seconds to come back.
pub(crate) fn retry_after(response: &Response) -> u32 {
    header(response, "retry-after")
        .parse()
        .expect("Retry-After is a number of seconds")
}

/// An open stream, followed as a browser would.
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

    /// The next bytes as they come.
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
        // A deadline for all of it: heartbeats would keep a wait for each message going for ever.
        soon(async {
            loop {
                let message = self.message().await.expect("the stream goes on");
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

    /// Waits for the first block, which is how a client knows that it is subscribed.
    pub(crate) async fn opened(mut self) -> Self {
        self.chunk().await.unwrap();
        self
    }
}
