//! All routes, and the layers around them.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::{MethodRouter, get},
};
use pulseboard_app::{PATHS, Page};
use tower_http::compression::CompressionLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    AppState, etag, openapi, plain_page, problem,
    routes::{api, assets, chat, events, health, history, pages, publish, series, topics},
    security, telemetry,
};

/// The whole server as one service.
pub fn router(state: AppState) -> Router {
    pages::prepare();
    let (described, document) = described().split_for_parts();
    openapi::set_document(document);
    pages()
        .layer(middleware::from_fn(plain_page::problems_as_pages))
        .layer(CompressionLayer::new())
        .merge(described)
        // Any other path may be a static file.
        .fallback(assets::asset)
        .method_not_allowed_fallback(problem::method_not_allowed)
        // One layer for everything that all requests pass: each layer clones and boxes the service
        // below it for every request.
        .layer(middleware::from_fn_with_state(state.clone(), around))
        .with_state(state)
}

/// Everything around the handler of a request, from the outside in: the headers of all responses,
/// telemetry, the response to a panic, and the check for requests from other sites.
async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = telemetry::record(&state, request, |request| {
        problem::catch_panics(security::same_origin(request, next))
    })
    .await;
    security::set_headers(response.headers_mut());
    if state.budget.is_scarce() {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The API for programs: each route with its description.
fn described() -> OpenApiRouter<AppState> {
    // Streams are never compressed, because a compressor holds bytes back until it has a full
    // block. The other responses here are too short.
    let streams = OpenApiRouter::with_openapi(openapi::common())
        .routes(routes!(events::events, publish::to_any))
        .routes(routes!(events::stream))
        .routes(routes!(events::chat_stream))
        .routes(routes!(publish::to_topic))
        .routes(routes!(chat::say));

    let documents = OpenApiRouter::new()
        .routes(routes!(history::history))
        .routes(routes!(series::series))
        .routes(routes!(topics::topics))
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(api::openapi))
        .routes(routes!(api::docs))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(etag::append_encoding));

    streams.merge(documents)
}

/// The pages. Only they may be routes without a description, which a test below checks.
fn pages() -> Router<AppState> {
    PATHS
        .iter()
        .fold(Router::new(), |router, path| {
            router.route(path.pattern, page(path.page))
        })
        .route("/chat", get(pages::choose_room))
        .route("/offline", get(pages::offline))
}

/// What answers a request for a page of the app.
fn page(page: Page) -> MethodRouter<AppState> {
    match page {
        Page::Board | Page::Inspector | Page::Guide => get(pages::page),
        Page::Chat => get(pages::room),
        Page::Topic => get(pages::topic),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    #[test]
    fn only_a_page_is_a_route_without_a_description() {
        let source = include_str!("router.rs");
        let (source, _tests) = source.split_once("#[cfg(test)]").unwrap();
        let routes = source
            .lines()
            .map(str::trim)
            .filter(|line| line.contains(".route("));
        assert!(routes.clone().count() > 2);
        let is_page = |line: &str| {
            line.contains("get(pages::") || line == "router.route(path.pattern, page(path.page))"
        };
        assert_eq!(
            routes.filter(|line| !is_page(line)).collect::<Vec<_>>(),
            Vec::<&str>::new()
        );
    }
}
