//! Arranges the messages of a conversation: grouped by author, with a line between days and before
//! the first unread message. Pure.

use std::sync::Arc;

use pulseboard_contract::{EventId, Timestamp};

use crate::outbox::{Outgoing, Stage};
use pulseboard_feed::ChatLine;

/// A message by the same author within this time joins the group before it.
const GROUP_MILLIS: i64 = 5 * 60_000;
/// Every time zone's offset from UTC is a multiple of this.
const QUARTER_MILLIS: i64 = 15 * 60_000;

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatMessage {
    /// The server has it.
    Published(Arc<ChatLine>),
    /// The outbox has it.
    Unsent(Outgoing),
}

impl ChatMessage {
    /// The author.
    pub fn user(&self) -> &str {
        match self {
            Self::Published(line) => &line.chat.user,
            Self::Unsent(outgoing) => &outgoing.user,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Published(line) => &line.chat.text,
            Self::Unsent(outgoing) => &outgoing.text,
        }
    }

    /// The time.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Published(line) => line.chat.time,
            Self::Unsent(outgoing) => outgoing.time,
        }
    }
}

/// A message and how it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageRow {
    /// The message.
    pub message: ChatMessage,
    /// The day, if the message is the first of it.
    pub day: Option<String>,
    /// Whether it joins the group of the message before it and shows no author.
    pub continues: bool,
    /// Whether it is the first unread message.
    pub is_first_new: bool,
}

impl MessageRow {
    /// The key of its element. It includes how the message is shown: a message that joins a group
    /// becomes another element.
    pub fn key(&self) -> String {
        let id = match &self.message {
            ChatMessage::Published(line) => line
                .event
                .event_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            ChatMessage::Unsent(outgoing) => {
                let stage = match outgoing.stage {
                    Stage::Waiting => "waiting",
                    Stage::Sending => "sending",
                    Stage::Sent(_) => "sent",
                    Stage::Failed(_) => "failed",
                };
                format!("{} {stage}", outgoing.id)
            }
        };
        let day = self.day.as_deref().unwrap_or_default();
        format!(
            "{id} {day} {} {}",
            u8::from(self.continues),
            u8::from(self.is_first_new)
        )
    }
}

/// Arranges messages, oldest first. `day_of` is the calendar day of a time in the reader's time zone,
/// `read` the last event that the reader has read in the room, `me` the reader's name.
pub fn message_rows(
    messages: Vec<ChatMessage>,
    day_of: impl Fn(Timestamp) -> String,
    read: Option<EventId>,
    me: Option<&str>,
) -> Vec<MessageRow> {
    let mut rows: Vec<MessageRow> = Vec::with_capacity(messages.len());
    let mut today: Option<(i64, String)> = None;
    let mut is_new = false;
    for message in messages {
        let quarter = message.time().millis().div_euclid(QUARTER_MILLIS);
        let before = today.take();
        let day = match &before {
            // A quarter of an hour never spans two days, in any time zone.
            Some((known, day)) if *known == quarter => day.clone(),
            _ => day_of(message.time()),
        };
        let is_new_day = before.is_none_or(|(_, before)| before != day);
        let is_first_new = !is_new && is_unread(&message, read, me);
        is_new |= is_first_new;
        let continues = !is_new_day
            && !is_first_new
            && rows
                .last()
                .is_some_and(|before| continues(&before.message, &message));
        rows.push(MessageRow {
            message,
            day: is_new_day.then(|| day.clone()),
            continues,
            is_first_new,
        });
        today = Some((quarter, day));
    }
    rows
}

fn is_unread(message: &ChatMessage, read: Option<EventId>, me: Option<&str>) -> bool {
    match message {
        ChatMessage::Published(line) => {
            read.is_some_and(|read| line.is_after(read)) && Some(line.chat.user.as_str()) != me
        }
        ChatMessage::Unsent(_) => false,
    }
}

fn continues(before: &ChatMessage, message: &ChatMessage) -> bool {
    let apart = message.time().millis() - before.time().millis();
    // The difference may be negative: until the server answers, an unsent message has the time of this
    // device's clock.
    let is_soon = (-GROUP_MILLIS..GROUP_MILLIS).contains(&apart);
    before.user() == message.user() && is_soon
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Attributes, Chat, Epoch, Event, EventType, Json, Topic};

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_704_110_400_000 + minutes * 60_000).unwrap()
    }

    fn id(seq: u64) -> EventId {
        EventId {
            epoch: Epoch::new(7),
            seq,
        }
    }

    fn line(seq: u64, user: &str, minutes: i64) -> ChatMessage {
        let event = Event {
            event_id: Some(id(seq)),
            id: seq.to_string(),
            source: "/chat".into(),
            event_type: EventType::Chat.into(),
            topic: Topic::new("chat/a").unwrap(),
            time: at(minutes),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse("{}").unwrap(),
        };
        let chat = Chat {
            user: user.into(),
            text: "x".into(),
            time: at(minutes),
        };
        ChatMessage::Published(Arc::new(ChatLine {
            event: Arc::new(event),
            chat,
        }))
    }

    fn unsent(user: &str, minutes: i64, stage: Stage) -> ChatMessage {
        ChatMessage::Unsent(Outgoing {
            id: "k".into(),
            room: "a".into(),
            user: user.into(),
            text: "x".into(),
            time: at(minutes),
            stage,
            is_stored: false,
        })
    }

    fn day_of(time: Timestamp) -> String {
        time.to_string()[..10].to_owned()
    }

    fn arranged(messages: Vec<ChatMessage>, read: Option<u64>) -> Vec<MessageRow> {
        message_rows(messages, day_of, read.map(id), Some("Ada"))
    }

    #[test]
    fn messages_by_the_same_author_within_minutes_are_one_group() {
        let authors = [
            ("Ada", 0),
            ("Ada", 1),
            ("Grace", 1),
            ("Ada", 2),
            ("Ada", 20),
        ];
        let messages = authors
            .iter()
            .zip(1..)
            .map(|((user, minutes), seq)| line(seq, user, *minutes))
            .collect();
        let continues: Vec<_> = arranged(messages, None)
            .iter()
            .map(|entry| entry.continues)
            .collect();
        assert_eq!(continues, [false, true, false, false, false]);
    }

    #[test]
    fn the_first_message_of_a_day_shows_the_day_and_starts_a_group() {
        // Noon, a minute before midnight, and midnight.
        let shown = arranged(
            vec![line(1, "Ada", 0), line(2, "Ada", 719), line(3, "Ada", 720)],
            None,
        );
        let days: Vec<_> = shown.iter().map(|entry| entry.day.as_deref()).collect();
        assert_eq!(days, [Some("2024-01-01"), None, Some("2024-01-02")]);
        assert!(!shown[2].continues);
    }

    #[test]
    fn the_first_unread_message_is_one_of_somebody_else() {
        let messages = || {
            vec![
                line(1, "Grace", 0),
                line(2, "Ada", 1),
                line(3, "Grace", 1),
                line(4, "Grace", 1),
            ]
        };
        let first_new = |read| {
            arranged(messages(), read)
                .iter()
                .position(|entry| entry.is_first_new)
        };
        assert_eq!(
            first_new(None),
            None,
            "a first visit has no unread messages"
        );
        assert_eq!(
            first_new(Some(1)),
            Some(2),
            "the reader's own message is not unread"
        );
        assert_eq!(first_new(Some(3)), Some(3));
        assert!(
            !arranged(messages(), Some(3))[3].continues,
            "the first unread message starts a group"
        );
        assert_eq!(first_new(Some(4)), None);
    }

    #[test]
    fn an_unsent_message_joins_the_group_that_it_is_published_in() {
        let shown = arranged(
            vec![line(1, "Ada", 1), unsent("Ada", 0, Stage::Sending)],
            None,
        );
        assert!(shown[1].continues && shown[1].day.is_none());
        let published = arranged(vec![line(1, "Ada", 1), line(2, "Ada", 1)], None);
        assert!(published[1].continues && published[1].day.is_none());
    }

    #[test]
    fn a_message_that_is_shown_in_another_way_has_another_key() {
        let key = |messages: Vec<ChatMessage>| arranged(messages, None).pop().unwrap().key();
        let alone = key(vec![line(2, "Ada", 1)]);
        assert_ne!(alone, key(vec![line(1, "Ada", 1), line(2, "Ada", 1)]));
        assert_ne!(
            key(vec![unsent("Ada", 0, Stage::Waiting)]),
            key(vec![unsent("Ada", 0, Stage::Sending)])
        );
    }
}
