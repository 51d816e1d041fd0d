//! How a server ends.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{TestServer, soon};

/// A deadline that no test waits for: a server that ends before it was not held back.
pub(crate) const NEVER: Duration = Duration::from_hours(1);

#[tokio::test]
async fn streams_end_cleanly_and_do_not_hold_the_server() {
    let server = TestServer::start_with(|options| options.shutdown_deadline = NEVER).await;
    let mut streams = Vec::new();
    for path in ["/events", "/stream", "/chat-stream?user=Ada"] {
        streams.push(server.stream(path).await.opened().await);
    }
    soon(server.running.shutdown()).await;
    for mut stream in streams {
        // A stream that is cut off instead of ended fails here.
        while stream.message().await.is_some() {}
    }
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_server() {
    let server = TestServer::start_with(|options| {
        options.shutdown_deadline = NEVER;
        options.head_timeout = NEVER;
    })
    .await;
    let mut idle = TcpStream::connect(server.running.address()).await.unwrap();
    let kept_alive = server.get("/healthz").send().await.unwrap();
    assert_eq!(kept_alive.status(), 200);
    soon(server.running.shutdown()).await;
    assert_eq!(soon(idle.read(&mut [0; 64])).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_hub_that_is_closed_refuses_publishes_with_a_503() {
    let server = TestServer::start().await;
    server.running.hub().close();
    let response = server.publish("a", "x", "1").send().await.unwrap();
    assert!((1..=4).contains(&crate::retry_after(&response)));
    crate::check_problem(503, None, response).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_at_the_deadline() {
    let deadline = Duration::from_millis(300);
    let server = TestServer::start_with(|options| options.shutdown_deadline = deadline).await;
    let mut idle = TcpStream::connect(server.running.address()).await.unwrap();
    idle.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    idle.read_exact(&mut [0; 64]).await.unwrap();
    // More than the buffers of both sockets hold, so the end of the stream cannot be sent.
    let data = format!("\"{}\"", "x".repeat(60_000));
    for _ in 0..200 {
        assert_eq!(
            server
                .publish("big", "x", &data)
                .send()
                .await
                .unwrap()
                .status(),
            201
        );
    }
    let began = Instant::now();
    soon(server.running.shutdown()).await;
    assert!(began.elapsed() >= deadline);
}
