//! The content of a payload: what it says, independent of its event type.
//!
//! Code that shows events matches [`Content`], not [`Payload`](crate::Payload): a new event type
//! whose content is a line of text is then shown everywhere without a change.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{Chat, Json, Notification, Presence, Typing};

/// What a payload says. Each row of the event table names the content of its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// A line of text.
    Line(Cow<'a, str>),
    /// A message with a severity.
    Notice(&'a Notification),
    /// Numbers by name.
    Numbers(&'a BTreeMap<String, f64>),
    /// A chat message.
    Chat(&'a Chat),
    /// A user is typing in a room.
    Typing(&'a Typing),
    /// Who is on a topic now. It is state, not something that happened.
    Presence(&'a Presence),
    /// Something about the stream itself, not about a topic.
    Stream(Cow<'a, str>),
    /// Data without a type of the table.
    Data(&'a Json),
}

impl<'a> Content<'a> {
    /// A line of text.
    pub fn line(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Line(text.into())
    }

    /// The content as plain text, for a terminal or a list.
    pub fn into_text(self) -> String {
        match self {
            Self::Line(text) | Self::Stream(text) => text.into_owned(),
            Self::Notice(notice) => format!("{}: {}", notice.severity.name(), notice.message),
            Self::Numbers(numbers) => {
                let number = |(name, value): (&String, &f64)| format!("{name}={value}");
                numbers.iter().map(number).collect::<Vec<_>>().join(" ")
            }
            Self::Chat(chat) => format!("{}: {}", chat.user, chat.text),
            Self::Typing(typing) => format!("{} is typing", typing.user),
            Self::Presence(presence) if presence.users.is_empty() => {
                format!("{} watching", presence.watching)
            }
            Self::Presence(presence) => format!(
                "{} watching, present: {}",
                presence.watching,
                presence.users.join(", ")
            ),
            Self::Data(json) => json.as_str().to_owned(),
        }
    }
}
