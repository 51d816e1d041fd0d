//! What was read of each room, kept for the next visit and in step with the browser's other
//! windows.

use std::collections::BTreeMap;

use leptos::prelude::*;
use pulseboard_contract::{EventId, Topic};
use serde::{Deserialize, Serialize};

use crate::{
    live::{Live, use_live},
    platform::storage::{self, StorageWatch},
    unread::{KEY, StoredMarks},
};
use pulseboard_feed::TopicFeed;

/// Rooms remembered; a browser is not filled up by rooms that are long gone.
const MOST: usize = 500;

/// How far each room was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Marks {
    /// Where the board stood when this browser first saw it: what was said before is no news.
    since: Option<EventId>,
    rooms: BTreeMap<String, EventId>,
}

impl Marks {
    /// What was kept, as far as it can be read.
    fn parse(kept: Option<String>) -> Self {
        kept.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// The marks of a page that begins here. Those of another log say nothing of this one.
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

    /// The room has been read up to here; never back. Tells whether that is news.
    fn read(&mut self, room: &str, id: EventId) -> bool {
        let is_news = self
            .of(room)
            .is_none_or(|known| known.epoch != id.epoch || known.seq < id.seq);
        if is_news && (self.rooms.len() < MOST || self.rooms.contains_key(room)) {
            self.rooms.insert(room.to_owned(), id);
        }
        is_news
    }

    /// Takes in what another window has read.
    fn merge(&mut self, other: Self) {
        for (room, id) in other.rooms {
            if self.of(&room).is_none_or(|known| known.epoch == id.epoch) {
                self.read(&room, id);
            }
        }
    }
}

/// What was read; in the context of the chat.
#[derive(Clone, Copy)]
pub(super) struct Reads {
    /// None until the browser has told: the first render is the server's.
    marks: RwSignal<Option<Marks>>,
    /// What the rest of the app sees of it.
    kept: StoredMarks,
    live: Live,
}

impl Reads {
    /// Puts it into the context.
    pub(super) fn provide() -> Self {
        let reads = Self {
            marks: RwSignal::new(None),
            kept: expect_context(),
            live: use_live(),
        };
        let watch = StoredValue::new_local(None);
        Effect::new(move |_| {
            let marks = Marks::parse(storage::get(KEY)).begin(reads.live.began.get_value());
            keep(&marks, reads.kept);
            reads.marks.set(Some(marks));
            watch.set_value(Some(StorageWatch::new(KEY, move |_, _| {
                reads.marks.update(|marks| {
                    if let Some(marks) = marks {
                        marks.merge(Marks::parse(storage::get(KEY)));
                    }
                });
            })));
        });
        provide_context(reads);
        reads
    }

    /// Whether it is known what was read.
    pub(super) fn is_known(self) -> bool {
        self.marks.with(Option::is_some)
    }

    /// How far a room was read, without following it.
    pub(super) fn mark(self, room: &str) -> Option<EventId> {
        self.marks.with_untracked(|marks| marks.as_ref()?.of(room))
    }

    /// The room has been read up to here.
    pub(super) fn read(self, room: &str, id: EventId) {
        if self
            .mark(room)
            .is_none_or(|known| known.epoch == id.epoch && known.seq >= id.seq)
        {
            return;
        }
        self.marks.update(|marks| {
            if let Some(marks) = marks {
                // Another window may have read other rooms meanwhile.
                marks.merge(Marks::parse(storage::get(KEY)));
                marks.read(room, id);
                keep(marks, self.kept);
            }
        });
    }

    /// How much others have said in a room that was not read, as far as it is in memory.
    pub(super) fn unread(self, topic: &Topic) -> usize {
        let Some(room) = topic.leaf_under("chat") else {
            return 0;
        };
        let Some(mark) = self.marks.with(|marks| marks.as_ref()?.of(room)) else {
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

    /// How much was not read in all rooms.
    pub(super) fn all_unread(self) -> usize {
        let rooms: Vec<Topic> = self.live.feed.with(|feed| {
            feed.topics()
                .filter(|topic| is_room(topic.topic()))
                .map(|topic| topic.topic().clone())
                .collect()
        });
        rooms.iter().map(|topic| self.unread(topic)).sum()
    }
}

fn is_room(topic: &Topic) -> bool {
    topic.leaf_under("chat").is_some()
}

fn keep(marks: &Marks, kept: StoredMarks) {
    if let Ok(text) = serde_json::to_string(marks) {
        storage::set(KEY, &text);
        kept.set(text);
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
    fn what_was_said_before_the_first_visit_is_no_news() {
        let marks = Marks::default().begin(id(7, 40));
        assert_eq!(marks.of("general"), Some(id(7, 40)));
        assert_eq!(
            marks.begin(id(7, 90)).of("general"),
            Some(id(7, 40)),
            "what came between two visits is"
        );
    }

    #[test]
    fn a_room_is_read_forward_only_and_each_by_itself() {
        let mut marks = Marks::default().begin(id(7, 40));
        assert!(marks.read("a", id(7, 50)));
        assert!(!marks.read("a", id(7, 45)));
        assert_eq!(
            (marks.of("a"), marks.of("b")),
            (Some(id(7, 50)), Some(id(7, 40)))
        );
    }

    #[test]
    fn marks_of_another_log_are_worth_nothing() {
        let mut marks = Marks::default().begin(id(7, 40));
        marks.read("a", id(7, 50));
        assert_eq!(marks.clone().begin(id(8, 3)).of("a"), Some(id(8, 3)));
        assert!(
            marks.read("a", id(8, 1)),
            "a log that begins anew while the page is open goes on from its beginning"
        );
    }

    #[test]
    fn windows_agree_on_what_either_has_read() {
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
    fn what_is_kept_comes_back_and_nonsense_is_nothing() {
        let mut marks = Marks::default().begin(id(7, 40));
        marks.read("größe", id(7, 41));
        assert_eq!(Marks::parse(serde_json::to_string(&marks).ok()), marks);
        for kept in [None, Some(""), Some("[]"), Some("{\"rooms\":7}")] {
            assert_eq!(Marks::parse(kept.map(str::to_owned)), Marks::default());
        }
    }
}
