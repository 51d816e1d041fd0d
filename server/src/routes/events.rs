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
use pulseboard_contract::{EventType, Framing, Room, TopicPattern, limits::ROOMS_PER_STREAM};
use pulseboard_hub::{Filter, Subscription};
use rand::Rng;

use crate::{
    AppState,
    chat::{check_user, parse_room},
    direct::{self, Stream, StreamGuards},
    input::Params,
    presence::Arrival,
    problem::Problem,
    security,
};

/// Streams events.
///
/// Server-Sent Events. The first block has `retry:` and the position as `id:`. The replayed and the
/// live events follow, each with its event id. A `heartbeat` arrives every 15 seconds. A `gap`,
/// `{"after": id, "resumed_at": id, "lost": number or null}`, tells that the log no longer has
/// events that the request asked for. Both are named events in every framing.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "stream_events",
    tag = "listen",
    params(
        ("topic" = Option<Vec<String>>, Query, description = "A topic or a pattern: `*` matches one segment, a final `**` the rest. May be repeated; without it the stream has all topics"),
        ("type" = Option<Vec<String>>, Query, description = "An event type. May be repeated; without it the stream has all types"),
        ("framing" = Option<String>, Query, description = "`named` (the default): `event:` is the type, `data:` the payload. `unnamed`: without `event:`, for `onmessage`. `envelope`: unnamed, `data:` is the whole event", example = "envelope"),
        ("conflate" = Option<String>, Query, description = "`latest`: when several events would be sent together, because the stream resumes or is slow, only the newest event of each topic is sent", example = "latest"),
        ("room" = Option<Vec<String>>, Query, description = "A chat room in which the client is present. May be repeated, up to 16"),
        ("user" = Option<String>, Query, description = "The name under which the client is present"),
        ("last_event_id" = Option<String>, Query, description = "The event id after which the stream begins: later events are replayed first. `start` replays the whole log; without an id the stream has new events only", example = "9f2c41d7-48211"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as a browser sends it when it reconnects. It overrides the query")
    ),
    responses((
        status = 200,
        content_type = "text/event-stream",
        body = String,
        description = "The stream. It ends when one side closes it",
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
                Problem::input(
                    "framing",
                    format!("{text:?} is not a valid value for `framing`."),
                )
                .expecting(error.to_string())
            })?,
        None => Framing::Named,
    };
    let conflate = match params.one("conflate")? {
        Some("latest") => true,
        Some(text) => {
            return Err(Problem::input(
                "conflate",
                format!("{text:?} is not a valid value for `conflate`."),
            )
            .expecting("latest"));
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

/// Streams every `message`, unnamed, so that a page only needs `onmessage`.
#[utoipa::path(
    get,
    path = "/stream",
    operation_id = "stream_messages",
    tag = "listen",
    params(
        ("last_event_id" = Option<String>, Query, description = "The event id after which the stream begins: later events are replayed first. `start` replays the whole log; without an id the stream has new events only", example = "9f2c41d7-48211"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as a browser sends it when it reconnects. It overrides the query")
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

/// Streams the chat of one room, unnamed: `{user, text, time}`.
#[utoipa::path(
    get,
    path = "/chat-stream",
    operation_id = "stream_chat",
    tag = "listen",
    params(
        ("room" = Option<String>, Query, description = "The room; `general` by default"),
        ("user" = Option<String>, Query, description = "The name under which the client is present in the room"),
        ("last_event_id" = Option<String>, Query, description = "The event id after which the stream begins: later events are replayed first. `start` replays the whole log; without an id the stream has new events only", example = "9f2c41d7-48211"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as a browser sends it when it reconnects. It overrides the query")
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
    let room = parse_room(params.one("room")?.unwrap_or("general"))?;
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

/// The rooms of the request, each once. An empty name is ignored, because a form sends empty fields
/// too.
fn rooms(params: &Params) -> Result<Vec<Room>, Problem> {
    let mut names: Vec<_> = params.all("room").filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > ROOMS_PER_STREAM {
        let problem = Problem::input(
            "room",
            format!(
                "{} rooms are more than one stream may be present in.",
                names.len()
            ),
        );
        return Err(problem.expecting(format!("at most {ROOMS_PER_STREAM}")));
    }
    names.into_iter().map(parse_room).collect()
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
        // Others are told who joins, so a page of another site must not make its visitors join.
        if security::is_foreign(headers, uri) {
            return Err(security::refusal());
        }
        if rooms.is_empty() {
            return Err(Problem::input(
                "room",
                "A user is present in a room, but no room is given.",
            )
            .expecting("a room"));
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
        // A HEAD request opens no stream. The body is empty but of unknown length, like a stream's:
        // a body of known length would add `content-length: 0`.
        Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()).into_response()
    } else {
        let permit = state
            .budget
            .stream()
            .ok_or_else(|| Problem::no_room("The server has as many streams as it can hold."))?;
        let Wanted {
            filter,
            framing,
            conflate,
            arrival,
        } = wanted;
        // Subscribed before the presence is read, so that every later change arrives on the stream.
        let mut subscriber = state.hub.subscribe(Subscription {
            conflate,
            retry_millis: Some(rand::rng().random_range(state.retry_millis.clone())),
            ..Subscription::new(filter.clone(), framing, start)
        });
        let (greeting, presence) = state.presence.enter(arrival, &filter);
        subscriber.greet(&greeting);
        let open = state.metrics.opened(framing, start);
        direct::respond(Stream {
            subscriber,
            guards: StreamGuards::new(presence, open, permit),
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
