//! The end of a server.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Board, soon};

#[tokio::test]
async fn streams_end_cleanly_and_do_not_hold_the_server() {
    let board = Board::start().await;
    let mut streams = Vec::new();
    for path in ["/events", "/stream", "/chat-stream?user=Ada"] {
        streams.push(board.stream(path).await.opened().await);
    }
    let began = Instant::now();
    soon(board.server.shutdown()).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    for mut stream in streams {
        // A stream that was cut off rather than ended is an error here.
        while stream.message().await.is_some() {}
    }
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_server() {
    let board = Board::start().await;
    let mut idle = TcpStream::connect(board.server.address()).await.unwrap();
    let kept_alive = board.get("/healthz").send().await.unwrap();
    assert_eq!(kept_alive.status(), 200);
    let began = Instant::now();
    soon(board.server.shutdown()).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(soon(idle.read(&mut [0; 64])).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_hub_that_is_closed_refuses_publishes_with_a_503() {
    let board = Board::start().await;
    board.server.hub().close();
    let response = board.publish("a", "x", "1").send().await.unwrap();
    assert!((1..=4).contains(&crate::retry_after(&response)));
    crate::check_problem(503, None, response).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_at_the_deadline() {
    let deadline = Duration::from_millis(300);
    let board = Board::start_with(|options| options.shutdown_deadline = deadline).await;
    let mut idle = TcpStream::connect(board.server.address()).await.unwrap();
    idle.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    idle.read_exact(&mut [0; 64]).await.unwrap();
    // More than the buffers of both sockets hold, so that the end of the stream is stuck behind it.
    let data = format!("\"{}\"", "x".repeat(60_000));
    for _ in 0..200 {
        assert_eq!(
            board
                .publish("big", "x", &data)
                .send()
                .await
                .unwrap()
                .status(),
            201
        );
    }
    let began = Instant::now();
    soon(board.server.shutdown()).await;
    assert!(
        (deadline..Duration::from_secs(5)).contains(&began.elapsed()),
        "{:?}",
        began.elapsed()
    );
}
