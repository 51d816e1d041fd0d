//! The conversation of a room: its messages, and who is writing.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use pulseboard_contract::{Chat, Event, EventId, Payload, Timestamp};

use super::push_bounded;

/// The most messages of a room.
const LINES: usize = 500;
/// A user counts as writing for this long after the last `typing` event.
const TYPING_MILLIS: i64 = 6_000;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatLine {
    /// The event.
    pub event: Arc<Event>,
    /// Its decoded payload.
    pub chat: Chat,
}

impl ChatLine {
    /// The message of an event, if the event is one. It is decoded here.
    pub fn of(event: &Arc<Event>) -> Option<Self> {
        let Payload::Chat(chat) = event.payload() else {
            return None;
        };
        Some(Self {
            event: event.clone(),
            chat,
        })
    }

    /// Whether it comes after an event, or belongs to another log.
    pub fn is_after(&self, id: EventId) -> bool {
        self.event
            .event_id
            .is_some_and(|own| own.epoch != id.epoch || own.seq > id.seq)
    }
}

/// What the page knows of one room.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    lines: VecDeque<Arc<ChatLine>>,
    typing: BTreeMap<String, Timestamp>,
}

impl Conversation {
    /// Takes in a message.
    pub fn say(&mut self, event: Arc<Event>, chat: Chat) {
        self.typing.remove(&chat.user);
        push_bounded(&mut self.lines, Arc::new(ChatLine { event, chat }), LINES);
    }

    /// Takes in that a user is writing.
    pub fn typing(&mut self, user: String, time: Timestamp) {
        self.typing
            .retain(|_, since| time.millis() - since.millis() < TYPING_MILLIS);
        self.typing.insert(user, time);
    }

    /// Puts the older messages of a conversation before these.
    pub fn prepend(&mut self, older: Self, is_older: impl Fn(&Event, Option<&Arc<Event>>) -> bool) {
        let first = self.lines.front().map(|line| line.event.clone());
        for line in older
            .lines
            .into_iter()
            .rev()
            .filter(|line| is_older(&line.event, first.as_ref()))
        {
            if self.lines.len() < LINES {
                self.lines.push_front(line);
            }
        }
    }

    /// The messages, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Arc<ChatLine>> + ExactSizeIterator {
        self.lines.iter()
    }

    /// How many messages of users other than `me` come after an event, as far as they are kept. The
    /// messages of another log all count: a position in the old log says nothing about them.
    pub fn unread(&self, read: EventId, me: Option<&str>) -> usize {
        let is_after = |line: &&Arc<ChatLine>| line.is_after(read);
        self.lines
            .iter()
            .rev()
            .take_while(is_after)
            .filter(|line| Some(line.chat.user.as_str()) != me)
            .count()
    }

    /// The users other than `me` who are writing now.
    pub fn writing(&self, now: Timestamp, me: Option<&str>) -> Vec<&str> {
        let is_writing = |(user, since): &(&String, &Timestamp)| {
            now.millis() - since.millis() < TYPING_MILLIS && Some(user.as_str()) != me
        };
        self.typing
            .iter()
            .filter(is_writing)
            .map(|(user, _)| user.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Incoming,
        tests::{at, event, feed},
    };
    use pulseboard_contract::{Epoch, EventId, Topic};

    #[test]
    fn unread_messages_are_those_of_others_after_the_cursor() {
        let said = |seq, user| {
            event(
                seq,
                "chat/a",
                "chat",
                &format!(r#"{{"user":"{user}","text":"x","time":"2024-01-01T12:00:00Z"}}"#),
            )
        };
        let feed = feed(vec![
            said(1, "Ada"),
            said(2, "Grace"),
            said(3, "Ada"),
            said(4, "Grace"),
        ]);
        let room = feed.topic(&Topic::new("chat/a").unwrap()).unwrap().room();
        let id = |bits, seq| EventId {
            epoch: Epoch::new(bits),
            seq,
        };
        assert_eq!(room.unread(id(7, 0), None), 4);
        assert_eq!(room.unread(id(7, 1), Some("Ada")), 2);
        assert_eq!(room.unread(id(7, 4), Some("Ada")), 0);
        assert_eq!(
            room.unread(id(8, 9), Some("Ada")),
            2,
            "all messages of another log are unread"
        );
    }

    #[test]
    fn a_user_stops_writing_after_a_message_or_a_while() {
        let mut feed = feed(vec![]);
        let room = Topic::new("chat/general").unwrap();
        for user in ["Ada", "Grace"] {
            feed.apply(Incoming::Event(event(
                0,
                "chat/general",
                "typing",
                &format!(r#"{{"user":"{user}"}}"#),
            )));
        }
        let writing = |feed: &super::super::Feed, seconds, me| {
            feed.topic(&room)
                .unwrap()
                .room()
                .writing(at(seconds), me)
                .join(" ")
        };
        assert_eq!(writing(&feed, 1, None), "Ada Grace");
        assert_eq!(writing(&feed, 1, Some("Ada")), "Grace");
        assert_eq!(writing(&feed, 10, None), "");
        let said = r#"{"user":"Ada","text":"hi","time":"2024-01-01T12:00:00Z"}"#;
        feed.apply(Incoming::Event(event(1, "chat/general", "chat", said)));
        assert_eq!(writing(&feed, 1, None), "Grace");
    }
}
