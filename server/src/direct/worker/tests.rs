//! A worker with streams over real sockets.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use pulseboard_hub::{CatchUp, Start};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::yield_now,
    time::timeout,
};

use super::*;
use crate::direct::test_stream::TestHub;

/// Far more than any wait takes, even on a busy machine.
const HANG: Duration = Duration::from_mins(2);

struct Fixture {
    hub: TestHub,
    worker: Worker,
    behind: UnboundedReceiver<SocketStream<net::TcpStream>>,
}

impl Fixture {
    fn start() -> Self {
        let hub = TestHub::start();
        let (sender, behind) = unbounded_channel();
        Self {
            worker: Worker::start(&hub.hub, sender).unwrap(),
            hub,
            behind,
        }
    }

    /// Has the worker serve a live stream, and returns the client's end of it.
    async fn serve(&self) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        let mut stream = self.hub.open(Start::Now);
        while let Some(CatchUp::Bytes(_)) = stream.subscriber.catch_up().await {}
        self.worker.serve(SocketStream {
            socket: socket.into_std().unwrap(),
            stream,
            connection: self.hub.connection().await,
        });
        client
    }

    async fn subscribers_fall_to(&self, count: usize) {
        let wait = async {
            while self.hub.subscribers() > count {
                yield_now().await;
            }
        };
        timeout(HANG, wait).await.expect("the stream is dropped");
    }
}

/// Reads until the client has received this text.
async fn read_until(client: &mut TcpStream, text: &str) -> String {
    let mut received = String::new();
    while !received.contains(text) {
        let mut buffer = [0; 4096];
        let count = timeout(HANG, client.read(&mut buffer))
            .await
            .expect("more arrives")
            .unwrap();
        assert_ne!(count, 0, "the stream ended after {received:?}");
        received += std::str::from_utf8(&buffer[..count]).unwrap();
    }
    received
}

async fn read_to_end(mut client: TcpStream) -> String {
    let mut received = String::new();
    timeout(HANG, client.read_to_string(&mut received))
        .await
        .expect("the stream ends")
        .unwrap();
    received
}

#[tokio::test]
async fn a_published_event_is_written_to_every_stream_as_a_chunk() {
    let fixture = Fixture::start();
    let mut clients = [fixture.serve().await, fixture.serve().await];
    fixture.hub.publish("hello").await;
    for client in &mut clients {
        let received = read_until(client, "hello").await;
        let (size, event) = received.split_once("\r\n").unwrap();
        assert_eq!(event, "id: 00000007-1\ndata: \"hello\"\n\n\r\n");
        assert_eq!(usize::from_str_radix(size, 16).unwrap(), event.len() - 2);
    }
}

#[tokio::test]
async fn a_stream_is_dropped_when_its_client_closes_the_connection() {
    let fixture = Fixture::start();
    let (leaving, mut staying) = (fixture.serve().await, fixture.serve().await);
    drop(leaving);
    fixture.subscribers_fall_to(1).await;
    fixture.hub.publish("hello").await;
    read_until(&mut staying, "hello").await;
}

#[tokio::test]
async fn a_stream_ends_with_the_last_chunk_when_the_hub_closes() {
    let fixture = Fixture::start();
    let client = fixture.serve().await;
    fixture.hub.publish("hello").await;
    fixture.hub.hub.close();
    let received = read_to_end(client).await;
    assert!(received.contains("hello"), "{received}");
    assert!(received.ends_with("\r\n0\r\n\r\n"), "{received}");
    fixture.subscribers_fall_to(0).await;
}

#[tokio::test]
async fn a_stream_that_falls_behind_is_handed_back_where_it_stopped() {
    let mut fixture = Fixture::start();
    let mut slow = fixture.serve().await;
    let text = "x".repeat(60_000);
    // More than the sockets and the memory of the hub hold together.
    let published = 700;
    for _ in 0..published {
        fixture.hub.publish(&text).await;
    }
    // The client reads until the connection ends. The worker then finds that it is behind.
    let read = tokio::spawn(async move {
        let mut received = Vec::new();
        slow.read_to_end(&mut received).await.unwrap();
        received
    });
    let mut handed_back = timeout(HANG, fixture.behind.recv())
        .await
        .expect("the worker hands the stream back")
        .unwrap();
    let mut rest = Vec::new();
    while ids(&rest).last() != Some(&published) {
        let bytes = timeout(HANG, handed_back.stream.subscriber.next())
            .await
            .expect("the stream goes on")
            .unwrap();
        rest.extend_from_slice(&bytes);
    }
    drop(handed_back);
    let mut received = ids(&read.await.unwrap());
    received.extend(ids(&rest));
    assert_eq!(received, (1..=published).collect::<Vec<_>>());
}

/// The sequences of the events in these bytes.
fn ids(bytes: &[u8]) -> Vec<u64> {
    String::from_utf8_lossy(bytes)
        .lines()
        .filter_map(|line| line.strip_prefix("id: 00000007-")?.parse().ok())
        .collect()
}

#[tokio::test]
async fn a_worker_that_is_stopped_drops_its_streams_and_ends() {
    let fixture = Fixture::start();
    let client = fixture.serve().await;
    fixture.worker.stop();
    timeout(HANG, fixture.worker.ended())
        .await
        .expect("the thread ends");
    assert_eq!(fixture.hub.subscribers(), 0);
    assert_eq!(read_to_end(client).await, "");
}
