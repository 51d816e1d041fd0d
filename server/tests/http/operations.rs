//! Operating the server: `/readyz`, `/metrics` and request ids.

use std::collections::BTreeMap;

use crate::{TestServer, check_problem, header, retry_after, soon};

/// The metrics by name and labels.
pub(crate) async fn measures(server: &TestServer) -> BTreeMap<String, f64> {
    let response = server.get("/metrics").send().await.unwrap();
    assert_eq!(
        header(&response, "content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = response.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

#[tokio::test]
async fn the_server_is_ready_until_it_accepts_no_events() {
    let server = TestServer::start().await;
    let ready = server.get("/readyz").send().await.unwrap();
    assert_eq!(
        (
            ready.status().as_u16(),
            ready.text().await.unwrap().as_str()
        ),
        (200, "ready")
    );
    server.running.hub().close();
    soon(server.running.hub().closed()).await;
    let unready = server.get("/readyz").send().await.unwrap();
    assert!((1..=4).contains(&retry_after(&unready)));
    check_problem(503, None, unready).await;
}

#[tokio::test]
async fn publishes_are_counted_by_format_and_outcome() {
    let server = TestServer::start().await;
    let post = |path: &str, content_type: &str, body: &str| {
        server
            .post(path)
            .header("content-type", content_type)
            .body(body.to_owned())
            .send()
    };
    let event = r#"{"specversion":"1.0","id":"1","source":"/a","type":"x","topic":"a"}"#;
    post("/topics/a", "text/plain", "x").await.unwrap();
    post("/topics/a", "application/json", "{").await.unwrap();
    for _ in 0..2 {
        post("/events", "application/cloudevents+json", event)
            .await
            .unwrap();
    }
    post(
        "/events",
        "application/cloudevents-batch+json",
        &format!("[{event},{event}]"),
    )
    .await
    .unwrap();
    post("/topics/a", "application/x-ndjson", "1\n2\n3\n{")
        .await
        .unwrap();
    server
        .post("/chat/general")
        .json(&serde_json::json!({"user": "Ada", "text": "x"}))
        .send()
        .await
        .unwrap();
    server.running.hub().close();
    post("/topics/a", "text/plain", "x").await.unwrap();

    let measures = measures(&server).await;
    for (name, expected) in [
        (r#"publishes_total{way="text",outcome="accepted"}"#, 1.0),
        (r#"publishes_total{way="text",outcome="failed"}"#, 1.0),
        (r#"publishes_total{way="json",outcome="refused"}"#, 1.0),
        (
            r#"publishes_total{way="structured",outcome="accepted"}"#,
            2.0,
        ),
        (r#"publishes_total{way="batch",outcome="accepted"}"#, 1.0),
        (r#"publishes_total{way="lines",outcome="refused"}"#, 1.0),
        (r#"published_events_total{way="text",outcome="new"}"#, 1.0),
        (
            r#"published_events_total{way="structured",outcome="new"}"#,
            1.0,
        ),
        (
            r#"published_events_total{way="structured",outcome="duplicate"}"#,
            1.0,
        ),
        (
            r#"published_events_total{way="batch",outcome="duplicate"}"#,
            2.0,
        ),
        (r#"published_events_total{way="lines",outcome="new"}"#, 3.0),
        (r#"published_events_total{way="chat",outcome="new"}"#, 1.0),
    ] {
        assert_eq!(
            measures.get(&format!("pulseboard_{name}")),
            Some(&expected),
            "{name} in {measures:#?}"
        );
    }
}

#[tokio::test]
async fn streams_are_counted_while_they_are_open() {
    let server = TestServer::start().await;
    let named = server.stream("/events").await.opened().await;
    let resumed = server
        .stream("/stream?last_event_id=9f2c41d7-0")
        .await
        .opened()
        .await;
    let open = |framing: &str| format!("pulseboard_streams{{framing=\"{framing}\"}}");
    let before = measures(&server).await;
    assert_eq!(
        (before[&open("named")], before[&open("unnamed")]),
        (1.0, 1.0)
    );
    assert_eq!(
        before.get(r#"pulseboard_streams_opened_total{framing="named",start="now"}"#),
        Some(&1.0)
    );
    assert_eq!(
        before.get(r#"pulseboard_streams_opened_total{framing="unnamed",start="replay"}"#),
        Some(&1.0)
    );
    drop((named, resumed));
    // The server notices the closed stream at its next write.
    soon(async {
        loop {
            server.publish("a", "message", "1").send().await.unwrap();
            let after = measures(&server).await;
            if after[&open("named")] + after[&open("unnamed")] == 0.0 {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn requests_are_measured_by_the_pattern_of_their_route_and_never_by_their_path() {
    let server = TestServer::start().await;
    for topic in ["secret/a", "secret/b"] {
        server.publish(topic, "x", "1").send().await.unwrap();
        server
            .get(&format!("/nothing/{topic}"))
            .send()
            .await
            .unwrap();
        server
            .get(&format!("/api/history?topic={topic}&limit=0"))
            .send()
            .await
            .unwrap();
    }
    let measures = measures(&server).await;
    let count = |labels: &str| {
        measures
            .get(&format!(
                "pulseboard_http_request_seconds_count{{{labels}}}"
            ))
            .copied()
    };
    assert_eq!(
        count(r#"method="POST",route="/topics/{*topic}",status="2xx""#),
        Some(2.0),
        "{measures:#?}"
    );
    assert_eq!(
        count(r#"method="GET",route="other",status="4xx""#),
        Some(2.0)
    );
    assert_eq!(
        count(r#"method="GET",route="/api/history",status="4xx""#),
        Some(2.0)
    );
    assert!(
        measures.keys().all(|name| !name.contains("secret")),
        "{measures:#?}"
    );
}

#[tokio::test]
async fn the_metrics_include_the_resources_of_the_process() {
    let server = TestServer::start().await;
    let measures = measures(&server).await;
    assert!(
        measures["process_resident_memory_bytes"] > 1e6,
        "{measures:#?}"
    );
    assert!(
        measures["process_cpu_seconds_total"] >= 0.0 && measures["process_cpu_seconds_total"] < 1e4
    );
    assert!(measures["process_start_time_seconds"] > 1e9);
    assert!(measures["process_open_fds"] > 3.0);
}

#[tokio::test]
async fn every_response_has_a_request_id_and_a_problem_names_it() {
    let server = TestServer::start().await;
    let get = |path: &str, id: &str| {
        server
            .get(path)
            .header("x-request-id", id.to_owned())
            .send()
    };
    for path in ["/", "/events", "/healthz", "/nope", "/api/history?limit=0"] {
        assert_eq!(
            header(&get(path, "abc-1.2_3").await.unwrap(), "x-request-id"),
            "abc-1.2_3",
            "{path}"
        );
    }
    for odd in ["", "a b", "a\"b", &"x".repeat(65)] {
        let response = get("/nope", odd).await.unwrap();
        let id = header(&response, "x-request-id");
        assert!(
            id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{odd:?}: {id:?}"
        );
        assert_eq!(check_problem(404, None, response).await["request_id"], id);
    }
    let (one, other) = (
        server.get("/healthz").send().await.unwrap(),
        server.get("/healthz").send().await.unwrap(),
    );
    assert_ne!(header(&one, "x-request-id"), header(&other, "x-request-id"));
}

#[tokio::test]
async fn the_metrics_include_those_of_the_hub() {
    let server = TestServer::start().await;
    server.count(1..=3).await;
    let measures = measures(&server).await;
    assert_eq!(
        measures.get("pulseboard_events_stored_total"),
        Some(&3.0),
        "{measures:#?}"
    );
}
