//! Every route there is, and the layers around them.

use axum::{Router, middleware, routing::get};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{
    AppState, etag, problem,
    routes::{assets, chat, events, health, history, pages, publish, topics},
    security, telemetry,
};

/// The whole server as one service.
pub fn router(state: AppState) -> Router {
    pages::prepare();

    // Never compressed: a compressor holds back what it has not filled a block with.
    let streams = Router::new()
        .route("/events", get(events::events).post(publish::to_any))
        .route("/stream", get(events::stream))
        .route("/chat-stream", get(events::chat_stream));

    let documents = Router::new()
        .route("/topics/{*topic}", get(pages::topic).post(publish::to_topic))
        .route("/api/history", get(history::history))
        .route("/api/topics", get(topics::topics))
        .route("/healthz", get(health::health))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/", get(pages::page))
        .route("/chat", get(pages::choose_room))
        .route("/chat/{room}", get(pages::room).post(chat::say))
        .route("/inspector", get(pages::page))
        .route("/guide", get(pages::page))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(etag::of_encoding));

    streams
        .merge(documents)
        // Static files lie at any other path; where there is none, nothing is.
        .fallback(assets::asset)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn(security::same_origin))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn_with_state(state.clone(), telemetry::follow))
        .layer(middleware::from_fn(security::headers))
        .with_state(state)
}
