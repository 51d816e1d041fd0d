//! A conversation: what was said, and who is writing.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use pulseboard::{Chat, Event, Timestamp};

use super::push_bounded;

/// Lines kept.
const LINES: usize = 500;
/// Somebody who has not been heard of for so long is not writing any more.
const TYPING_MILLIS: i64 = 6_000;
/// A line by the same person within this is shown under the one before.
const GROUP_MILLIS: i64 = 5 * 60_000;

/// One thing said.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatLine {
    /// The event.
    pub event: Arc<Event>,
    /// What was said, by whom, when.
    pub chat: Chat,
}

impl ChatLine {
    /// Whether it follows so soon on `before`, by the same person, that the name need not be said again.
    pub fn continues(&self, before: &ChatLine) -> bool {
        let apart = self.chat.time.millis() - before.chat.time.millis();
        self.chat.user == before.chat.user && (0..GROUP_MILLIS).contains(&apart)
    }
}

/// What the page knows of one room.
#[derive(Clone, Debug, Default)]
pub struct Room {
    lines: VecDeque<ChatLine>,
    typing: BTreeMap<String, Timestamp>,
}

impl Room {
    /// Somebody said something.
    pub fn say(&mut self, event: Arc<Event>, chat: Chat) {
        self.typing.remove(&chat.user);
        push_bounded(&mut self.lines, ChatLine { event, chat }, LINES);
    }

    /// Somebody is writing.
    pub fn typing(&mut self, user: String, time: Timestamp) {
        self.typing.retain(|_, since| time.millis() - since.millis() < TYPING_MILLIS);
        self.typing.insert(user, time);
    }

    /// Puts an older part of the conversation before this one.
    pub fn prepend(&mut self, older: Room, is_older: impl Fn(&Event, Option<&Arc<Event>>) -> bool) {
        let first = self.lines.front().map(|line| line.event.clone());
        for line in older.lines.into_iter().rev().filter(|line| is_older(&line.event, first.as_ref())) {
            if self.lines.len() < LINES {
                self.lines.push_front(line);
            }
        }
    }

    /// What was said, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &ChatLine> + ExactSizeIterator {
        self.lines.iter()
    }

    /// Who is writing now, other than `me`.
    pub fn writing(&self, now: Timestamp, me: Option<&str>) -> Vec<&str> {
        let is_writing =
            |(user, since): &(&String, &Timestamp)| now.millis() - since.millis() < TYPING_MILLIS && Some(user.as_str()) != me;
        self.typing.iter().filter(is_writing).map(|(user, _)| user.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Incoming,
        tests::{at, event, feed},
    };
    use pulseboard::Topic;

    #[test]
    fn whoever_has_said_it_or_stopped_is_not_writing() {
        let mut feed = feed(vec![]);
        let room = Topic::new("chat/general").unwrap();
        for user in ["Ada", "Grace"] {
            feed.apply(Incoming::Event(event(0, "chat/general", "typing", &format!(r#"{{"user":"{user}"}}"#))));
        }
        let writing =
            |feed: &super::super::Feed, seconds, me| feed.topic(&room).unwrap().room().writing(at(seconds), me).join(" ");
        assert_eq!(writing(&feed, 1, None), "Ada Grace");
        assert_eq!(writing(&feed, 1, Some("Ada")), "Grace");
        assert_eq!(writing(&feed, 10, None), "");
        let said = r#"{"user":"Ada","text":"hi","time":"2024-01-01T12:00:00Z"}"#;
        feed.apply(Incoming::Event(event(1, "chat/general", "chat", said)));
        assert_eq!(writing(&feed, 1, None), "Grace");
    }

    #[test]
    fn lines_by_the_same_person_within_minutes_are_one_group() {
        let said = |user: &str, minute: u8| format!(r#"{{"user":"{user}","text":"x","time":"2024-01-01T12:{minute:02}:00Z"}}"#);
        let events = [("Ada", 0), ("Ada", 1), ("Grace", 1), ("Ada", 2), ("Ada", 20)];
        let feed = feed(
            events.iter().zip(1..).map(|((user, minute), seq)| event(seq, "chat/a", "chat", &said(user, *minute))).collect(),
        );
        let topic = feed.topic(&Topic::new("chat/a").unwrap()).unwrap();
        let lines: Vec<_> = topic.room().lines().collect();
        let continues: Vec<_> = lines.windows(2).map(|pair| pair[1].continues(pair[0])).collect();
        assert_eq!(continues, [true, false, false, false]);
    }
}
