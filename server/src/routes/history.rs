//! `GET /api/history`: stored events as JSON, a page at a time.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use pulseboard_contract::{Event, EventId, api::HistoryPage, limits::PAGE_BYTES};
use pulseboard_hub::{Order, Query};

use crate::{AppState, etag, input::Params, openapi::schemas, problem::Problem};

/// A client asks for a page each time, and receives it only if it has changed.
const CACHING: &str = "no-cache";

/// Read stored events, a page at a time.
///
/// Pass `next` as `after` for the next page, or as `before` if the order is `desc`. The tag of a page
/// changes only when its events do, so asking again with `If-None-Match` costs little.
#[utoipa::path(
    get,
    path = "/api/history",
    operation_id = "history",
    tag = "read",
    params(
        ("topic" = Option<Vec<String>>, Query, description = "A topic or a topic pattern: `*` matches one segment, a final `**` matches the rest. May repeat; all topics by default"),
        ("type" = Option<Vec<String>>, Query, description = "An event type. May repeat; all types by default"),
        ("after" = Option<String>, Query, description = "Only events after this event id"),
        ("before" = Option<String>, Query, description = "Only events before this event id"),
        ("order" = Option<String>, Query, description = "`asc` for oldest first, `desc` for newest first; `asc` by default"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "The largest number of events; 100 by default. A page has at most 1 MiB of data"),
        ("If-None-Match" = Option<String>, Header, description = "The tag of a page that the client already has")
    ),
    responses(
        (status = 200, description = "The page", body = HistoryPage<schemas::Event>, headers(("ETag" = String, description = "Its tag"))),
        (status = 304, description = "The page is the one the tag is of")
    ),
    extensions(("x-example" = json!("curl -s \"$URL/api/history?topic=deploys&order=desc&limit=10\"")))
)]
pub(crate) async fn history(
    State(state): State<AppState>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let epoch = state.hub.position().epoch;
    let seq = |name| match params.event_id(name)? {
        Some(id) if id.epoch != epoch => Err(Problem::input(
            name,
            format!("`{name}` is an event id from another log."),
        )
        .expecting("an event id of this log")),
        id => Ok(id.map(|id| id.seq)),
    };
    let order = match params.one("order")? {
        None | Some("asc") => Order::Ascending,
        Some("desc") => Order::Descending,
        Some(text) => {
            let detail = format!("{text:?} is not a valid value for `order`.");
            return Err(Problem::input("order", detail).expecting("`asc` or `desc`"));
        }
    };
    let query = Query {
        filter: params.filter()?,
        after: seq("after")?,
        before: seq("before")?,
        order,
        limit: params.limit()?,
        max_bytes: PAGE_BYTES,
        now: state.now(),
    };
    let page = state.hub.history(query).await?;
    let next = page.has_more.then_some(EventId {
        epoch,
        seq: page.through,
    });
    let history = HistoryPage {
        events: page.events,
        next,
    };
    let tag = tag(&history);
    if let Some(response) = etag::not_modified(
        &headers,
        &tag,
        &[
            (header::CACHE_CONTROL, CACHING),
            (header::VARY, "accept-encoding"),
        ],
    ) {
        return Ok(response);
    }
    Ok((
        [
            (header::CACHE_CONTROL, CACHING.to_owned()),
            (header::ETAG, tag),
        ],
        Json(history),
    )
        .into_response())
}

/// The tag of a page, from what decides its content: the ids of its events and where the next page
/// begins. An event never changes under its id, and the id names the log, so the ids stand for the
/// bytes whatever happens elsewhere. The version is part of the tag because the next version may
/// write events differently.
fn tag(page: &HistoryPage<Arc<Event>>) -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    page.next.hash(&mut hasher);
    for event in &page.events {
        event.event_id.hash(&mut hasher);
    }
    format!("\"{:016x}\"", hasher.finish())
}
