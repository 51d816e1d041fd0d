//! Several events in one request: `application/cloudevents-batch+json`.

use reqwest::RequestBuilder;

use crate::{TestServer, check_problem, json};

fn batch(server: &TestServer, path: &str, events: &str) -> RequestBuilder {
    server
        .post(path)
        .header("content-type", "application/cloudevents-batch+json")
        .body(events.to_owned())
}

fn event(id: &str, topic: &str, event_type: &str, data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"/a","type":"{event_type}","topic":"{topic}","data":{data},"time":"2024-01-01T12:00:00Z"}}"#
    )
}

#[tokio::test]
async fn a_batch_is_published_in_order_and_its_ids_are_in_order() {
    let server = TestServer::start().await;
    let events = [
        event("1", "a", "x", "1.50"),
        event("2", "chat/general", "typing", r#"{"user":"Ada"}"#),
        event("3", "b/c", "x", "\"3\""),
        event("1", "a", "x", "1.50"),
    ];
    let response = batch(
        &server,
        "/events",
        &format!("[ {} ]\n", events.join(" ,\n")),
    )
    .send()
    .await
    .unwrap();
    assert_eq!(response.status(), 201);
    let expected = serde_json::json!({"ids": ["9f2c41d7-1", null, "9f2c41d7-2", "9f2c41d7-1"], "duplicates": 1});
    assert_eq!(json(response).await, expected);
    let stored: Vec<_> = server
        .stored()
        .await
        .iter()
        .map(|event| (event.topic.to_string(), event.data.to_string()))
        .collect();
    assert_eq!(
        stored,
        [("a".into(), "1.50".into()), ("b/c".into(), "\"3\"".into())]
    );

    let again = batch(
        &server,
        "/events",
        &format!("[{},{}]", events[0], events[2]),
    )
    .send()
    .await
    .unwrap();
    assert_eq!(
        json(again).await,
        serde_json::json!({"ids": ["9f2c41d7-1", "9f2c41d7-2"], "duplicates": 2})
    );
    let empty = batch(&server, "/events", "[]").send().await.unwrap();
    assert_eq!(
        (empty.status().as_u16(), json(empty).await),
        (201, serde_json::json!({"ids": [], "duplicates": 0}))
    );
}

#[tokio::test]
async fn an_invalid_event_is_named_and_no_event_is_published() {
    let server = TestServer::start().await;
    let good = event("1", "a", "x", "1");
    let many = "x".repeat(4_001);
    for (field, bad) in [
        ("events[1].type", event("2", "a", "a b", "1")),
        ("events[1].type", event("2", "a", "gap", "1")),
        ("events[1].data", event("2", "a", "update", "1")),
        (
            "events[1].text",
            event(
                "2",
                "a",
                "chat",
                &format!(r#"{{"user":"Ada","text":"{many}"}}"#),
            ),
        ),
        ("events[1].topic", event("2", "b", "x", "1")),
        ("events[1].id", r#"{"specversion":"1.0"}"#.to_owned()),
        (
            "events[1].data_base64",
            r#"{"specversion":"1.0","data_base64":"AA=="}"#.to_owned(),
        ),
        ("events[1]", "7".to_owned()),
        ("events[1]", "[]".to_owned()),
    ] {
        let events = format!("[{good},{bad},{good}]");
        check_problem(
            400,
            Some(field),
            batch(&server, "/topics/a", &events).send().await.unwrap(),
        )
        .await;
    }
    for body in ["", "{}", "[", "[{}", &good, &format!("[{good}] 1")] {
        check_problem(
            400,
            Some("body"),
            batch(&server, "/topics/a", body).send().await.unwrap(),
        )
        .await;
    }
    let large = format!(
        "[{good},{}]",
        event("2", "a", "x", &format!("\"{}\"", "x".repeat(66_600)))
    );
    check_problem(
        413,
        Some("events[1]"),
        batch(&server, "/topics/a", &large).send().await.unwrap(),
    )
    .await;
    assert_eq!(server.stored().await, []);
}

#[tokio::test]
async fn a_batch_may_have_8_mib_and_not_more() {
    let server = TestServer::start().await;
    let events: Vec<_> = (0..130)
        .map(|n| {
            event(
                &n.to_string(),
                "a",
                "x",
                &format!("\"{}\"", "x".repeat(64_000)),
            )
        })
        .collect();
    let mut body = format!("[{}]", events.join(","));
    body.push_str(&" ".repeat(8 * 1024 * 1024 - body.len()));
    let response = batch(&server, "/events", &body).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(json(response).await["ids"].as_array().unwrap().len(), 130);
    body.push(' ');
    check_problem(
        413,
        None,
        batch(&server, "/events", &body).send().await.unwrap(),
    )
    .await;
}
