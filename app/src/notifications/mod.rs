//! Notifications and the reader: what is unread, what is shown over the page, and what the desktop
//! is told.
//!
//! What was read is a position in the log. It is kept in the browser's storage, which tells the
//! other tabs when it changes, so all of them count the same, also after a reload.

mod desktop;
mod mark;
mod stack;

use leptos::prelude::*;
use pulseboard_contract::{EventId, Severity};

use crate::{
    clock::{Clock, use_clock},
    live::{Live, use_live},
    platform::attention::{self, Permission, StorageWatch},
};
use pulseboard_feed::{Feed, Notice};

pub use desktop::{href, tell};
pub use mark::is_for_bell;
pub use stack::{Stack, Toast};

/// Where the reading position is kept.
const READ: &str = "pulseboard.read";
/// Where it is kept from which severity on the desktop is told.
const DESKTOP: &str = "pulseboard.desktop";
/// What is kept there when it is told nothing.
const OFF: &str = "off";

/// The reader's notifications; in the context.
#[derive(Clone, Copy)]
pub struct Notifications {
    /// How many are unread.
    pub unread: Memo<usize>,
    /// What is shown over the page.
    pub stack: RwSignal<Stack>,
    /// Whether the list is open.
    pub is_open: RwSignal<bool>,
    /// From which severity on the desktop is told; none for never.
    pub desktop: RwSignal<Option<Severity>>,
    /// Whether the browser lets it.
    pub permission: RwSignal<Permission>,
    read: RwSignal<EventId>,
    live: Live,
    clock: Clock,
}

impl Notifications {
    /// Puts them into the context, after the live page and the clock.
    pub fn provide() {
        let (live, clock) = (use_live(), use_clock());
        // As on the server: until the storage is read, what came with the page counts as read.
        let read = RwSignal::new(live.began.get_value());
        let unread = Memo::new(move |_| {
            let read = read.get();
            live.feed.with(|feed| {
                for_bell(feed)
                    .filter(|notice| is_unread(notice, feed, read))
                    .count()
            })
        });
        let notices = Self {
            unread,
            stack: RwSignal::new(Stack::default()),
            is_open: RwSignal::new(false),
            desktop: RwSignal::new(None),
            permission: RwSignal::new(Permission::Undecided),
            read,
            live,
            clock,
        };
        let watch = StoredValue::new_local(None);
        Effect::new(move |_| {
            notices.permission.set(attention::permission());
            match attention::recall(READ).and_then(|text| text.parse().ok()) {
                Some(read) => notices.read.set(read),
                // The first visit: what was there is no news.
                None => attention::keep(READ, &live.began.get_value().to_string()),
            }
            notices
                .desktop
                .set(attention::recall(DESKTOP).as_deref().and_then(severity));
            watch.set_value(Some(StorageWatch::new(move |key, value| match key {
                READ => {
                    if let Ok(other) = value.parse() {
                        notices.read_until(other);
                    }
                }
                DESKTOP => {
                    notices.permission.set(attention::permission());
                    notices.desktop.set(severity(value));
                }
                _ => {}
            })));
        });
        provide_context(notices);
    }

    /// The notifications for the bell, newest first.
    pub fn list(self, most: usize) -> Vec<Notice> {
        self.live
            .feed
            .with_untracked(|feed| for_bell(feed).take(most).cloned().collect())
    }

    /// The newest notification; changes when one comes.
    pub fn newest(self) -> Memo<Option<EventId>> {
        Memo::new(move |_| {
            self.live.feed.with(|feed| {
                for_bell(feed)
                    .next()
                    .and_then(|notice| notice.event.event_id)
            })
        })
    }

    /// Whether it is unread; follows the reading.
    pub fn is_unread(self, notice: &Notice) -> bool {
        let read = self.read.get();
        self.live
            .feed
            .with_untracked(|feed| is_unread(notice, feed, read))
    }

    /// Everything that has come is read, in all tabs.
    pub fn mark_all_read(self) {
        let position = self.live.feed.with_untracked(Feed::position);
        if self.unread.get_untracked() > 0 {
            attention::keep(READ, &position.to_string());
        }
        self.read_until(position);
    }

    fn read_until(self, read: EventId) {
        let position = self.live.feed.with_untracked(Feed::position);
        self.read
            .update(|before| *before = mark::later(*before, read, position));
        if self.unread.get_untracked() == 0 {
            self.stack.update(Stack::clear);
        }
    }

    /// Chooses from which severity on the desktop is told, for all tabs.
    pub fn choose_desktop(self, from: Option<Severity>) {
        attention::keep(DESKTOP, from.map_or(OFF, Severity::name));
        self.desktop.set(from);
    }

    /// The time, for the toasts.
    pub fn now(self) -> i64 {
        self.clock.now_untracked().millis()
    }
}

/// The reader's notifications.
pub fn use_notifications() -> Notifications {
    expect_context()
}

fn for_bell(feed: &Feed) -> impl Iterator<Item = &Notice> {
    feed.notices().filter(|notice| is_for_bell(notice))
}

fn is_unread(notice: &Notice, feed: &Feed, read: EventId) -> bool {
    notice
        .event
        .event_id
        .is_some_and(|id| mark::is_unread(id, feed.position(), read))
}

fn severity(name: &str) -> Option<Severity> {
    [
        Severity::Info,
        Severity::Success,
        Severity::Warning,
        Severity::Error,
    ]
    .into_iter()
    .find(|severity| severity.name() == name)
}
