//! More clients than there is room for: those who have a place keep it, requests are answered, and
//! the others are told.

use std::{collections::HashSet, net::SocketAddr, process::Command};

use pulseboard_server::{Options, descriptor_limit};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    Stream, TestServer, builder, check_problem, client_with_many_connections,
    command::{Started, check_refused, pulseboard},
    header,
    operations::measures,
    retry_after,
    shutdown::NEVER,
    soon,
};

#[tokio::test]
async fn a_stream_too_many_is_told_to_come_back_and_gets_in_when_another_leaves() {
    let mut server = TestServer::start_with(|options| options.max_streams = Some(2)).await;
    server.client = client_with_many_connections();
    let first = server
        .stream("/events?room=general&user=Ada")
        .await
        .opened()
        .await;
    let mut second = server.stream("/events?room=general").await.opened().await;
    let mut asked = HashSet::new();
    for path in [
        "/events?room=general&user=Eve",
        "/stream",
        "/chat-stream?user=Eve",
        "/events",
        "/events",
        "/events",
        "/events",
    ] {
        let refused = server.get(path).send().await.unwrap();
        assert!((5..=15).contains(&retry_after(&refused)), "{path}");
        asked.insert(retry_after(&refused));
        assert_eq!(
            header(&refused, "connection"),
            "close",
            "its place is needed"
        );
        check_problem(503, None, refused).await;
    }
    assert!(asked.len() > 1, "all come back at once: {asked:?}");
    // Its headers alone need no place.
    assert_eq!(
        server
            .client
            .head(server.url("/events"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(
        server
            .publish("a", "message", r#"{"text":1}"#)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    assert_eq!(second.of_type("message").await.data, r#"{"text":1}"#);
    let measured = measures(&server).await;
    assert_eq!(
        (
            measured["pulseboard_streams_refused_total"],
            measured["pulseboard_connections_refused_total"]
        ),
        (7.0, 0.0)
    );
    assert!(measured["pulseboard_connections"] >= 3.0, "{measured:#?}");

    drop(first);
    let mut third = soon(async {
        loop {
            let response = server
                .get("/events?room=general&user=Grace")
                .send()
                .await
                .unwrap();
            if response.status() == StatusCode::OK {
                break Stream::from(response);
            }
            // The server sees that the first is gone when it writes next.
            server.publish("a", "message", "1").send().await.unwrap();
        }
    })
    .await;
    let present = third.data("presence").await;
    assert!(
        !present.to_string().contains("Eve"),
        "who was refused has never been there: {present}"
    );
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// What a server says to a connection that asks for this.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A connection that was reset rather than closed is an error here.
    soon(socket.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_and_idle_ones_make_room() {
    let mut server = TestServer::start_with(few_connections).await;
    server.client = client_with_many_connections();
    let address = server.running.address();
    let plenty = server.get("/healthz").send().await.unwrap();
    assert_eq!(header(&plenty, "connection"), "");
    let mut idle = until_scarce(&server).await;
    assert!((40..64).contains(&idle.len()), "{}", idle.len());

    let (head, body) = soon(async {
        loop {
            idle.push(TcpStream::connect(address).await.unwrap());
            let answer = ask(address, HEALTH).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            if !head.starts_with("HTTP/1.1 200 OK\r\n") {
                break (
                    head.to_owned(),
                    serde_json::from_str::<Value>(body).unwrap(),
                );
            }
        }
    })
    .await;
    assert!(
        head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{head}"
    );
    for line in [
        "connection: close",
        "content-type: application/problem+json",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.lines().any(|other| other == line), "{line} in {head}");
    }
    let retry_after = head
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "))
        .unwrap();
    assert!((5..=15).contains(&retry_after.parse().unwrap()), "{head}");
    assert_eq!(body["status"], 503);

    // Connections that were accepted while connections were scarce are closed after a second
    // without a request; the others would stay.
    soon(async {
        while !ask(address, HEALTH)
            .await
            .starts_with("HTTP/1.1 200 OK\r\n")
        {}
    })
    .await;
    assert!(measures(&server).await["pulseboard_connections_refused_total"] >= 1.0);
}

/// The smallest budget there can be: 64 connections, of which 32 may be streams. An idle connection
/// stays open, unless it was accepted while connections were scarce.
fn few_connections(options: &mut Options) {
    options.descriptors = 128;
    options.head_timeout = NEVER;
}

/// Opens idle connections until connections are scarce.
async fn until_scarce(server: &TestServer) -> Vec<TcpStream> {
    let mut idle = Vec::new();
    soon(async {
        while header(&server.get("/healthz").send().await.unwrap(), "connection") != "close" {
            idle.push(TcpStream::connect(server.running.address()).await.unwrap());
        }
    })
    .await;
    idle
}

#[tokio::test]
async fn a_connection_of_http2_without_requests_makes_room_too() {
    let mut server = TestServer::start_with(few_connections).await;
    server.client = client_with_many_connections();
    let _idle = until_scarce(&server).await;
    let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
    // The preface and empty settings (RFC 9113, section 3.4).
    let first = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(),
        &[0, 0, 0, 4, 0, 0, 0, 0, 0],
    ]
    .concat();
    socket.write_all(&first).await.unwrap();
    let mut answer = Vec::new();
    soon(socket.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(
        answer.get(3),
        Some(&4),
        "it was answered with settings: {answer:?}"
    );
}

#[tokio::test]
async fn streams_over_http2_share_one_connection() {
    let mut server = TestServer::start().await;
    server.client = builder().http2_prior_knowledge().build().unwrap();
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(server.stream("/events?topic=a").await.opened().await);
    }
    server.publish("a", "x", "1").send().await.unwrap();
    for stream in &mut streams {
        assert_eq!(stream.of_type("x").await.data, "1");
    }
    assert!(measures(&server).await["pulseboard_connections"] < 2.0);
}

#[test]
fn more_streams_than_there_are_descriptors_for_are_a_mistake() {
    let limit = descriptor_limit();
    let wanted = u32::try_from(limit).unwrap().to_string();
    let command = || {
        let mut command = pulseboard();
        command.args(["--listen", "127.0.0.1:0"]);
        command
    };
    // The hard limit is what counts, and there is one.
    let hard = Command::new("sh")
        .args(["-c", "ulimit -Hn"])
        .output()
        .unwrap()
        .stdout;
    let hard = String::from_utf8(hard).unwrap().trim().to_owned();
    if hard == limit.to_string() {
        let output = command().args(["--max-streams", &wanted]).output().unwrap();
        check_refused(&output, &format!("limit of {hard} file descriptors"));
    }
    check_refused(
        &under(200, &["--max-streams", "105"]).output().unwrap(),
        "the 104 streams that the limit of 200",
    );
    check_refused(
        &under(100, &[]).output().unwrap(),
        "a limit of 100 file descriptors",
    );
    check_refused(
        &command().args(["--max-streams", "0"]).output().unwrap(),
        "--max-streams",
    );
    check_refused(
        &command()
            .env("PULSEBOARD_MAX_STREAMS", "many")
            .output()
            .unwrap(),
        "--max-streams",
    );
}

/// The command with so many file descriptors, and no way to more.
fn under(descriptors: u32, flags: &[&str]) -> Command {
    let plain = pulseboard();
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {descriptors}; exec \"$@\"");
    command
        .args(["-c", &script, "sh"])
        .arg(plain.get_program())
        .args(["--listen", "127.0.0.1:0"])
        .args(flags);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// A stream, or none if there is no room for it.
async fn try_to_stream(url: String) -> Option<Stream> {
    // A client of its own, so that it has a connection of its own.
    let response = soon(client_with_many_connections().get(url).send())
        .await
        .expect("an answer");
    if response.status() == StatusCode::OK {
        return Some(Stream::from(response).opened().await);
    }
    assert!((5..=15).contains(&retry_after(&response)));
    check_problem(503, None, response).await;
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn with_256_descriptors_and_400_clients_nobody_hangs_and_those_inside_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = under(
        256,
        &["--no-host-metrics", "--heartbeat", "1", "--data-dir"],
    );
    command
        .arg(folder.path())
        .env_remove("PULSEBOARD_EPHEMERAL");
    let mut started = Started::with(&mut command);
    let url = |path: &str| format!("{}{path}", started.url);

    let mut coming = JoinSet::new();
    for _ in 0..400 {
        coming.spawn(try_to_stream(url("/events?topic=n&framing=envelope")));
    }
    // Meanwhile: publishes that come one by one, each on a connection of its own, and the question
    // after its health.
    let publisher = tokio::spawn({
        let (topic, health) = (url("/topics/n"), url("/healthz"));
        async move {
            let (mut published, mut refused) = (0_u32, 0_u32);
            while published < 50 {
                let post = client_with_many_connections()
                    .post(&topic)
                    .header("content-type", "application/json")
                    .body(published.to_string());
                let response = soon(post.send()).await.expect("an answer");
                match response.status() {
                    StatusCode::CREATED => published += 1,
                    // In the very rush of 400 connections: told so, and tried again.
                    StatusCode::SERVICE_UNAVAILABLE => {
                        refused += u32::from(retry_after(&response) > 0);
                    }
                    other => panic!("{other}"),
                }
                let health = soon(client_with_many_connections().get(&health).send())
                    .await
                    .expect("an answer");
                assert!([200, 503].contains(&health.status().as_u16()), "{health:?}");
            }
            refused
        }
    });
    let mut streams = Vec::new();
    let mut refused = 0;
    while let Some(outcome) = soon(coming.join_next()).await {
        match outcome.unwrap() {
            Some(stream) => streams.push(stream),
            None => refused += 1,
        }
    }
    assert_eq!(
        (streams.len(), refused),
        (160, 240),
        "as many as there is room for"
    );
    let rushed = publisher.await.unwrap();

    // Now that all are in or out nothing is refused but streams.
    for _ in 0..20 {
        assert_eq!(
            soon(client_with_many_connections().get(url("/healthz")).send())
                .await
                .unwrap()
                .status(),
            200
        );
    }
    let end = client_with_many_connections()
        .post(url("/topics/n"))
        .header("content-type", "application/json")
        .body("\"end\"");
    assert_eq!(soon(end.send()).await.unwrap().status(), 201);
    for stream in &mut streams {
        let (mut last, mut first) = (None, None);
        loop {
            let envelope = stream.data("message").await;
            let Some(number) = envelope["data"].as_u64() else {
                assert_eq!(envelope["data"], "end");
                break;
            };
            assert!(
                last.is_none_or(|last| number == last + 1),
                "{number} after {last:?}"
            );
            first.get_or_insert(number);
            last = Some(number);
        }
        assert!(
            last.is_none_or(|last| last == 49),
            "from {first:?} to {last:?}"
        );
    }
    drop(streams);
    let history = client_with_many_connections()
        .get(url("/api/history?topic=n&limit=1000"))
        .send()
        .await
        .unwrap();
    let history: Value = serde_json::from_str(&history.text().await.unwrap()).unwrap();
    assert_eq!(
        history["events"].as_array().unwrap().len(),
        51,
        "{rushed} publishes were told to come again"
    );
    started.end();
}
