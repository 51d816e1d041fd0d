//! `GET /events`, `/stream` and `/chat-stream`.

use std::time::Duration;

use pulseboard_contract::Event;

use crate::{EPOCH, Stream, TestServer, check_problem};

fn id(seq: u64) -> String {
    format!("{EPOCH:08x}-{seq}")
}

/// The numbers of the next `count` events on an envelope stream.
async fn numbers(stream: &mut Stream, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let event: Event = serde_json::from_value(stream.data("message").await).unwrap();
        numbers.push(event.data.read().unwrap());
    }
    numbers
}

#[tokio::test]
async fn the_headers_keep_proxies_from_buffering_the_stream() {
    let server = TestServer::start().await;
    for path in ["/events", "/stream", "/chat-stream"] {
        let stream = Stream::of(server.get(path).header("accept-encoding", "gzip, br")).await;
        assert_eq!(stream.header("content-type"), "text/event-stream");
        assert_eq!(stream.header("cache-control"), "no-cache, no-transform");
        assert_eq!(stream.header("x-accel-buffering"), "no");
        assert_eq!(stream.header("content-encoding"), "");
        assert_eq!(stream.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn the_first_block_has_a_jittered_retry_and_the_position() {
    let server = TestServer::start().await;
    server.count(1..=3).await;
    let mut retries = std::collections::HashSet::new();
    for _ in 0..8 {
        let first = server.stream("/stream").await.chunk().await.unwrap();
        let (retry, rest) = first
            .strip_prefix("retry: ")
            .unwrap()
            .split_once('\n')
            .unwrap();
        assert!((2_000..=4_000).contains(&retry.parse::<u64>().unwrap()));
        assert_eq!(rest, format!("id: {}\n\n", id(3)));
        retries.insert(retry.to_owned());
    }
    assert!(retries.len() > 1, "{retries:?}");
}

#[tokio::test]
async fn each_framing_writes_the_event_in_its_own_form() {
    let server = TestServer::start().await;
    let mut streams = Vec::new();
    for query in [
        "",
        "?framing=named",
        "?framing=unnamed",
        "?framing=envelope",
    ] {
        streams.push(
            server
                .stream(&format!("/events{query}"))
                .await
                .opened()
                .await,
        );
    }
    server
        .publish("deploys", "update", r#"{"content":"v2"}"#)
        .send()
        .await
        .unwrap();
    for stream in &mut streams[..2] {
        assert_eq!(
            stream.data("update").await,
            serde_json::json!({"content": "v2"})
        );
    }
    let is_presence =
        |data: &serde_json::Value| data.get("watching").is_some() || data["type"] == "presence";
    let mut unnamed = streams[2].data("message").await;
    while is_presence(&unnamed) {
        unnamed = streams[2].data("message").await;
    }
    assert_eq!(unnamed, serde_json::json!({"content": "v2"}));
    let mut envelope = streams[3].data("message").await;
    while is_presence(&envelope) {
        envelope = streams[3].data("message").await;
    }
    assert_eq!(
        (&envelope["eventid"], &envelope["topic"]),
        (&id(1).into(), &"deploys".into())
    );
}

#[tokio::test]
async fn only_the_selected_topics_and_types_arrive() {
    let server = TestServer::start().await;
    let mut stream = server
        .stream("/events?topic=a/*&topic=b&type=update&type=x")
        .await
        .opened()
        .await;
    for (topic, event_type) in [
        ("a", "x"),
        ("a/1", "y"),
        ("c", "x"),
        ("a/1", "x"),
        ("b", "update"),
    ] {
        server
            .publish(topic, event_type, r#"{"content":""}"#)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(stream.message().await.unwrap().event_type, "x");
    assert_eq!(stream.message().await.unwrap().event_type, "update");
}

#[tokio::test]
async fn a_stream_resumes_after_the_header_or_the_query_and_the_header_has_priority() {
    let server = TestServer::start().await;
    server.count(1..=5).await;
    let path = |query: &str| format!("/events?topic=n&framing=envelope{query}");
    let by_header = server.get(&path("")).header("last-event-id", id(2));
    assert_eq!(
        numbers(&mut Stream::of(by_header).await, 3).await,
        [3, 4, 5]
    );
    let mut by_query = server
        .stream(&path(&format!("&last_event_id={}", id(3))))
        .await;
    assert_eq!(numbers(&mut by_query, 2).await, [4, 5]);
    let both = server
        .get(&path(&format!("&last_event_id={}", id(1))))
        .header("last-event-id", id(4));
    assert_eq!(numbers(&mut Stream::of(both).await, 1).await, [5]);
    let empty_header = server
        .get(&path(&format!("&last_event_id={}", id(4))))
        .header("last-event-id", "");
    assert_eq!(numbers(&mut Stream::of(empty_header).await, 1).await, [5]);

    // Without a cursor, or with an empty one, the stream has new events only.
    let mut live = server.stream(&path("&last_event_id=")).await.opened().await;
    server.count(6..=6).await;
    assert_eq!(numbers(&mut live, 1).await, [6]);
}

#[tokio::test]
async fn a_conflating_stream_replays_the_newest_event_of_each_topic_and_then_gets_every_event() {
    let server = TestServer::start().await;
    server.count(1..=5).await;
    server.publish("m", "count", "6").send().await.unwrap();
    let query = format!(
        "/events?framing=envelope&type=count&conflate=latest&last_event_id={}",
        id(1)
    );
    let mut stream = server.stream(&query).await;
    assert_eq!(numbers(&mut stream, 2).await, [5, 6]);
    server.count(7..=8).await;
    assert_eq!(numbers(&mut stream, 2).await, [7, 8]);
}

#[tokio::test]
async fn a_cursor_of_another_log_leads_to_a_gap() {
    let server = TestServer::start().await;
    server.count(1..=1).await;
    let mut stream = server
        .stream("/events?topic=n&framing=envelope&last_event_id=00000001-7")
        .await;
    assert_eq!(stream.data("gap").await["after"], "00000001-7");
    assert_eq!(numbers(&mut stream, 1).await, [1]);
}

#[tokio::test]
async fn heartbeats_are_named_events_on_every_stream() {
    let server =
        TestServer::start_with(|options| options.heartbeat_every = Duration::from_millis(20)).await;
    for path in ["/events?framing=envelope", "/stream", "/chat-stream"] {
        let mut stream = server.stream(path).await;
        assert_eq!(
            stream.data("heartbeat").await,
            serde_json::json!({"status": "ok", "time": "2024-01-01T12:00:00Z"})
        );
    }
}

#[tokio::test]
async fn the_basic_stream_has_every_message_unnamed_and_nothing_else() {
    let server = TestServer::start().await;
    let mut stream = server.stream("/stream").await.opened().await;
    server
        .publish("a", "update", r#"{"content":"x"}"#)
        .send()
        .await
        .unwrap();
    server
        .post("/topics/b")
        .header("content-type", "text/plain")
        .body("Hello World")
        .send()
        .await
        .unwrap();
    let message = stream.message().await.unwrap();
    assert_eq!(message.event_type, "message");
    assert_eq!(
        message.data,
        r#"{"message":"Hello World","timestamp":"2024-01-01T12:00:00Z"}"#
    );
    assert_eq!(message.last_event_id, id(2));
}

#[tokio::test]
async fn the_chat_stream_has_one_room_as_user_text_and_time() {
    let server = TestServer::start().await;
    let mut general = server
        .stream("/chat-stream?user=Grace")
        .await
        .opened()
        .await;
    let mut other = server
        .stream("/chat-stream?room=other")
        .await
        .opened()
        .await;
    for room in ["other", "general"] {
        server
            .post(&format!("/chat/{room}"))
            .json(&serde_json::json!({"user": "Ada", "text": room}))
            .send()
            .await
            .unwrap();
    }
    for (stream, room) in [(&mut general, "general"), (&mut other, "other")] {
        let message = stream.message().await.unwrap();
        assert_eq!(message.event_type, "message");
        assert_eq!(
            message.data,
            format!(r#"{{"user":"Ada","text":"{room}","time":"2024-01-01T12:00:00Z"}}"#)
        );
    }
}

#[tokio::test]
async fn an_invalid_subscription_is_refused_before_the_stream_starts() {
    let server = TestServer::start().await;
    let many = |name: &str| format!("/events?{}", vec![format!("{name}=a"); 33].join("&"));
    for (field, path) in [
        ("topic", "/events?topic=a%20b".to_owned()),
        ("topic", "/events?topic=".to_owned()),
        ("topic", "/events?topic=**/a".to_owned()),
        ("topic", many("topic")),
        ("type", "/events?type=a%0Ab".to_owned()),
        ("type", many("type")),
        ("framing", "/events?framing=xml".to_owned()),
        (
            "framing",
            "/events?framing=named&framing=unnamed".to_owned(),
        ),
        ("conflate", "/events?conflate=newest".to_owned()),
        (
            "conflate",
            "/events?conflate=latest&conflate=latest".to_owned(),
        ),
        ("last_event_id", "/events?last_event_id=7".to_owned()),
        ("last_event_id", format!("/stream?last_event_id={}x", id(1))),
        ("last_event_id", "/chat-stream?last_event_id=-".to_owned()),
        ("room", "/events?room=a/b".to_owned()),
        ("room", "/chat-stream?room=a%20b".to_owned()),
        ("room", "/events?user=Ada".to_owned()),
        (
            "user",
            format!("/events?room=general&user={}", "x".repeat(65)),
        ),
        ("user", "/chat-stream?user=a%0ab".to_owned()),
        ("query", "/events?topic=%ff".to_owned()),
    ] {
        check_problem(400, Some(field), server.get(&path).send().await.unwrap()).await;
    }
    for value in ["7", "9f2c41d7-01", "9F2C41D7-1", "caf\u{e9}"] {
        let request = server.get("/events").header("last-event-id", value);
        check_problem(400, Some("Last-Event-ID"), request.send().await.unwrap()).await;
    }
    let ok = server
        .get(&format!("/events?{}", vec!["topic=a"; 32].join("&")))
        .send()
        .await
        .unwrap();
    assert_eq!(ok.status(), 200);
}

#[tokio::test]
async fn a_head_request_opens_no_stream() {
    let server = TestServer::start().await;
    let response = server
        .client
        .head(server.url("/events?room=general&user=Ada"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            response.headers()["content-type"].as_bytes()
        ),
        (200, &b"text/event-stream"[..])
    );
    // The length of a stream is unknown.
    assert_eq!(response.headers().get("content-length"), None);
    let mut stream = server.stream("/events?room=general").await;
    assert_eq!(stream.data("presence").await["watching"], 1);
    assert_eq!(server.stored().await, []);
}

#[tokio::test]
async fn a_stream_that_is_an_ordinary_body_has_the_same_headers_and_events() {
    let mut streams = Vec::new();
    for detaches_streams in [true, false] {
        let server =
            TestServer::start_with(|options| options.detaches_streams = detaches_streams).await;
        server.count(1..=2).await;
        let mut stream = server
            .stream("/events?topic=n&framing=envelope&last_event_id=start")
            .await;
        let headers =
            ["content-type", "cache-control", "x-accel-buffering"].map(|name| stream.header(name));
        server.count(3..=4).await;
        let numbers = numbers(&mut stream, 4).await;
        server.running.shutdown().await;
        while stream.message().await.is_some() {}
        streams.push((headers, numbers));
    }
    assert_eq!(streams[0].1, [1, 2, 3, 4]);
    assert_eq!(streams[0], streams[1]);
}
