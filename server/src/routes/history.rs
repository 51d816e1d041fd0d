//! `GET /api/history`: stored events as JSON, a page at a time.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use pulseboard::{Event, EventId};
use pulseboard_hub::{Order, Query};
use serde::Serialize;

use crate::{AppState, input::Params, problem::Problem};

/// The most data of one page, whatever its limit.
const PAGE_BYTES: usize = 1024 * 1024;

#[derive(Serialize)]
struct History {
    events: Vec<Arc<Event>>,
    /// What to pass as `after` (or, newest first, as `before`) for the next page; none when this is the last.
    next: Option<EventId>,
}

pub(crate) async fn history(State(state): State<AppState>, params: Params) -> Result<Response, Problem> {
    let epoch = state.hub.position().epoch;
    let seq = |name| match params.event_id(name)? {
        Some(id) if id.epoch != epoch => {
            Err(Problem::input(name, format!("{name} is an event id from another log.")).expecting("an event id of this log"))
        }
        id => Ok(id.map(|id| id.seq)),
    };
    let limit = match params.one("limit")? {
        None => 100,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=1_000).contains(limit))
            .ok_or_else(|| Problem::input("limit", "limit is out of range.").expecting("a number from 1 to 1000"))?,
    };
    let order = match params.one("order")? {
        None | Some("asc") => Order::Ascending,
        Some("desc") => Order::Descending,
        Some(_) => return Err(Problem::input("order", "order is unknown.").expecting("asc or desc")),
    };
    let query = Query {
        filter: params.filter()?,
        after: seq("after")?,
        before: seq("before")?,
        order,
        limit,
        max_bytes: PAGE_BYTES,
        now: state.now(),
    };
    let page = state.hub.history(query).await?;
    let next = page.has_more.then_some(EventId { epoch, seq: page.through });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(History { events: page.events, next })).into_response())
}
