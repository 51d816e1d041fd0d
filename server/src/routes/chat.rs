//! `POST /chat/{room}`: says something, from a script as JSON or from a plain form.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use pulseboard_contract::{Attributes, Chat, EventType, Payload};
use pulseboard_hub::NewEvent;
use utoipa::ToSchema;

use crate::{
    AppState,
    chat::parse_room,
    input::{self, ContentType, Limit, Params},
    problem::Problem,
    publishing::{self, Naming, PublishedEvent},
    visitor::name_cookie,
};

/// Says something in a room.
///
/// A page without script posts the same as a form; it is answered 303, back to the room.
#[utoipa::path(
    post,
    path = "/chat/{room}",
    operation_id = "say",
    tag = "publish",
    params(("room" = String, Path, description = "The room: one segment of a topic", example = "general")),
    request_body(description = "Who says what", content(
        (Words = "application/json"),
        (Words = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 201, description = "Said", body = PublishedEvent),
        (status = 303, description = "Said, by a form")
    ),
    extensions(("x-example" = json!("curl -s --json '{\"user\": \"Ada\", \"text\": \"Good morning\"}' $URL/chat/general")))
)]
pub(crate) async fn say(
    State(state): State<AppState>,
    room: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Path(room) = room?;
    let room = parse_room(&room)?;
    let is_form = is_form(&headers)?;
    let body = input::body(&headers, body, Limit::EVENT).await?;
    let Words { user, text } = if is_form {
        Words::of_form(&body)?
    } else {
        Words::of_json(&body)?
    };
    // Who they are is not where the white space around it is.
    let user = user.trim().to_owned();

    let time = state.now();
    let event = NewEvent {
        id: None,
        source: "/chat".to_owned(),
        event_type: EventType::Chat.into(),
        topic: room.topic().clone(),
        time,
        expires: None,
        attributes: Attributes::default(),
        data: Payload::Chat(Chat {
            user: user.clone(),
            text,
            time,
        })
        .json(),
    };
    let published =
        publishing::publish(&state, "chat", publishing::checked(Naming::Members, event)?).await?;
    if is_form {
        // The page comes back with what was said on it, and the browser remembers who said it.
        let headers = [
            (header::LOCATION, room.path()),
            (header::SET_COOKIE, name_cookie(&user)),
        ];
        return Ok((StatusCode::SEE_OTHER, headers).into_response());
    }
    Ok(publishing::answer(published))
}

fn is_form(headers: &HeaderMap) -> Result<bool, Problem> {
    let content_type = ContentType::of(headers).filter(ContentType::is_utf8);
    match content_type
        .as_ref()
        .map(|content_type| content_type.essence.as_str())
    {
        Some("application/json") => Ok(false),
        Some("application/x-www-form-urlencoded") => Ok(true),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Chat is sent as JSON or as a form.",
        )
        .expecting("application/json or application/x-www-form-urlencoded, in UTF-8")),
    }
}

#[derive(ToSchema)]
struct Words {
    /// 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    user: String,
    /// 1 to 4,000 characters.
    #[schema(min_length = 1, max_length = 4_000)]
    text: String,
}

impl Words {
    fn of_json(body: &Bytes) -> Result<Self, Problem> {
        let invalid = |detail: String| {
            Problem::input("body", detail).expecting(r#"{"user":"...","text":"..."}"#)
        };
        let text =
            std::str::from_utf8(body).map_err(|_| invalid("The body is not UTF-8.".to_owned()))?;
        let value: serde_json::Value = serde_json::from_str(text)
            .map_err(|error| invalid(format!("The body is not valid JSON: {error}")))?;
        let field = |name: &'static str| {
            let text = value
                .get(name)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned);
            text.ok_or_else(|| {
                Problem::input(name, format!("{name} is missing or no string."))
                    .expecting("a string")
            })
        };
        Ok(Self {
            user: field("user")?,
            text: field("text")?,
        })
    }

    fn of_form(body: &Bytes) -> Result<Self, Problem> {
        let params = Params::parse("body", body)?;
        // Missing is checked like empty: a form sends every field it has.
        let field = |name| {
            params
                .one(name)
                .map(|value| value.unwrap_or_default().to_owned())
        };
        Ok(Self {
            user: field("user")?,
            text: field("text")?,
        })
    }
}
