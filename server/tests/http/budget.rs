//! More clients than the server can hold: open streams stay, requests are answered, and other
//! clients are refused.

use std::{collections::HashSet, net::SocketAddr};

use pulseboard_server::Options;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Stream, TestServer, builder, check_problem, client_with_many_connections, header,
    operations::measures, retry_after, shutdown::NEVER, soon,
};

#[tokio::test]
async fn a_refused_stream_is_told_when_to_retry_and_opens_after_another_has_ended() {
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
            "the connection closes to make room"
        );
        check_problem(503, None, refused).await;
    }
    assert!(
        asked.len() > 1,
        "clients return at different times: {asked:?}"
    );
    // A HEAD request opens no stream.
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
            // Over HTTP/2 the server notices that the first has gone when it writes.
            server.publish("a", "message", "1").send().await.unwrap();
        }
    })
    .await;
    let present = third.data("presence").await;
    assert!(
        !present.to_string().contains("Eve"),
        "a refused client is never present: {present}"
    );
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// The response to this request on a connection of its own.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A connection that is reset instead of closed fails here.
    soon(socket.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn a_refused_connection_gets_a_503_and_idle_connections_are_closed() {
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
async fn an_idle_http2_connection_is_closed_too() {
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
        "the server answers with its settings: {answer:?}"
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
