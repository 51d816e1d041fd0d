//! The hub inside your own axum program: your routes, your state, Pulseboard's log and streams.
//!
//! `POST /orders` publishes an event; `GET /orders/events` is a stream of Server-Sent Events that
//! resumes from `Last-Event-ID`. [`app`] returns the router, so `main` and the tests share it.

use std::{io, sync::Arc, time::SystemTime};

use axum::{
    Json as Body, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use futures_util::stream;
use pulseboard_contract::{Attributes, Epoch, Framing, Json, Timestamp, Topic, TypeName};
use pulseboard_hub::{
    Filter, Hub, NewEvent, Options, Retention, SqliteLog, Start, Subscriber, Subscription,
};

/// A hub whose log is in memory. `SqliteLog::open` keeps it in a folder.
type OrderHub = Arc<Hub<SqliteLog>>;

/// The program: two routes and a hub as their state.
///
/// # Errors
///
/// The hub's thread cannot be started, or SQLite has no memory.
pub fn app() -> Result<Router, Box<dyn std::error::Error>> {
    // Draw the epoch at random: a reader then notices that this log is another than yesterday's.
    let epoch = Epoch::new(std::process::id());
    let log = SqliteLog::in_memory(epoch, Retention::default())?;
    let hub: OrderHub = Arc::new(Hub::start(log, Options::new(now))?);
    Ok(Router::new()
        .route("/orders", post(create))
        .route("/orders/events", get(events))
        .with_state(hub))
}

/// Publishes the order. The answer means that the log has it.
async fn create(State(hub): State<OrderHub>, body: String) -> Result<Body<String>, StatusCode> {
    let bad_request = |_| StatusCode::BAD_REQUEST;
    let order = NewEvent {
        id: None,
        source: "/orders".into(),
        event_type: TypeName::new("com.example.order").map_err(|_| StatusCode::BAD_REQUEST)?,
        topic: Topic::new("orders").map_err(|_| StatusCode::BAD_REQUEST)?,
        time: now(),
        expires: None,
        attributes: Attributes::default(),
        data: Json::parse(&body).map_err(bad_request)?,
    };
    let published = hub.publish(vec![order]).await;
    let published = published.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let id = published.first().and_then(|published| published.event_id);
    Ok(Body(id.map(|id| id.to_string()).unwrap_or_default()))
}

/// The stream. A reader that comes back with `Last-Event-ID` misses nothing.
async fn events(State(hub): State<OrderHub>, headers: HeaderMap) -> impl IntoResponse {
    let cursor = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let start = cursor.map_or(Start::Now, Start::After);
    let subscriber = hub.subscribe(Subscription::new(Filter::all(), Framing::Named, start));
    let blocks = stream::unfold(subscriber, |mut subscriber: Subscriber<SqliteLog>| async {
        let block: Bytes = subscriber.next().await?;
        Some((Ok::<_, io::Error>(block), subscriber))
    });
    (
        [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-cache, no-transform"),
        ],
        axum::body::Body::from_stream(blocks),
    )
}

/// The wall clock; the hub itself has none.
fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since_1970.map_or(0, |time| {
        i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
    });
    // A clock before 1970 or after 9999 is wrong anyway.
    Timestamp::from_millis(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}
