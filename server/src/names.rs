//! The words of chat, checked: rooms, what people call themselves, what they say.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use pulseboard_app::Page;
use pulseboard_contract::{InvalidTopic, Topic};

use crate::problem::Problem;

/// Everything but what RFC 3986 calls unreserved: right in a path and in a cookie alike.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A chat room: one segment of a topic, under `chat/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room(Topic);

impl Room {
    pub(crate) fn parse(name: &str) -> Result<Self, InvalidTopic> {
        let topic = Topic::new(&format!("chat/{name}"))?;
        if topic.leaf_under("chat").is_none() {
            return Err(InvalidTopic::Character);
        }
        Ok(Self(topic))
    }

    /// The same, as an input that may be at fault.
    pub(crate) fn input(name: &str) -> Result<Self, Problem> {
        Self::parse(name).map_err(|error| {
            Problem::input("room", error.to_string())
                .expecting("one segment of a topic, like general")
        })
    }

    pub(crate) fn name(&self) -> &str {
        room_of(&self.0)
    }

    pub(crate) fn topic(&self) -> &Topic {
        &self.0
    }

    /// Its page.
    pub(crate) fn path(&self) -> String {
        Page::Chat.href(self.name())
    }
}

/// The room a chat topic belongs to.
pub(crate) fn room_of(topic: &Topic) -> &str {
    topic.leaf_under("chat").unwrap_or_else(|| topic.as_str())
}

pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// What somebody may call themselves: 1 to 64 characters, none a control character, not all white
/// space.
pub(crate) fn is_user(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 64 && !name.chars().any(char::is_control)
}

pub(crate) fn check_user(name: &str) -> Result<(), Problem> {
    if is_user(name) {
        return Ok(());
    }
    Err(Problem::input(
        "user",
        "The user's name is empty, too long, or has control characters.",
    )
    .expecting("1 to 64 characters without control characters"))
}

/// What can be said at once: 1 to 4,000 characters, not all white space.
pub(crate) fn check_text(text: &str) -> Result<(), Problem> {
    if !text.trim().is_empty() && text.chars().count() <= 4_000 {
        return Ok(());
    }
    Err(Problem::input("text", "The text is empty or too long.").expecting("1 to 4000 characters"))
}

/// The value of the cookie that remembers a name, and back.
pub(crate) fn name_cookie(name: &str) -> String {
    format!(
        "name={}; Path=/; Max-Age=31536000; SameSite=Lax",
        encode(name)
    )
}

pub(crate) fn name_from_cookie(value: &str) -> Option<String> {
    decode(value).filter(|name| is_user(name))
}

/// What the value of a cookie stands for.
pub(crate) fn decode(value: &str) -> Option<String> {
    percent_decode_str(value)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_one_segment() {
        assert_eq!(
            Room::parse("general").unwrap().topic().as_str(),
            "chat/general"
        );
        assert_eq!(
            Room::parse("größe").unwrap().path(),
            "/chat/gr%C3%B6%C3%9Fe"
        );
        for name in ["", "a/b", "..", "a b", "<b>"] {
            assert!(Room::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_name_survives_its_cookie() {
        for name in ["Ada", "a; b=c", "\"Грейс\" %41"] {
            let cookie = name_cookie(name);
            let value = cookie
                .strip_prefix("name=")
                .and_then(|rest| rest.split_once(';'))
                .unwrap()
                .0;
            assert_eq!(name_from_cookie(value).as_deref(), Some(name));
        }
        assert_eq!(name_from_cookie("a%0ab"), None);
        assert_eq!(name_from_cookie("%ff"), None);
        assert_eq!(name_from_cookie(""), None);
    }
}
