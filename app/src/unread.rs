//! The number of unread chat messages, which the title of every page shows.
//!
//! The chat page stores how far each room was read (`pages/chat/read.rs`). Every page loads this
//! module, so it only reads those marks.

use leptos::prelude::*;
use pulseboard_contract::{EventId, Room};
use serde_json::Value;

use crate::{
    live::use_live,
    platform::storage::{self, StorageWatch},
};

/// The storage key of the read marks: `{"since": id, "rooms": {"general": id}}`.
pub const KEY: &str = "pulseboard.rooms";

/// The read marks as stored text; in the context. None until the browser has read its storage,
/// because the server renders the first page without it.
#[derive(Clone, Copy)]
pub struct StoredMarks(RwSignal<Option<String>>);

impl StoredMarks {
    /// Replaces the marks after the reader has read something.
    pub fn set(self, text: String) {
        self.0.set(Some(text));
    }
}

/// Puts the read marks into the context, and returns the number of unread messages in all rooms.
pub fn provide() -> Memo<usize> {
    let live = use_live();
    let stored = RwSignal::new(None);
    let watch = StoredValue::new_local(None);
    Effect::new(move |_| {
        let read = move || stored.set(Some(storage::get(KEY).unwrap_or_default()));
        read();
        watch.set_value(Some(StorageWatch::new(KEY, move |_, _| read())));
    });
    provide_context(StoredMarks(stored));
    let marks = Memo::new(move |_| {
        stored.with(|text| Some(serde_json::from_str(text.as_ref()?).unwrap_or(Value::Null)))
    });
    Memo::new(move |_| {
        let Some(marks) = marks.get() else { return 0 };
        let began = live.began.get_value();
        live.name.with(|me| {
            live.feed.with(|feed| {
                let rooms = feed
                    .topics()
                    .filter_map(|topic| Some((Room::of(topic.topic())?, topic.room())));
                rooms
                    .map(|(room, conversation)| {
                        let mark = mark_of(&marks, room.name(), began);
                        conversation.unread(mark, me.as_deref())
                    })
                    .sum()
            })
        })
    })
}

/// How far a room was read, on a page that began at `began`. Messages from before the first visit
/// count as read, and marks of another log do not apply.
fn mark_of(marks: &Value, room: &str, began: EventId) -> EventId {
    let candidates = [
        marks.get("rooms").and_then(|rooms| rooms.get(room)),
        marks.get("since"),
    ]
    .into_iter()
    .flatten();
    let mut ids = candidates.filter_map(|id| id.as_str()?.parse::<EventId>().ok());
    ids.find(|id| id.epoch == began.epoch).unwrap_or(began)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_without_a_mark_is_read_up_to_the_first_visit_or_the_start_of_the_page() {
        let id = |text: &str| text.parse::<EventId>().unwrap();
        let began = id("00000007-90");
        let marks = serde_json::json!({ "since": "00000007-40", "rooms": { "a": "00000007-50", "old": "00000006-80" } });
        let mark = |room: &str| mark_of(&marks, room, began);
        assert_eq!(
            (mark("a"), mark("b"), mark("old")),
            (id("00000007-50"), id("00000007-40"), id("00000007-40"))
        );
        for invalid in [
            Value::Null,
            serde_json::json!([]),
            serde_json::json!({ "since": "00000006-3", "rooms": 7 }),
        ] {
            assert_eq!(mark_of(&invalid, "a", began), began);
        }
    }
}
