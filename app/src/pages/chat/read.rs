//! Read marks: how far each room was read. They are stored for the next visit and shared with the
//! browser's other tabs.

use std::collections::BTreeMap;

use leptos::prelude::*;
use pulseboard_contract::{EventId, Room, Topic};
use serde::{Deserialize, Serialize};

use crate::{
    live::{Live, use_live},
    platform::storage::{self, StorageWatch},
    unread::{KEY, StoredMarks},
};
use pulseboard_feed::TopicFeed;

/// How many rooms have a mark. Without a limit, marks of rooms that are long gone would fill the
/// storage.
const MOST: usize = 500;

/// How far each room was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Marks {
    /// The position of the log at this browser's first visit: earlier messages count as read.
    since: Option<EventId>,
    rooms: BTreeMap<String, EventId>,
}

impl Marks {
    /// Reads stored marks; text that is not marks gives none.
    fn parse(text: Option<String>) -> Self {
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// The marks for a page that begins at `began`. Marks of another log do not apply.
    fn begin(mut self, began: EventId) -> Self {
        self.rooms.retain(|_, id| id.epoch == began.epoch);
        self.since = self
            .since
            .filter(|id| id.epoch == began.epoch)
            .or(Some(began));
        self
    }

    fn of(&self, room: &str) -> Option<EventId> {
        self.rooms.get(room).copied().or(self.since)
    }

    /// Moves the mark of a room forward, never back. Returns whether it moved.
    fn read(&mut self, room: &str, id: EventId) -> bool {
        let is_later = self
            .of(room)
            .is_none_or(|known| known.epoch != id.epoch || known.seq < id.seq);
        if is_later && (self.rooms.len() < MOST || self.rooms.contains_key(room)) {
            self.rooms.insert(room.to_owned(), id);
        }
        is_later
    }

    /// Takes in the marks of another tab.
    fn merge(&mut self, other: Self) {
        for (room, id) in other.rooms {
            if self.of(&room).is_none_or(|known| known.epoch == id.epoch) {
                self.read(&room, id);
            }
        }
    }
}

/// The read marks; in the context of the chat page.
#[derive(Clone, Copy)]
pub(super) struct ReadMarks {
    /// None until the browser has read its storage, because the server renders the first page.
    marks: RwSignal<Option<Marks>>,
    /// The copy that the rest of the app reads.
    stored: StoredMarks,
    live: Live,
}

impl ReadMarks {
    /// Puts the marks into the context.
    pub(super) fn provide() -> Self {
        let reads = Self {
            marks: RwSignal::new(None),
            stored: expect_context(),
            live: use_live(),
        };
        let watch = StoredValue::new_local(None);
        Effect::new(move |_| {
            let marks = Marks::parse(storage::get(KEY)).begin(reads.live.began.get_value());
            store(&marks, reads.stored);
            reads.marks.set(Some(marks));
            watch.set_value(Some(StorageWatch::new(KEY, move |_, text| {
                let other = Marks::parse(text.map(str::to_owned));
                reads.marks.update(|marks| {
                    if let Some(marks) = marks {
                        marks.merge(other);
                    }
                });
            })));
        });
        provide_context(reads);
        reads
    }

    /// Whether the browser has read its storage.
    pub(super) fn is_known(self) -> bool {
        self.marks.with(Option::is_some)
    }

    /// The mark of a room. It does not follow the marks.
    pub(super) fn mark(self, room: &str) -> Option<EventId> {
        self.marks.with_untracked(|marks| marks.as_ref()?.of(room))
    }

    /// Marks a room read up to an event.
    pub(super) fn read(self, room: &str, id: EventId) {
        if self
            .mark(room)
            .is_none_or(|known| known.epoch == id.epoch && known.seq >= id.seq)
        {
            return;
        }
        self.marks.update(|marks| {
            if let Some(marks) = marks {
                // Another tab may have read other rooms in the meantime.
                marks.merge(Marks::parse(storage::get(KEY)));
                marks.read(room, id);
                store(marks, self.stored);
            }
        });
    }

    /// The unread messages of others in a room, as far as they are in memory.
    pub(super) fn unread(self, topic: &Topic) -> usize {
        let Some(room) = Room::of(topic) else {
            return 0;
        };
        let Some(mark) = self.marks.with(|marks| marks.as_ref()?.of(room.name())) else {
            return 0;
        };
        self.live.name.with(|me| {
            self.live.feed.with(|feed| {
                feed.topic(topic)
                    .map(TopicFeed::room)
                    .map_or(0, |room| room.unread(mark, me.as_deref()))
            })
        })
    }

    /// The unread messages of all rooms.
    pub(super) fn all_unread(self) -> usize {
        let rooms: Vec<Topic> = self.live.feed.with(|feed| {
            feed.topics()
                .filter(|topic| Room::of(topic.topic()).is_some())
                .map(|topic| topic.topic().clone())
                .collect()
        });
        rooms.iter().map(|topic| self.unread(topic)).sum()
    }
}

fn store(marks: &Marks, stored: StoredMarks) {
    if let Ok(text) = serde_json::to_string(marks) {
        storage::set(KEY, &text);
        stored.set(text);
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::Epoch;

    use super::*;

    fn id(bits: u32, seq: u64) -> EventId {
        EventId {
            epoch: Epoch::new(bits),
            seq,
        }
    }

    #[test]
    fn messages_before_the_first_visit_count_as_read() {
        let marks = Marks::default().begin(id(7, 40));
        assert_eq!(marks.of("general"), Some(id(7, 40)));
        assert_eq!(
            marks.begin(id(7, 90)).of("general"),
            Some(id(7, 40)),
            "messages between two visits do not"
        );
    }

    #[test]
    fn the_mark_of_a_room_moves_forward_only_and_apart_from_other_rooms() {
        let mut marks = Marks::default().begin(id(7, 40));
        assert!(marks.read("a", id(7, 50)));
        assert!(!marks.read("a", id(7, 45)));
        assert_eq!(
            (marks.of("a"), marks.of("b")),
            (Some(id(7, 50)), Some(id(7, 40)))
        );
    }

    #[test]
    fn marks_of_another_log_do_not_apply() {
        let mut marks = Marks::default().begin(id(7, 40));
        marks.read("a", id(7, 50));
        assert_eq!(marks.clone().begin(id(8, 3)).of("a"), Some(id(8, 3)));
        assert!(
            marks.read("a", id(8, 1)),
            "a log that restarts empty while the page is open is read from its beginning"
        );
    }

    #[test]
    fn tabs_agree_on_what_either_has_read() {
        let mut one = Marks::default().begin(id(7, 40));
        let mut other = one.clone();
        one.read("a", id(7, 50));
        other.read("a", id(7, 45));
        other.read("b", id(7, 60));
        one.merge(other);
        assert_eq!(
            (one.of("a"), one.of("b")),
            (Some(id(7, 50)), Some(id(7, 60)))
        );
    }

    #[test]
    fn stored_marks_are_read_again_and_invalid_text_gives_none() {
        let mut marks = Marks::default().begin(id(7, 40));
        marks.read("größe", id(7, 41));
        assert_eq!(Marks::parse(serde_json::to_string(&marks).ok()), marks);
        for text in [None, Some(""), Some("[]"), Some("{\"rooms\":7}")] {
            assert_eq!(Marks::parse(text.map(str::to_owned)), Marks::default());
        }
    }
}
