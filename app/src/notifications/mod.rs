//! The reader's notifications: which are unread, which are shown as toasts, and which the desktop
//! shows.
//!
//! The read position is an event id. The browser stores it and tells the other tabs when it changes,
//! so all tabs count the same, also after a reload.

mod desktop;
mod read_position;
mod toasts;

use leptos::prelude::*;
use pulseboard_contract::{EventId, Severity};

use crate::{
    clock::{Clock, use_clock},
    live::{Live, use_live},
    platform::{
        desktop::{Permission, permission},
        storage::{self, StorageWatch},
    },
};
use pulseboard_feed::{Feed, Notice};

pub use desktop::{href, show};
pub use read_position::is_for_bell;
pub use toasts::{Toast, ToastStack};

/// The storage key of the read position.
const READ: &str = "pulseboard.read";
/// The storage key of the lowest severity that the desktop shows.
const DESKTOP: &str = "pulseboard.desktop";
/// The value of [`DESKTOP`] when it shows nothing.
const OFF: &str = "off";

/// The reader's notifications; in the context.
#[derive(Clone, Copy)]
pub struct Notifications {
    /// How many are unread.
    pub unread: Memo<usize>,
    /// The toasts.
    pub toasts: RwSignal<ToastStack>,
    /// Whether the list of the bell is open.
    pub is_open: RwSignal<bool>,
    /// The lowest severity that the desktop shows; none for never.
    pub desktop: RwSignal<Option<Severity>>,
    /// Whether the browser allows desktop notifications.
    pub permission: RwSignal<Permission>,
    read: RwSignal<EventId>,
    live: Live,
    clock: Clock,
}

impl Notifications {
    /// Puts them into the context. The live page and the clock must be there already.
    pub fn provide() {
        let (live, clock) = (use_live(), use_clock());
        // As on the server: until the storage is read, the notifications of the page count as read.
        let read = RwSignal::new(live.began.get_value());
        let unread = Memo::new(move |_| {
            let read = read.get();
            live.feed.with(|feed| {
                for_bell(feed)
                    .filter(|notice| is_unread(notice, feed, read))
                    .count()
            })
        });
        let notifications = Self {
            unread,
            toasts: RwSignal::new(ToastStack::default()),
            is_open: RwSignal::new(false),
            desktop: RwSignal::new(None),
            permission: RwSignal::new(Permission::Undecided),
            read,
            live,
            clock,
        };
        notifications.sync_with_storage();
        provide_context(notifications);
    }

    /// Reads the stored choices, and follows the other tabs.
    fn sync_with_storage(self) {
        let watches = StoredValue::new_local(None);
        Effect::new(move |_| {
            self.permission.set(permission());
            match storage::get(READ).and_then(|text| text.parse().ok()) {
                Some(read) => self.read.set(read),
                // The first visit: notifications from before it count as read.
                None => {
                    storage::set(READ, &self.live.began.get_value().to_string());
                }
            }
            self.desktop
                .set(storage::get(DESKTOP).as_deref().and_then(severity));
            let read = StorageWatch::new(READ, move |_, value| {
                if let Some(Ok(other)) = value.map(str::parse) {
                    self.read_until(other);
                }
            });
            let desktop = StorageWatch::new(DESKTOP, move |_, value| {
                if let Some(value) = value {
                    self.permission.set(permission());
                    self.desktop.set(severity(value));
                }
            });
            watches.set_value(Some((read, desktop)));
        });
    }

    /// The notifications of the bell, newest first.
    pub fn list(self, most: usize) -> Vec<Notice> {
        self.live
            .feed
            .with_untracked(|feed| for_bell(feed).take(most).cloned().collect())
    }

    /// The id of the newest notification.
    pub fn newest(self) -> Memo<Option<EventId>> {
        Memo::new(move |_| {
            self.live.feed.with(|feed| {
                for_bell(feed)
                    .next()
                    .and_then(|notice| notice.event.event_id)
            })
        })
    }

    /// Whether a notification is unread. It follows the read position.
    pub fn is_unread(self, notice: &Notice) -> bool {
        let read = self.read.get();
        self.live
            .feed
            .with_untracked(|feed| is_unread(notice, feed, read))
    }

    /// Marks all notifications read, in all tabs.
    pub fn mark_all_read(self) {
        let position = self.live.feed.with_untracked(Feed::position);
        if self.unread.get_untracked() > 0 {
            storage::set(READ, &position.to_string());
        }
        self.read_until(position);
    }

    fn read_until(self, read: EventId) {
        let position = self.live.feed.with_untracked(Feed::position);
        self.read
            .update(|before| *before = read_position::later(*before, read, position));
        if self.unread.get_untracked() == 0 {
            self.toasts.update(ToastStack::clear);
        }
    }

    /// Sets the lowest severity that the desktop shows, for all tabs.
    pub fn choose_desktop(self, from: Option<Severity>) {
        storage::set(DESKTOP, from.map_or(OFF, Severity::name));
        self.desktop.set(from);
    }

    /// The current time in milliseconds, for the toasts.
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
        .is_some_and(|id| read_position::is_unread(id, feed.position(), read))
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
