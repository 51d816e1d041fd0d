//! How much has been said in the rooms that was not read: what stands in the title of every page.
//!
//! The chat keeps what was read of each room (`pages/chat/read.rs`). Here it is only looked at,
//! because every page loads this.

use leptos::prelude::*;
use pulseboard_contract::EventId;
use serde_json::Value;

use crate::{
    live::use_live,
    platform::chat::{self as browser, StorageWatch},
};

/// Where the chat keeps it: `{"since": id, "rooms": {"general": id}}`.
pub const KEPT: &str = "pulseboard.rooms";

/// What was read, as it is kept; in the context. None until the browser has told: the first render
/// is the server's.
#[derive(Clone, Copy)]
pub struct Kept(RwSignal<Option<String>>);

impl Kept {
    /// Somebody has read something.
    pub fn set(self, kept: String) {
        self.0.set(Some(kept));
    }
}

/// Puts what was read into the context, and answers how much was not, in all rooms.
pub fn provide() -> Memo<usize> {
    let live = use_live();
    let kept = RwSignal::new(None);
    let watch = StoredValue::new_local(None);
    Effect::new(move |_| {
        let look = move || kept.set(Some(browser::load(KEPT).unwrap_or_default()));
        look();
        watch.set_value(Some(StorageWatch::new(look)));
    });
    provide_context(Kept(kept));
    let marks = Memo::new(move |_| {
        kept.with(|kept| Some(serde_json::from_str(kept.as_ref()?).unwrap_or(Value::Null)))
    });
    Memo::new(move |_| {
        let Some(marks) = marks.get() else { return 0 };
        let began = live.began.get_value();
        live.name.with(|me| {
            live.feed.with(|feed| {
                let rooms = feed
                    .topics()
                    .filter_map(|topic| Some((topic.topic().leaf_under("chat")?, topic.room())));
                rooms
                    .map(|(name, room)| room.unread(read_of(&marks, name, began), me.as_deref()))
                    .sum()
            })
        })
    })
}

/// How far a room was read, by a page that began here: what was said before anybody looked is no
/// news, and what was read of another log says nothing of this one.
fn read_of(marks: &Value, room: &str, began: EventId) -> EventId {
    let read = [
        marks.get("rooms").and_then(|rooms| rooms.get(room)),
        marks.get("since"),
    ]
    .into_iter()
    .flatten();
    let mut ids = read.filter_map(|id| id.as_str()?.parse::<EventId>().ok());
    ids.find(|id| id.epoch == began.epoch).unwrap_or(began)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_read_as_far_as_is_kept_of_it_or_of_all_or_up_to_where_the_page_began() {
        let id = |text: &str| text.parse::<EventId>().unwrap();
        let began = id("00000007-90");
        let marks = serde_json::json!({ "since": "00000007-40", "rooms": { "a": "00000007-50", "old": "00000006-80" } });
        let read = |room: &str| read_of(&marks, room, began);
        assert_eq!(
            (read("a"), read("b"), read("old")),
            (id("00000007-50"), id("00000007-40"), id("00000007-40"))
        );
        for nothing in [
            Value::Null,
            serde_json::json!([]),
            serde_json::json!({ "since": "00000006-3", "rooms": 7 }),
        ] {
            assert_eq!(read_of(&nothing, "a", began), began);
        }
    }
}
