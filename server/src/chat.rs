//! Checks of the chat input of a request, with problems that name the input.

use pulseboard_contract::{Room, is_chat_text, is_user_name, limits};

use crate::problem::Problem;

/// The room that the input `room` names.
///
/// # Errors
///
/// If it is not one segment of a topic.
pub(crate) fn parse_room(name: &str) -> Result<Room, Problem> {
    Room::new(name).map_err(|error| {
        Problem::input("room", error.to_string()).expecting("one segment of a topic, like general")
    })
}

/// Checks the input `user`.
///
/// # Errors
///
/// If it is not [a name](is_user_name).
pub(crate) fn check_user(name: &str) -> Result<(), Problem> {
    if is_user_name(name) {
        return Ok(());
    }
    Err(Problem::input(
        "user",
        "The user's name is empty, too long, or has control characters.",
    )
    .expecting(format!(
        "1 to {} characters without control characters",
        limits::USER_NAME_CHARS
    )))
}

/// Checks the input `text`.
///
/// # Errors
///
/// If it is not [a message](is_chat_text).
pub(crate) fn check_text(text: &str) -> Result<(), Problem> {
    if is_chat_text(text) {
        return Ok(());
    }
    Err(Problem::input("text", "The text is empty or too long.")
        .expecting(format!("1 to {} characters", limits::CHAT_TEXT_CHARS)))
}
