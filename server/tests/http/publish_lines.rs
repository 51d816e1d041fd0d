//! A stream of events, one JSON value per line: `application/x-ndjson`.

use std::fmt::Write;

use bytes::Bytes;
use reqwest::{Body, RequestBuilder, Response};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

use crate::{TestServer, check_problem, json, shutdown::NEVER, soon};

fn lines(server: &TestServer, path: &str, body: impl Into<Body>) -> RequestBuilder {
    server
        .post(path)
        .header("content-type", "application/x-ndjson")
        .body(body)
}

fn cloud_event(id: &str, topic: &str, data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"/a","type":"x","topic":"{topic}","data":{data}}}"#
    )
}

/// An upload whose chunks the test sends one by one.
struct Upload {
    chunks: mpsc::UnboundedSender<Result<Bytes, std::io::Error>>,
    response: tokio::task::JoinHandle<Response>,
}

impl Upload {
    fn start(server: &TestServer, path: &str) -> Self {
        let (chunks, mut receiver) = mpsc::unbounded_channel();
        let body = Body::wrap_stream(futures_util::stream::poll_fn(move |context| {
            receiver.poll_recv(context)
        }));
        let request = lines(server, path, body).header("ce-type", "count");
        Self {
            chunks,
            response: tokio::spawn(async { soon(request.send()).await.unwrap() }),
        }
    }

    fn send(&self, chunk: &str) {
        self.chunks
            .send(Ok(Bytes::copy_from_slice(chunk.as_bytes())))
            .unwrap();
    }

    async fn end(self) -> Response {
        drop(self.chunks);
        self.response.await.unwrap()
    }
}

#[tokio::test]
async fn a_line_is_an_envelope_or_the_data_of_an_event() {
    let server = TestServer::start().await;
    let body = format!(
        "{{\"z\": 12345678901234567890123, \"z\": 1.50}}\r\n\n  \n{}\n\"größe\"\n{}",
        cloud_event("1", "a", "true"),
        cloud_event("1", "a", "true")
    );
    let request = lines(&server, "/topics/a", body)
        .header("ce-type", "com.example")
        .header("ce-source", "/me");
    let response = request.header("ce-subject", "s").send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(
        json(response).await,
        serde_json::json!({"published": 3, "duplicates": 1, "last": "9f2c41d7-2"})
    );
    let stored: Vec<_> = server
        .stored()
        .await
        .iter()
        .map(|event| {
            let subject = event
                .attributes
                .get("subject")
                .map(ToString::to_string)
                .unwrap_or_default();
            format!(
                "{} {} {subject} {}",
                event.event_type, event.source, event.data
            )
        })
        .collect();
    let expected = [
        r#"com.example /me s {"z":12345678901234567890123,"z":1.50}"#,
        "x /a  true",
        "com.example /me s \"größe\"",
    ];
    assert_eq!(stored, expected);

    let nothing = lines(&server, "/topics/a", "\n\n").send().await.unwrap();
    assert_eq!(
        (
            nothing.status().as_u16(),
            json(nothing).await["last"].clone()
        ),
        (201, serde_json::Value::Null)
    );
}

#[tokio::test]
async fn without_a_topic_in_the_path_each_event_names_its_own() {
    let server = TestServer::start().await;
    let body = format!(
        "{}\n{}\n",
        cloud_event("1", "a/b", "1"),
        cloud_event("2", "c", "2")
    );
    assert_eq!(
        lines(&server, "/events", body)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    let with_header = lines(&server, "/events", "3")
        .header("ce-topic", "d")
        .send()
        .await
        .unwrap();
    assert_eq!(with_header.status(), 201);
    let topics: Vec<_> = server
        .stored()
        .await
        .iter()
        .map(|event| event.topic.to_string())
        .collect();
    assert_eq!(topics, ["a/b", "c", "d"]);
    check_problem(
        400,
        Some("ce-topic"),
        lines(&server, "/events", "3").send().await.unwrap(),
    )
    .await;
}

#[tokio::test]
async fn a_slow_upload_is_seen_line_by_line() {
    let server = TestServer::start().await;
    let mut stream = server.stream("/events?topic=a").await.opened().await;
    let upload = Upload::start(&server, "/topics/a");
    for number in 1..=3 {
        // A line arrives in two parts.
        upload.send(&format!("{number}{number}"));
        upload.send(&format!("{number}\n4"));
        assert_eq!(
            stream.data("count").await,
            number * 111,
            "while the upload is still open"
        );
        upload.send("2\n");
        assert_eq!(stream.data("count").await, 42);
    }
    let response = upload.end().await;
    assert_eq!(json(response).await["published"], 6);
}

#[tokio::test]
async fn a_fast_upload_keeps_all_of_its_lines_in_order() {
    let server = TestServer::start().await;
    let mut body = String::new();
    for number in 0..20_000 {
        writeln!(body, "{number}").unwrap();
    }
    let response = lines(&server, "/topics/a", body)
        .header("ce-type", "count")
        .send()
        .await
        .unwrap();
    assert_eq!(
        json(response).await,
        serde_json::json!({"published": 20_000, "duplicates": 0, "last": "9f2c41d7-20000"})
    );
    let mut stream = server
        .stream("/events?topic=a&last_event_id=9f2c41d7-0")
        .await;
    for number in 0..20_000 {
        assert_eq!(stream.data("count").await, number);
    }
}

#[tokio::test]
async fn an_invalid_line_is_named_and_the_lines_before_it_stay() {
    let server = TestServer::start().await;
    let long = format!("\"{}\"", "x".repeat(66_600));
    let mut stored = 0;
    for (status, field, bad) in [
        (400, Some("data"), "{\"a\":".to_owned()),
        (400, Some("data"), "1 2".to_owned()),
        (400, Some("data"), r#"{"specversion":"1.0""#.to_owned()),
        (400, Some("id"), r#"{"specversion":"1.0"}"#.to_owned()),
        (400, Some("topic"), cloud_event("9", "b", "1")),
        (
            400,
            Some("data"),
            cloud_event("9", "a", "1").replace("\"x\"", "\"update\""),
        ),
        (413, None, long),
    ] {
        for (before, line, published) in [("", 1, 0), ("1\n\n2\n", 4, 2)] {
            let body = format!("{before}{bad}\n3\n");
            let request = lines(&server, "/topics/a", body).header("ce-type", "count");
            let problem = check_problem(status, field, request.send().await.unwrap()).await;
            assert_eq!(
                (&problem["line"], &problem["published"]),
                (&line.into(), &published.into()),
                "{problem}"
            );
            stored += published;
            assert_eq!(server.stored().await.len(), stored, "{problem}");
        }
    }
    let invalid = lines(&server, "/topics/a", b"1\n\"\xff\"\n".to_vec())
        .send()
        .await
        .unwrap();
    assert_eq!(check_problem(400, Some("body"), invalid).await["line"], 2);
    let with_id = lines(&server, "/topics/a", "1")
        .header("ce-id", "1")
        .header("ce-source", "/a")
        .send()
        .await
        .unwrap();
    assert_eq!(check_problem(400, Some("ce-id"), with_id).await["line"], 1);
    let with_type = lines(&server, "/topics/a", "1")
        .header("ce-type", "a%20b")
        .send()
        .await
        .unwrap();
    assert!(
        check_problem(400, Some("ce-type"), with_type).await["line"].is_null(),
        "no line is at fault"
    );
}

#[tokio::test]
async fn an_upload_may_have_8_mib_and_the_lines_within_the_limit_stay() {
    let server = TestServer::start().await;
    let line = format!("\"{}\"\n", "x".repeat(65_533));
    assert_eq!(line.len(), 65_536);
    let full = line.repeat(128);
    let response = lines(&server, "/topics/a", full.clone())
        .header("ce-type", "x")
        .send()
        .await
        .unwrap();
    assert_eq!(json(response).await["published"], 128);

    // A declared length that is too large is rejected before anything is published.
    let declared = lines(&server, "/topics/a", format!("{full}1"))
        .send()
        .await
        .unwrap();
    assert_eq!(check_problem(413, None, declared).await["published"], 0);
    let upload = Upload::start(&server, "/topics/a");
    for _ in 0..129 {
        upload.send(&line);
    }
    let problem = check_problem(413, None, upload.end().await).await;
    let published = problem["published"].as_u64().unwrap();
    assert!(published > 100, "{problem}");
    assert_eq!(problem["line"], published + 1);
}

#[tokio::test]
async fn a_producer_that_disconnects_within_a_line_leaves_the_lines_before_it() {
    let server = TestServer::start().await;
    let mut stream = server.stream("/events?topic=a").await.opened().await;
    let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
    let head = "POST /topics/a HTTP/1.1\r\nhost: x\r\nce-type: count\r\ncontent-type: application/x-ndjson\r\n";
    // The lines and the end of the connection arrive together, so the server reads them at once.
    socket
        .write_all(format!("{head}content-length: 100\r\n\r\n1\n2\n345").as_bytes())
        .await
        .unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = soon(socket.read_to_end(&mut answer)).await;
    assert_eq!(
        (stream.data("count").await, stream.data("count").await),
        (1.into(), 2.into())
    );
    // If the server had published the incomplete line, it would arrive before this event.
    server.publish("a", "count", "9").send().await.unwrap();
    assert_eq!(stream.data("count").await, 9);
    assert_eq!(server.stored().await.len(), 3);
}

#[tokio::test]
async fn an_unfinished_upload_does_not_hold_the_server() {
    let server = TestServer::start_with(|options| options.shutdown_deadline = NEVER).await;
    let mut stream = server.stream("/events?topic=a").await.opened().await;
    let upload = Upload::start(&server, "/topics/a");
    upload.send("1\n2");
    assert_eq!(stream.data("count").await, 1);
    soon(server.running.shutdown()).await;
    // The upload's body is still open, so the server ended the request.
    let problem = check_problem(503, None, upload.response.await.unwrap()).await;
    assert_eq!(
        (&problem["line"], &problem["published"]),
        (&2.into(), &1.into())
    );
    drop(upload.chunks);
}

#[tokio::test]
async fn a_closed_hub_ends_an_upload_and_reports_how_much_was_published() {
    let server = TestServer::start().await;
    let mut stream = server.stream("/events?topic=a").await.opened().await;
    let upload = Upload::start(&server, "/topics/a");
    upload.send("1\n");
    assert_eq!(stream.data("count").await, 1);
    server.running.hub().close();
    upload.send("2\n");
    let problem = check_problem(503, None, upload.end().await).await;
    assert_eq!(
        (&problem["line"], &problem["published"]),
        (&2.into(), &1.into())
    );
}

#[tokio::test]
async fn every_stored_event_can_be_published_again_from_an_export() {
    let server = TestServer::start().await;
    // The largest data of each format; the envelope adds to it.
    server
        .post("/topics/a")
        .header("content-type", "text/plain")
        .body("x".repeat(64 * 1024))
        .send()
        .await
        .unwrap();
    server
        .publish("a", "x", &format!("\"{}\"", "x".repeat(65_534)))
        .send()
        .await
        .unwrap();
    let quotes = server
        .post("/topics/a")
        .header("content-type", "text/plain")
        .body("\"".repeat(64 * 1024))
        .send()
        .await
        .unwrap();
    check_problem(413, None, quotes).await;
    let exported: Vec<String> = server
        .stored()
        .await
        .iter()
        .map(|event| event.to_json().to_string())
        .collect();
    assert_eq!(exported.len(), 2);
    let other = TestServer::start().await;
    let response = lines(&other, "/events", exported.join("\n"))
        .send()
        .await
        .unwrap();
    assert_eq!(json(response).await["published"], 2);
}
