//! The bridge between an upstream server that cuts its streams and a real Pulseboard.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
    routing::get,
};
use pulseboard_example_bridge::Bridge;
use pulseboard_server::{Options, Server};

/// The events of the upstream server; each connection gets two and is cut.
const EVENTS: u64 = 9;

/// The cursors that readers came with.
type Cursors = Arc<Mutex<Vec<String>>>;

async fn upstream(State(cursors): State<Cursors>, headers: HeaderMap) -> impl IntoResponse {
    let cursor = headers
        .get("last-event-id")
        .map_or("", |id| id.to_str().unwrap());
    cursors.lock().unwrap().push(cursor.to_owned());
    let after: u64 = cursor.parse().unwrap_or(0);
    // The event at the cursor comes again, as from a server that does not honour it exactly.
    let numbers = after.max(1)..=(after + 2).min(EVENTS);
    let blocks: String = numbers
        .map(|n| format!("retry: 1\nid: {n}\nevent: com.example.count\ndata: {{\"n\":{n}}}\n\n"))
        .collect::<Vec<_>>()
        .concat();
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from(blocks),
    )
}

async fn serve(cursors: Cursors) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/events", get(upstream))
        .with_state(cursors);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

/// The numbers on the topic, in the order of the log.
async fn stored(board: &str) -> Vec<u64> {
    let url = format!("{board}/api/history?topic=upstream&limit=100");
    let page: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let events = page["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["data"]["n"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn every_upstream_event_is_published_once_although_streams_are_cut_and_events_repeat() {
    let cursors = Cursors::default();
    let upstream = serve(cursors.clone()).await;
    let server = Server::start("127.0.0.1:0", Options::default())
        .await
        .unwrap();
    let board = format!("http://{}", server.address());
    let bridge = Bridge {
        upstream,
        topic: format!("{board}/topics/upstream"),
    };
    let bridging = tokio::spawn(async move {
        bridge.run(|failure| panic!("{failure}")).await;
    });

    // Until the upstream server was asked for what follows its last event.
    while !cursors
        .lock()
        .unwrap()
        .iter()
        .any(|id| *id == EVENTS.to_string())
    {
        tokio::task::yield_now().await;
    }

    bridging.abort();
    assert_eq!(stored(&board).await, (1..=EVENTS).collect::<Vec<_>>());
    let cursors = cursors.lock().unwrap().clone();
    assert_eq!(
        cursors.get(..4),
        Some(&["", "2", "4", "6"].map(String::from)[..])
    );
    server.shutdown().await;
}
