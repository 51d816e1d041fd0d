//! `POST /topics/{topic}`.

use bytes::Bytes;
use pulseboard_contract::EventId;
use reqwest::RequestBuilder;

use crate::{TestServer, check_problem, json, noon};

const FULL: usize = 64 * 1024;

#[tokio::test]
async fn plain_text_becomes_a_message_with_the_time() {
    let server = TestServer::start().await;
    for content_type in ["text/plain", "text/plain; charset=UTF-8"] {
        let response = server
            .post("/topics/deploys/api")
            .header("content-type", content_type)
            .body("größe\r\nx")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        let id: EventId = json(response).await["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let event = server.stored().await.pop().unwrap();
        assert_eq!(event.event_id, Some(id));
        assert_eq!(
            (
                event.event_type.as_str(),
                event.topic.as_str(),
                event.source.as_str()
            ),
            ("message", "deploys/api", "/publish")
        );
        assert_eq!(
            event.data.as_str(),
            r#"{"message":"größe\r\nx","timestamp":"2024-01-01T12:00:00Z"}"#
        );
        assert_eq!(event.time, noon());
    }
}

#[tokio::test]
async fn json_is_published_as_it_was_written() {
    let server = TestServer::start().await;
    let data = "{ \"z\": 12345678901234567890123, \"a\": 1.50,\r\n \"z\": null }";
    let response = server
        .publish("deploys", "com.ci.deploy", data)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let event = server.stored().await.pop().unwrap();
    assert_eq!(
        event.data.as_str(),
        r#"{"z":12345678901234567890123,"a":1.50,"z":null}"#
    );
    assert_eq!(event.event_type.as_str(), "com.ci.deploy");
}

#[tokio::test]
async fn json_without_a_type_is_a_message_and_gets_a_missing_time() {
    let server = TestServer::start().await;
    for (data, stored) in [
        (
            r#"{"message": "hi"}"#,
            r#"{"message":"hi","timestamp":"2024-01-01T12:00:00Z"}"#,
        ),
        (r#"{"cpu": 1}"#, r#"{"cpu":1}"#),
        ("[1, 2]", "[1,2]"),
    ] {
        let request = server
            .post("/topics/a")
            .header("content-type", "application/json")
            .body(data);
        assert_eq!(request.send().await.unwrap().status(), 201);
        assert_eq!(server.stored().await.pop().unwrap().data.as_str(), stored);
    }
}

#[tokio::test]
async fn cloudevents_attributes_are_read_from_the_headers() {
    let server = TestServer::start().await;
    let request = server.publish("chat/general", "chat", r#"{"user":"Ada","text":"hi"}"#);
    let request = request
        .header("ce-specversion", "1.0")
        .header("ce-source", "/Euro%20%E2%82%AC");
    let response = request
        .header("ce-id", "\"build 77\"")
        .header("ce-time", "2024-02-03T04:05:06+01:00")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let event = server.stored().await.pop().unwrap();
    assert_eq!(
        (event.id.as_str(), event.source.as_str()),
        ("build 77", "/Euro €")
    );
    assert_eq!(event.time.to_string(), "2024-02-03T03:05:06Z");
    assert_eq!(
        event.data.as_str(),
        r#"{"user":"Ada","text":"hi","time":"2024-02-03T03:05:06Z"}"#
    );
}

#[tokio::test]
async fn a_repeated_id_and_source_gets_the_event_id_of_the_first() {
    let server = TestServer::start().await;
    let publish = |source: &str| {
        let request = server.publish("deploys", "update", r#"{"content":"v2"}"#);
        request
            .header("ce-id", "build-77")
            .header("ce-source", source.to_owned())
            .send()
    };
    let first = publish("/ci").await.unwrap();
    assert_eq!(first.status(), 201);
    let first = json(first).await;
    let again = publish("/ci").await.unwrap();
    assert_eq!(again.status(), 200);
    assert_eq!(json(again).await, first);
    assert_eq!(publish("/other").await.unwrap().status(), 201);
    assert_eq!(server.stored().await.len(), 2);
}

#[tokio::test]
async fn extension_attributes_and_the_expiry_are_read_from_the_headers_too() {
    let server = TestServer::start().await;
    let request = server
        .publish("deploys", "com.ci.deploy", "{}")
        .header("ce-expires", "2099-01-01T00:00:00Z");
    let request = request
        .header("ce-subject", "gr%C3%B6%C3%9Fe")
        .header("ce-topic", "deploys")
        .header("ce-eventid", "x");
    let request = request.header("content-type", "application/vnd.ci+json; charset=utf-8");
    assert_eq!(request.send().await.unwrap().status(), 201);
    let event = server.stored().await.pop().unwrap();
    assert_eq!(event.expires.unwrap().to_string(), "2099-01-01T00:00:00Z");
    assert_eq!(
        serde_json::to_string(&event.attributes).unwrap(),
        r#"{"subject":"größe"}"#
    );
}

#[tokio::test]
async fn an_ephemeral_event_has_no_id() {
    let server = TestServer::start().await;
    let response = server
        .publish("chat/general", "typing", r#"{"user":"Ada"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.text().await.unwrap(), r#"{"id":null}"#);
    assert!(server.stored().await.is_empty());
}

#[tokio::test]
async fn a_body_of_64_kib_is_accepted_and_one_byte_more_is_not() {
    let server = TestServer::start().await;
    let post = |body: reqwest::Body| {
        server
            .post("/topics/a")
            .header("content-type", "text/plain")
            .body(body)
            .send()
    };
    let chunked = |size: usize| {
        let chunks = vec![
            Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; size - 1])),
            Ok(Bytes::from_static(b"a")),
        ];
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    for size in [FULL + 1, 3 * FULL] {
        check_problem(413, None, post(vec![b'a'; size].into()).await.unwrap()).await;
        check_problem(413, None, post(chunked(size)).await.unwrap()).await;
    }
    assert!(server.stored().await.is_empty());
    assert_eq!(post(vec![b'a'; FULL].into()).await.unwrap().status(), 201);
    assert_eq!(post(chunked(FULL)).await.unwrap().status(), 201);
    assert_eq!(server.stored().await.len(), 2);
}

#[tokio::test]
async fn an_invalid_topic_body_or_content_type_is_rejected() {
    let server = TestServer::start().await;
    let post = |path: &str, content_type: &str, body: &[u8]| {
        server
            .post(path)
            .header("content-type", content_type)
            .body(body.to_vec())
    };
    let text = |path: &str| post(path, "text/plain", b"x");
    check_rejected(
        &server,
        [
            (400, "topic", text("/topics/a%20b")),
            (400, "topic", text("/topics/a//b")),
            (400, "topic", text("/topics/a%00")),
            (400, "topic", text(&format!("/topics/{}", "x".repeat(201)))),
            (400, "path", text("/topics/%ff")),
            (400, "body", post("/topics/a", "text/plain", b"\xff")),
            (
                400,
                "body",
                post("/topics/a", "application/json", b"\"\xff\""),
            ),
            (400, "data", post("/topics/a", "application/json", b"{")),
            (400, "data", post("/topics/a", "application/json", b"")),
            (
                400,
                "data",
                post(
                    "/topics/a",
                    "application/json",
                    "[".repeat(60_000).as_bytes(),
                ),
            ),
            (415, "", server.post("/topics/a").body("x")),
            (415, "", post("/topics/a", "application/xml", b"x")),
            (
                415,
                "",
                post("/topics/a", "text/plain; charset=latin1", b"x"),
            ),
            (
                415,
                "",
                post("/topics/a", "application/cloudevents+avro", b"{}"),
            ),
            (
                415,
                "",
                post("/topics/a", "application/cloudevents-batch+xml", b"[]"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn data_that_does_not_fit_its_type_is_rejected() {
    let server = TestServer::start().await;
    let typed = |event_type: &str, data: &str| server.publish("a", event_type, data);
    let many = "x".repeat(4_001);
    check_rejected(
        &server,
        [
            (400, "data", typed("update", "{}")),
            (
                400,
                "data",
                typed("notification", r#"{"type":"fatal","message":"x"}"#),
            ),
            (400, "data", typed("metrics", r#"{"cpu":"high"}"#)),
            (400, "data", typed("chat", r#"{"text":"x"}"#)),
            (
                400,
                "data",
                typed("chat", r#"{"user":"a","text":"x","time":"noon"}"#),
            ),
            (400, "user", typed("chat", r#"{"user":"","text":"x"}"#)),
            (400, "user", typed("typing", r#"{"user":"a\nb"}"#)),
            (400, "text", typed("chat", r#"{"user":"Ada","text":" "}"#)),
            (
                400,
                "text",
                typed("chat", &format!(r#"{{"user":"Ada","text":"{many}"}}"#)),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_invalid_attribute_is_rejected_with_the_name_of_its_header() {
    let server = TestServer::start().await;
    let typed = |event_type: &str, data: &str| server.publish("a", event_type, data);
    let with = |name: &'static str, value: &str| {
        typed("update", r#"{"content":"x"}"#).header(name, value.to_owned())
    };
    let text = server
        .post("/topics/a")
        .header("content-type", "text/plain")
        .body("x");
    let long = "x".repeat(301);
    check_rejected(
        &server,
        [
            (400, "ce-type", typed("heartbeat", "{}")),
            (400, "ce-type", typed("presence", "{}")),
            (400, "ce-type", typed("gap", "{}")),
            (400, "ce-type", typed("error", "{}")),
            (400, "ce-type", typed("a%0ab", "{}")),
            (400, "ce-type", typed("%ff", "{}")),
            (400, "ce-type", typed("", "{}")),
            (400, "ce-type", text.header("ce-type", "update")),
            (400, "ce-id", with("ce-id", "")),
            (400, "ce-source", with("ce-id", "build-77")),
            (400, "ce-id", with("ce-id", "a%0ab")),
            (400, "ce-id", with("ce-id", &long)),
            (400, "ce-source", with("ce-source", &long)),
            (400, "ce-time", with("ce-time", "noon")),
            (400, "ce-specversion", with("ce-specversion", "0.3")),
            (400, "ce-expires", with("ce-expires", "tomorrow")),
            (400, "ce-topic", with("ce-topic", "b")),
            (400, "ce-topic", with("ce-topic", "b//c")),
            (
                400,
                "ce-datacontenttype",
                with("ce-datacontenttype", "application/json"),
            ),
            (400, "ce-data", with("ce-data", "1")),
            (400, "ce-trace-parent", with("ce-trace-parent", "x")),
            (400, "ce-subject", with("ce-subject", "a%0ab")),
            (
                400,
                "ce-type",
                typed("update", r#"{"content":"x"}"#).header("ce-type", "update"),
            ),
            (
                400,
                "ce-subject",
                with("ce-subject", "a").header("ce-subject", "a"),
            ),
        ],
    )
    .await;
}

/// The server rejects each request with this status and this field, and publishes nothing. An empty
/// field means none.
async fn check_rejected<'a>(
    server: &TestServer,
    requests: impl IntoIterator<Item = (u16, &'a str, RequestBuilder)>,
) {
    for (status, field, request) in requests {
        let field = Some(field).filter(|field| !field.is_empty());
        let problem = check_problem(status, field, request.send().await.unwrap()).await;
        if field == Some("data") || status == 415 {
            assert!(problem["expected"].is_string(), "{problem}");
        }
    }
    assert_eq!(server.stored().await, []);
}
