//! The server: the page, and a stream of temperatures.

use std::{collections::HashMap, time::Duration};

use axum::{
    Router,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Sse, sse::Event},
    routing::get,
};
use futures_util::{Stream, stream};

use crate::{EVENT_TYPE, Temperature};

const PAGE: &str = r#"<!doctype html><title>Typed signal</title>
<script type="module">import init from "/pkg/typed_signal.js"; init();</script>"#;

/// The routes, for the program and its test.
pub fn app() -> Router {
    Router::new()
        .route("/", get(Html(PAGE)))
        .route("/pkg/{file}", get(file))
        .route("/events", get(events))
}

/// One event a second, after the id in the header (sent by browsers) or the query (by this library).
async fn events(
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let cursor = header.or_else(|| Some(query.get("last_event_id")?.as_str()));
    let last_id: u32 = cursor.and_then(|id| id.parse().ok()).unwrap_or(0);
    Sse::new(stream::unfold(last_id, |last_id| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let id = last_id + 1;
        let celsius = 20.0 + f64::from(id).sin();
        let event = Event::default()
            .event(EVENT_TYPE)
            .id(id.to_string())
            .json_data(Temperature { celsius });
        Some((event, id))
    }))
}

/// A file that `build-page.sh` wrote.
async fn file(Path(file): Path<String>) -> Result<impl IntoResponse, StatusCode> {
    let media_type = match file.as_str() {
        "typed_signal.js" => "text/javascript",
        "typed_signal_bg.wasm" => "application/wasm",
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let path = format!("{}/pkg/{file}", env!("CARGO_MANIFEST_DIR"));
    let content = std::fs::read(path).map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(([(CONTENT_TYPE, media_type)], content))
}
