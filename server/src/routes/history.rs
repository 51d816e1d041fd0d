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
use pulseboard_contract::{Event, EventId};
use pulseboard_hub::{Order, Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AppState, etag, input::Params, openapi::schemas, problem::Problem};

/// The most data of one page, whatever its limit.
pub(crate) const PAGE_BYTES: usize = 1024 * 1024;
/// A page is asked for each time, and sent only when it is another one.
const CACHING: &str = "no-cache";

#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    #[schema(value_type = Vec<schemas::Event>)]
    events: Vec<Arc<Event>>,
    /// What to pass as `after` (or, newest first, as `before`) for the next page; none when this is
    /// the last.
    #[schema(value_type = Option<String>, required = true, example = "9f2c41d7-48211")]
    next: Option<EventId>,
}

/// Stored events, a page at a time.
///
/// `next` is passed on as `after` for the next page, or as `before` where the order is `desc`. The
/// tag of a page changes only when its events do, so asking again with `If-None-Match` costs
/// little.
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
        (status = 200, description = "The page", body = History, headers(("ETag" = String, description = "Its tag"))),
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
    let history = History {
        events: page.events,
        next,
    };
    let tag = history.tag();
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

impl History {
    /// What decides the answer: which events it has, and where the next page begins. An event never
    /// changes under its id, and the id says which log it is of; so the ids stand for the bytes,
    /// however much happens elsewhere. The version is there because the next one may write events
    /// in another way.
    fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        self.next.hash(&mut hasher);
        for event in &self.events {
            event.event_id.hash(&mut hasher);
        }
        format!("\"{:016x}\"", hasher.finish())
    }
}
