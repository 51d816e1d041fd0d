//! Random requests: the server answers each, and never with a 500.

use proptest::{prelude::*, test_runner::TestRunner};
use reqwest::Method;

use crate::TestServer;

/// Percent signs, separators, control characters and names with a meaning, in any order.
fn piece() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "/",
        "//",
        "..",
        "%2e",
        "%2F",
        "%00",
        "%ff",
        "%",
        "%zz",
        "?",
        "&",
        "=",
        "+",
        "*",
        "**",
        ";",
        ":",
        "@",
        "~",
        "#",
        "<",
        "\"",
        "{}",
        "{\"specversion\":\"1.0\"}",
        "[{}]",
        "\n",
        "topics",
        "chat",
        "general",
        "api",
        "history",
        "topic",
        "type",
        "limit",
        "after",
        "framing",
        "last_event_id",
        "9f2c41d7-1",
        "pkg",
        "guide",
        "inspector",
        "room",
        "user",
        "order",
        "desc",
        "http://",
        "[::1]",
        "%F0%9F%A6%80",
        "\u{80}",
        "18446744073709551615",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => "[!-~]{0,5}"]
}

fn text(pieces: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..pieces).prop_map(|pieces| pieces.concat())
}

fn start() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "/",
        "/topics/",
        "/chat/",
        "/api/history?",
        "/events?",
        "/events",
        "/chat-stream?",
        "/pkg/",
        "/chat/general?",
    ])
}

/// Method, start and rest of the path, content type, a header with its value, body, and whether a
/// browser asks.
type RandomRequest = (
    Method,
    &'static str,
    String,
    &'static str,
    &'static str,
    String,
    Vec<u8>,
    bool,
);

fn requests() -> impl Strategy<Value = RandomRequest> {
    let methods = proptest::sample::select(vec![
        Method::GET,
        Method::POST,
        Method::HEAD,
        Method::DELETE,
        Method::OPTIONS,
    ]);
    let content_types = proptest::sample::select(vec![
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "application/x-ndjson",
        ";",
        "a/b;charset=\"",
        "",
    ]);
    let headers = proptest::sample::select(vec![
        "ce-type",
        "ce-id",
        "ce-source",
        "ce-time",
        "ce-subject",
        "ce-topic",
        "ce-expires",
        "last-event-id",
        "cookie",
        "origin",
        "accept-encoding",
        "if-none-match",
    ]);
    (
        methods,
        start(),
        text(6),
        content_types,
        headers,
        text(4),
        prop_oneof![text(8).prop_map(String::into_bytes), any::<Vec<u8>>()],
        any::<bool>(),
    )
}

#[test]
fn no_request_causes_a_500() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(TestServer::start());
    TestRunner::new(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
    .run(
        &requests(),
        |(method, start, rest, content_type, name, value, body, is_browser)| {
            // Requests that the client library refuses to build are skipped.
            let Ok(url) = server
                .url(&format!("{start}{rest}"))
                .parse::<reqwest::Url>()
            else {
                return Ok(());
            };
            if url.host_str() != Some("127.0.0.1")
                || url.port() != Some(server.running.address().port())
            {
                return Ok(());
            }
            let accept = if is_browser { "text/html" } else { "*/*" };
            let request = server
                .client
                .request(method, url)
                .header("accept", accept)
                .header("content-type", content_type);
            let Ok(request) = request.header(name, value).body(body).build() else {
                return Ok(());
            };
            // The head is enough; streams never end.
            let response = runtime
                .block_on(server.client.execute(request))
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(response.status().as_u16() < 500, "{}", response.status());
            if response.status().is_client_error() {
                let content_type = crate::header(&response, "content-type");
                prop_assert!(
                    content_type == "application/problem+json"
                        || content_type.starts_with("text/html"),
                    "{content_type}"
                );
            }
            Ok(())
        },
    )
    .unwrap();
}
