//! The streams: `GET /events`, `/stream` and `/chat-stream`.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use pulseboard_contract::{EventType, Framing, TopicPattern};
use pulseboard_hub::{Filter, Subscription};
use rand::Rng;

use crate::{
    AppState,
    direct::{self, Kept, Stream},
    input::Params,
    names::{Room, check_user},
    presence::Arrival,
    problem::Problem,
    security,
};

/// The most rooms one stream is present in: as many as anybody has windows for.
const MOST_ROOMS: usize = 16;

/// The stream of whatever is asked for.
///
/// Server-Sent Events. The first block has `retry:` and the position as `id:`; then come what is
/// replayed and what is published, each with its event id. A `heartbeat` comes every 15 seconds,
/// and a `gap` where the log no longer has what was asked for: `{"after": id, "resumed_at": id,
/// "lost": number or null}`. Both are named in every framing.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "stream_events",
    tag = "listen",
    params(
        ("topic" = Option<Vec<String>>, Query, description = "Topics, or patterns: `*` matches one segment, a final `**` the rest. Repeats; none means all"),
        ("type" = Option<Vec<String>>, Query, description = "Event types. Repeats; none means all"),
        ("framing" = Option<String>, Query, description = "`named`: `event:` is the type, `data:` the payload. `unnamed`: without `event:`, for `onmessage`. `envelope`: unnamed, `data:` is the whole event", example = "envelope"),
        ("conflate" = Option<String>, Query, description = "`latest`: of what would be sent together, because the stream resumes or is slow, only the newest event of each topic is", example = "latest"),
        ("room" = Option<Vec<String>>, Query, description = "The chat rooms in which whoever listens is present. Repeats, up to 16"),
        ("user" = Option<String>, Query, description = "As whom"),
        ("last_event_id" = Option<String>, Query, description = "The event id after which the stream begins; what came since is replayed. `start` means everything the log has, none means only what comes now", example = "9f2c41d7-48211"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as a browser sends it when it reconnects; it beats the query")
    ),
    responses((
        status = 200,
        content_type = "text/event-stream",
        body = String,
        description = "The stream; it goes on until one side ends it",
        example = json!("retry: 2871\nid: 9f2c41d7-48210\n\nid: 9f2c41d7-48211\nevent: update\ndata: {\"content\":\"v2\"}\n\n")
    )),
    extensions(("x-example" = json!("curl -sN \"$URL/events?topic=**&framing=envelope\"")))
)]
pub(crate) async fn events(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let framing = match params.one("framing")? {
        Some(text) => text
            .parse()
            .map_err(|error: pulseboard_contract::InvalidFraming| {
                Problem::input("framing", format!("{text:?} is not a framing."))
                    .expecting(error.to_string())
            })?,
        None => Framing::Named,
    };
    let conflate = match params.one("conflate")? {
        Some("latest") => true,
        Some(text) => {
            return Err(
                Problem::input("conflate", format!("{text:?} is no way to conflate."))
                    .expecting("latest"),
            );
        }
        None => false,
    };
    let wanted = Wanted {
        filter: params.filter()?,
        framing,
        conflate,
        arrival: arrival(&uri, &headers, &params, rooms(&params)?, true)?,
    };
    open(&state, &method, &headers, &params, wanted)
}

/// The basic stream: every `message`, unnamed, so that `onmessage` is all a page needs.
#[utoipa::path(
    get,
    path = "/stream",
    operation_id = "stream_messages",
    tag = "listen",
    params(
        ("last_event_id" = Option<String>, Query, description = "The event id after which the stream begins; what came since is replayed. `start` means everything the log has, none means only what comes now", example = "9f2c41d7-48211"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as a browser sends it when it reconnects; it beats the query")
    ),
    responses((
        status = 200,
        content_type = "text/event-stream",
        body = String,
        description = "The stream",
        example = json!("retry: 2871\nid: 9f2c41d7-48210\n\nid: 9f2c41d7-48211\ndata: {\"message\":\"Hello World\",\"timestamp\":\"2024-01-01T12:00:00Z\"}\n\n")
    )),
    extensions(("x-example" = json!("curl -sN $URL/stream")))
)]
pub(crate) async fn stream(
    State(state): State<AppState>,
    method: Method,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        filter: Filter::new([], [EventType::Message.into()]),
        framing: Framing::Unnamed,
        conflate: false,
        arrival: Arrival::default(),
    };
    open(&state, &method, &headers, &params, wanted)
}

/// The chat of one room, unnamed: `{user, text, time}`.
#[utoipa::path(
    get,
    path = "/chat-stream",
    operation_id = "stream_chat",
    tag = "listen",
    params(
        ("room" = Option<String>, Query, description = "The room; `general` unless told"),
        ("user" = Option<String>, Query, description = "As whom to be present in it"),
        ("last_event_id" = Option<String>, Query, description = "The event id after which the stream begins; what came since is replayed. `start` means everything the log has, none means only what comes now", example = "9f2c41d7-48211"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as a browser sends it when it reconnects; it beats the query")
    ),
    responses((
        status = 200,
        content_type = "text/event-stream",
        body = String,
        description = "The stream",
        example = json!("retry: 2871\nid: 9f2c41d7-48210\n\nid: 9f2c41d7-48211\ndata: {\"user\":\"Ada\",\"text\":\"hi\",\"time\":\"2024-01-01T12:00:00Z\"}\n\n")
    )),
    extensions(("x-example" = json!("curl -sN \"$URL/chat-stream?room=general\"")))
)]
pub(crate) async fn chat_stream(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let room = Room::input(params.one("room")?.unwrap_or("general"))?;
    let wanted = Wanted {
        filter: Filter::new([TopicPattern::from(room.topic())], [EventType::Chat.into()]),
        framing: Framing::Unnamed,
        conflate: false,
        arrival: arrival(&uri, &headers, &params, vec![room], false)?,
    };
    open(&state, &method, &headers, &params, wanted)
}

struct Wanted {
    filter: Filter,
    framing: Framing,
    conflate: bool,
    arrival: Arrival,
}

/// The rooms asked for, each once. An empty name counts as none, as a form sends every field it
/// has.
fn rooms(params: &Params) -> Result<Vec<Room>, Problem> {
    let mut names: Vec<_> = params.all("room").filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > MOST_ROOMS {
        let problem = Problem::input(
            "room",
            format!(
                "{} rooms are more than one stream may be present in.",
                names.len()
            ),
        );
        return Err(problem.expecting(format!("at most {MOST_ROOMS}")));
    }
    names.into_iter().map(Room::input).collect()
}

fn arrival(
    uri: &Uri,
    headers: &HeaderMap,
    params: &Params,
    rooms: Vec<Room>,
    is_on_board: bool,
) -> Result<Arrival, Problem> {
    let user = params.one("user")?;
    if let Some(user) = user {
        check_user(user)?;
        // Opening a stream under a name is said to others; a foreign page must not make its
        // visitors say it.
        if security::is_foreign(headers, uri) {
            return Err(security::refusal());
        }
        if rooms.is_empty() {
            return Err(
                Problem::input("room", "A user is present in a room, and none is given.")
                    .expecting("a room"),
            );
        }
    }
    Ok(Arrival {
        rooms,
        user: user.map(str::to_owned),
        is_on_board,
    })
}

fn open(
    state: &AppState,
    method: &Method,
    headers: &HeaderMap,
    params: &Params,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let start = params.start(headers)?;
    let response = if *method == Method::HEAD {
        // Only the headers are asked for; nobody arrives. An empty body would say how long it is,
        // which a stream does not.
        Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()).into_response()
    } else {
        let permit = state
            .budget
            .stream()
            .ok_or_else(|| Problem::no_room("There are as many streams as the server can hold."))?;
        let retry_millis = Some(rand::rng().random_range(state.retry_millis.clone()));
        let Wanted {
            filter,
            framing,
            conflate,
            arrival,
        } = wanted;
        let open = state.presence.enter(arrival, |presence| {
            let greeting = presence
                .into_iter()
                .filter(|event| filter.selects(event))
                .collect();
            let open = state.metrics.opened(framing, start);
            let wanted = Subscription {
                filter,
                framing,
                start,
                conflate,
                retry_millis,
                greeting,
            };
            (state.hub.subscribe(wanted), open)
        });
        let ((subscriber, open), presence) = open;
        direct::respond(Stream {
            subscriber,
            kept: Kept {
                _presence: presence,
                _open: open,
                _permit: permit,
            },
        })
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache, no-transform"),
        ),
        (
            header::HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, response).into_response())
}
