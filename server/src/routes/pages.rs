//! The pages. Each is rendered from a snapshot of the hub.

use axum::{
    body::{Body, to_bytes},
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::ResponseOptions;
use pulseboard_app::{Page, PageContext, RequestTarget, shell};
use pulseboard_contract::{Room, Topic};
use pulseboard_feed::HistoryAddress;
use tokio::runtime::Handle;

use crate::{
    AppState,
    chat::parse_room,
    input::Params,
    plain_page,
    problem::Problem,
    security::content_security_policy,
    site,
    snapshot::{Subject, snapshot},
    visitor::visitor,
};

/// Installs the executor of the renderer. Calling it again has no effect.
pub(crate) fn prepare() {
    // leptos_axum installs its executor when it lists the routes of an app. This app has none.
    let _ = leptos_axum::generate_route_list(|| ());
}

/// A page of the app.
pub(crate) async fn page(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Problem> {
    render(&state, request, Subject::All, StatusCode::OK).await
}

/// The page of a room.
pub(crate) async fn room(
    State(state): State<AppState>,
    room: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    match room.ok().and_then(|Path(name)| Room::new(&name).ok()) {
        Some(room) => render(&state, request, Subject::Room(room), StatusCode::OK).await,
        None => not_found(&state, request).await,
    }
}

/// The page of a topic, at the point of its history that the query names.
pub(crate) async fn topic(
    State(state): State<AppState>,
    topic: Result<Path<String>, PathRejection>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    match topic.ok().and_then(|Path(name)| Topic::new(&name).ok()) {
        Some(topic) => {
            let place = HistoryAddress::parse(topic, params.all("type"), |name| {
                params.all(name).last().map(str::to_owned)
            });
            render(&state, request, Subject::Topic(place), StatusCode::OK).await
        }
        None => not_found(&state, request).await,
    }
}

/// `/chat` redirects to the room `general`, and `/chat?room=…`, which the form on the chat page
/// requests, to that room.
pub(crate) async fn choose_room(params: Params) -> Result<Redirect, Problem> {
    let room = parse_room(params.one("room")?.unwrap_or("general").trim())?;
    Ok(Redirect::temporary(&room.path()))
}

/// The page that the service worker shows when the server is unreachable.
pub(crate) async fn offline() -> Response {
    plain_page::offline().await
}

/// A 404: a page for clients that accept HTML, a problem document for all others.
pub(crate) async fn not_found(state: &AppState, request: Request) -> Result<Response, Problem> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && plain_page::accepts_html(request.headers()) {
        render(state, request, Subject::All, StatusCode::NOT_FOUND).await
    } else {
        Err(Problem::not_found())
    }
}

/// A path that no route and no file has. With a slash at its end it may mean a page.
pub(crate) async fn no_route(state: &AppState, request: Request) -> Result<Response, Problem> {
    match without_slash(request.uri()) {
        Some(page) if matches!(*request.method(), Method::GET | Method::HEAD) => {
            Ok(Redirect::permanent(&page).into_response())
        }
        _ => not_found(state, request).await,
    }
}

/// The address of the page that a path with a slash at its end means.
fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?;
    Page::at(path)?;
    Some(match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

async fn render(
    state: &AppState,
    request: Request,
    subject: Subject,
    status: StatusCode,
) -> Result<Response, Problem> {
    let context = PageContext {
        snapshot: snapshot(state, &subject).await?,
        visitor: visitor(request.headers()),
        heartbeat_millis: u32::try_from(state.heartbeat_every.as_millis()).unwrap_or(u32::MAX),
    };
    let reload = std::env::var_os("LEPTOS_WATCH").map(|_| state.leptos.reload_port);
    let front_end = site::front_end();
    let target = RequestTarget(
        request
            .uri()
            .path_and_query()
            .map_or("/", PathAndQuery::as_str)
            .to_owned(),
    );
    let context = move || {
        provide_context(context.clone());
        provide_context(target.clone());
        provide_context(front_end.assets.clone());
        if let Some(modules) = front_end.modules.clone() {
            provide_context(modules);
        }
        // The nonce exists only here, while the page is rendered.
        let policy = use_nonce().map(|nonce| content_security_policy(&nonce, reload));
        let policy = policy.and_then(|policy| HeaderValue::from_str(&policy).ok());
        if let (Some(policy), Some(response)) = (policy, use_context::<ResponseOptions>()) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    };
    let options = state.leptos.clone();
    let renderer =
        leptos_axum::render_app_async_with_context(context, move || shell(options.clone()));
    let mut response = on_one_thread(state, async move {
        let (parts, body) = renderer(request).await.into_parts();
        // Read to its end on this thread: the renderer cleans up with the last part of the body.
        Ok(Response::from_parts(
            parts,
            Body::from(to_bytes(body, usize::MAX).await?),
        ))
    })
    .await?;
    if response.status().is_success() {
        *response.status_mut() = status;
    }
    // A page contains the current state and a nonce, so it must not come from a cache.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Runs a renderer on one thread from beginning to end. A view may hold values that panic when
/// another thread drops them, and tasks move between threads. A thread of its own also keeps the
/// tokio threads free for other requests. Rendering only computes, so at most one renderer runs for
/// each core.
async fn on_one_thread(
    state: &AppState,
    render: impl Future<Output = Result<Response, axum::Error>> + Send + 'static,
) -> Result<Response, Problem> {
    let failed = |why: String| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The page could not be rendered: {why}."),
        )
    };
    let permit = state
        .renderers
        .clone()
        .acquire_owned()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let runtime = Handle::current();
    let rendered = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        runtime.block_on(render)
    });
    // The message of a panic is on standard error and not shown to the visitor.
    rendered
        .await
        .map_err(|_| failed("the renderer panicked".to_owned()))?
        .map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::thread;

    use tokio::task::{JoinSet, yield_now};

    use super::*;
    use crate::Options;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_renderer_never_changes_its_thread() {
        let state = AppState::start(&Options::default()).unwrap();
        let mut renderers = JoinSet::new();
        for _ in 0..16 {
            let state = state.clone();
            renderers.spawn(async move {
                let render = async {
                    let begun = thread::current().id();
                    for _ in 0..200 {
                        yield_now().await;
                        assert_eq!(thread::current().id(), begun);
                    }
                    Ok(StatusCode::OK.into_response())
                };
                on_one_thread(&state, render).await.unwrap();
            });
        }
        renderers.join_all().await;
    }
}
