//! Chat rooms, and the rules for user names and messages.

use std::{fmt, str::FromStr};

use crate::{InvalidTopic, Topic, limits};

/// The first segment of a room's topic.
const PREFIX: &str = "chat/";

/// A chat room. Its messages are published on the topic `chat/{name}`, so its name is one segment
/// of a topic.
///
/// ```
/// use pulseboard_contract::{Room, Topic};
///
/// let room: Room = "general".parse()?;
/// assert_eq!(room.topic().as_str(), "chat/general");
/// assert_eq!(Room::of(&Topic::new("chat/general")?), Some(room));
/// assert_eq!(Room::of(&Topic::new("deploys")?), None);
/// # Ok::<(), pulseboard_contract::InvalidTopic>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Room(Topic);

impl Room {
    /// The room with this name.
    ///
    /// # Errors
    ///
    /// Fails if the name is not exactly one segment of a topic, or if `chat/{name}` is longer than
    /// a topic may be.
    pub fn new(name: &str) -> Result<Self, InvalidTopic> {
        let topic = Topic::new(&format!("{PREFIX}{name}"))?;
        Self::of(&topic).ok_or(InvalidTopic::Character)
    }

    /// The room that the topic belongs to, if it is a room's topic.
    pub fn of(topic: &Topic) -> Option<Self> {
        let name = topic.as_str().strip_prefix(PREFIX)?;
        (!name.contains('/')).then(|| Self(topic.clone()))
    }

    /// The room's name.
    pub fn name(&self) -> &str {
        &self.0.as_str()[PREFIX.len()..]
    }

    /// The room's topic.
    pub fn topic(&self) -> &Topic {
        &self.0
    }

    /// The address of the room's page: `/chat/{name}`, percent-encoded.
    pub fn path(&self) -> String {
        let mut path = "/chat/".to_owned();
        crate::push_percent_encoded(&mut path, self.name());
        path
    }
}

impl FromStr for Room {
    type Err = InvalidTopic;

    fn from_str(name: &str) -> Result<Self, InvalidTopic> {
        Self::new(name)
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a user may have this name: 1 to [`USER_NAME_CHARS`](limits::USER_NAME_CHARS) characters
/// without control characters, and not only white space.
pub fn is_user_name(name: &str) -> bool {
    !name.trim().is_empty()
        && name.chars().count() <= limits::USER_NAME_CHARS
        && !name.chars().any(char::is_control)
}

/// Whether this can be sent as one chat message: 1 to [`CHAT_TEXT_CHARS`](limits::CHAT_TEXT_CHARS)
/// characters, and not only white space.
pub fn is_chat_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= limits::CHAT_TEXT_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_name_is_one_segment_of_a_topic() {
        assert_eq!(
            Room::new("general").map(|room| room.topic().to_string()),
            Ok("chat/general".to_owned())
        );
        for name in ["", "a/b", "..", "a b", "<b>"] {
            assert!(Room::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_room_is_parsed_back_from_its_topic_only() {
        let room = |topic: &str| Room::of(&Topic::new(topic).unwrap()).map(|room| room.to_string());
        assert_eq!(room("chat/general").as_deref(), Some("general"));
        for topic in ["chat", "chat/a/b", "chats/a", "a/chat/b"] {
            assert_eq!(room(topic), None, "{topic}");
        }
    }

    #[test]
    fn a_page_address_is_percent_encoded() {
        assert_eq!(Room::new("größe").unwrap().path(), "/chat/gr%C3%B6%C3%9Fe");
    }

    #[test]
    fn names_and_messages_have_limits() {
        assert!(is_user_name("Ada") && is_user_name(&"ß".repeat(64)));
        for name in ["", "  ", "a\nb", "a\0", &"x".repeat(65)] {
            assert!(!is_user_name(name), "{name:?}");
        }
        assert!(is_chat_text("line\nbreak") && is_chat_text(&"ß".repeat(4_000)));
        assert!(!is_chat_text(" \n") && !is_chat_text(&"x".repeat(4_001)));
    }
}
