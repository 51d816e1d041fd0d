//! Where the new messages of a room begin, and up to where the reader has read it.

use leptos::prelude::*;
use pulseboard_contract::{EventId, Topic};

use super::read::ReadMarks;
use crate::{
    live::{Live, use_live},
    platform::visibility::AttentionWatch,
};

/// Marks a room read while the reader sees its end. `new_since` becomes the place where the reader
/// stopped: messages after it are new, until the reader has read them and leaves again.
pub(super) fn follow_reader(
    topic: Topic,
    room: String,
    is_at_end: RwSignal<bool>,
    new_since: RwSignal<Option<EventId>>,
) {
    let live = use_live();
    let marks = expect_context::<ReadMarks>();
    let is_attentive = RwSignal::new(false);
    let watch = StoredValue::new_local(None);
    Effect::new(move |_| {
        watch.set_value(Some(AttentionWatch::new(move |is_attending| {
            is_attentive.try_set(is_attending);
        })));
    });
    let newest_topic = topic.clone();
    let newest = Memo::new(move |_| {
        live.feed.with(|feed| {
            feed.topic(&newest_topic)
                .and_then(|topic| topic.room().lines().next_back()?.event.event_id)
        })
    });
    Effect::new(move |before: Option<Option<Reader>>| {
        if !marks.is_known() {
            return None;
        }
        let now = Reader {
            is_attentive: is_attentive.get(),
            is_at_end: is_at_end.get(),
        };
        let new_count = || {
            new_since
                .get_untracked()
                .map_or(0, |id| unread_since(live, &topic, id))
        };
        let has_left = before
            .flatten()
            .is_none_or(|before| before.has_left(now, || new_count() == 0));
        if has_left {
            new_since.set(marks.mark(&room));
        }
        if now.is_attentive && now.is_at_end {
            // The reader missed nothing, so messages that arrive while they look are not new.
            if new_since.get_untracked().is_some() && new_count() == 0 {
                new_since.set(None);
            }
            if let Some(newest) = newest.get() {
                marks.read(&room, newest);
            }
        }
        Some(now)
    });
}

/// What the reader does.
#[derive(Clone, Copy)]
struct Reader {
    /// Whether the page is visible and has the focus.
    is_attentive: bool,
    /// Whether the end of the conversation is in view.
    is_at_end: bool,
}

impl Reader {
    /// Whether the reader stopped to read the end: they looked away from it, or scrolled up when
    /// nothing was new.
    fn has_left(self, now: Self, nothing_is_new: impl Fn() -> bool) -> bool {
        let looked_away = self.is_attentive && !now.is_attentive;
        self.is_at_end && (looked_away || (!now.is_at_end && nothing_is_new()))
    }
}

/// How many messages others wrote in a room after an event.
fn unread_since(live: Live, topic: &Topic, id: EventId) -> usize {
    let me = live.name.get_untracked();
    live.feed.with_untracked(|feed| {
        feed.topic(topic)
            .map_or(0, |topic| topic.room().unread(id, me.as_deref()))
    })
}
