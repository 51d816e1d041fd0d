//! `POST /chat/{room}`: posts a message, as JSON from a script or as a form from the page.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use pulseboard_contract::{
    Attributes, Chat, EventType, Payload, api::PublishedEvent, reserved::CHAT_SOURCE,
};
use pulseboard_hub::NewEvent;
use utoipa::ToSchema;

use crate::{
    AppState,
    chat::parse_room,
    input::{self, Limit, Params, content_type, is_utf8},
    problem::Problem,
    publishing::{self, AttributeLocation},
    visitor::name_cookie,
};

/// Post a message to a room.
///
/// The page posts the same as a form if scripts are disabled. A form gets the response 303, back to
/// the room.
#[utoipa::path(
    post,
    path = "/chat/{room}",
    operation_id = "say",
    tag = "publish",
    params(("room" = String, Path, description = "The room: one segment of a topic", example = "general")),
    request_body(description = "Author and text", content(
        (NewMessage = "application/json"),
        (NewMessage = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 201, description = "Posted", body = PublishedEvent),
        (status = 303, description = "Posted by a form")
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
    let body = input::read_body(&headers, body, Limit::EVENT).await?;
    let NewMessage { user, text } = if is_form {
        NewMessage::from_form(&body)?
    } else {
        NewMessage::from_json(&body)?
    };
    // "Ada" and " Ada " must not look like two people.
    let user = user.trim().to_owned();

    let time = state.now();
    let event = NewEvent {
        id: None,
        source: CHAT_SOURCE.to_owned(),
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
    let event = publishing::validate(AttributeLocation::Members, event)?;
    let published = publishing::publish_one(&state, "chat", event).await?;
    if is_form {
        // The page reloads with the new message, and the browser remembers the name.
        let headers = [
            (header::LOCATION, room.path()),
            (header::SET_COOKIE, name_cookie(&user)),
        ];
        return Ok((StatusCode::SEE_OTHER, headers).into_response());
    }
    Ok(publishing::event_response(published))
}

fn is_form(headers: &HeaderMap) -> Result<bool, Problem> {
    let content_type = content_type(headers).ok().filter(is_utf8);
    match content_type.as_ref().map(mime::Mime::essence_str) {
        Some("application/json") => Ok(false),
        Some("application/x-www-form-urlencoded") => Ok(true),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "A chat message must be JSON or a form.",
        )
        .expecting("application/json or application/x-www-form-urlencoded, in UTF-8")),
    }
}

/// A chat message to post.
#[derive(ToSchema)]
struct NewMessage {
    /// The name of the author: 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    user: String,
    /// The text: 1 to 4,000 characters.
    #[schema(min_length = 1, max_length = 4_000)]
    text: String,
}

impl NewMessage {
    fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let invalid = |detail: String| {
            Problem::input("body", detail).expecting(r#"{"user":"...","text":"..."}"#)
        };
        let text = std::str::from_utf8(body)
            .map_err(|_| invalid("The body is not valid UTF-8.".to_owned()))?;
        let value: serde_json::Value = serde_json::from_str(text)
            .map_err(|error| invalid(format!("The body is not valid JSON: {error}.")))?;
        let field = |name: &'static str| {
            let text = value
                .get(name)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned);
            text.ok_or_else(|| {
                Problem::input(name, format!("`{name}` is missing or is not a string."))
                    .expecting("a string")
            })
        };
        Ok(Self {
            user: field("user")?,
            text: field("text")?,
        })
    }

    fn from_form(body: &[u8]) -> Result<Self, Problem> {
        let params = Params::parse("body", body)?;
        // A missing field counts as empty; validation rejects both.
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
