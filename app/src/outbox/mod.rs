//! The outbox: chat messages on their way to the server. A message is on the page at once, and stays
//! in the outbox until the stream brings it back.
//!
//! It belongs to the app and not to a page, so a message is sent even if its author goes on to
//! another room. The browser stores the message until the server has it, so it outlives the page.
//! Its id makes it safe to send again, by whichever page.

mod queue;
mod stored;

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::{EventId, Room, push_percent_encoded};

pub use queue::{Failure, Outgoing, Queue, Stage};

use crate::{
    clock::{Clock, use_clock},
    live::{Live, use_live},
    platform::{
        http::publish,
        random::unique_id,
        storage::{self, StorageWatch},
    },
};
use leptos_event_source::Status;
use pulseboard_feed::Feed;

/// How many of the newest lines are searched for an outgoing message. A room gets fewer lines while
/// one message is on its way.
const SEARCHED_LINES: usize = 200;
/// A response that takes longer counts as none, and the author can send the message again.
const RESPONSE_MILLIS: u32 = 20_000;

/// The messages on their way; in the context.
#[derive(Clone, Copy)]
pub struct Outbox {
    queue: RwSignal<Queue>,
    live: Live,
    clock: Clock,
}

impl Outbox {
    /// Puts an empty outbox into the context.
    pub fn provide() {
        let outbox = Self {
            queue: RwSignal::new(Queue::default()),
            live: use_live(),
            clock: use_clock(),
        };
        outbox.settle_arrived();
        outbox.retry_when_open();
        outbox.restore_stored();
        provide_context(outbox);
    }

    /// Removes messages once the stream has brought them. The queue is the state of an exchange with
    /// the server, so this effect changes it instead of deriving it.
    fn settle_arrived(self) {
        Effect::new(move |_| {
            if self.queue.with(|queue| queue.all().is_empty()) {
                return;
            }
            let has_arrived =
                |outgoing: &Outgoing| self.live.feed.with(|feed| has_arrived(feed, outgoing));
            if self
                .queue
                .with_untracked(|queue| queue.all().iter().any(has_arrived))
            {
                let mut rooms = Vec::new();
                self.queue.update(|queue| {
                    queue
                        .all()
                        .iter()
                        .filter(|outgoing| has_arrived(outgoing))
                        .for_each(|outgoing| storage::remove(&stored::storage_key(&outgoing.id)));
                    rooms = queue.settle(has_arrived);
                });
                self.send_all(rooms);
            }
        });
    }

    /// Sends temporary failures again once the stream is open: then the server is back.
    fn retry_when_open(self) {
        Effect::new(move |before: Option<bool>| {
            let is_open = self.live.stream.status.get() == Status::Open;
            if is_open
                && before == Some(false)
                && self.queue.with_untracked(|queue| !queue.all().is_empty())
            {
                let mut rooms = Vec::new();
                self.queue.update(|queue| rooms = queue.retry_temporary());
                self.send_all(rooms);
            }
            is_open
        });
    }

    /// Takes in the messages that earlier pages left, and drops those that another tab sends or
    /// discards. It runs after hydration, because the server does not know this browser's storage.
    fn restore_stored(self) {
        let watch = StoredValue::new_local(None);
        Effect::new(move |_| {
            let now = self.clock.now_untracked();
            let entries = storage::entries(stored::PREFIX);
            let left: Vec<_> = entries
                .iter()
                .filter_map(|(key, entry)| stored::from_entry(key, entry, now))
                .collect();
            if !left.is_empty() {
                let mut rooms = Vec::new();
                self.queue.update(|queue| rooms = queue.restore(left));
                self.send_all(rooms);
            }
            watch.set_value(Some(StorageWatch::new(stored::PREFIX, move |_, _| {
                if self.queue.with_untracked(|queue| !queue.all().is_empty()) {
                    let is_stored = |outgoing: &Outgoing| {
                        storage::get(&stored::storage_key(&outgoing.id)).is_some()
                    };
                    self.queue.update(|queue| queue.forget_removed(is_stored));
                }
            })));
        });
    }

    /// Sends a message to a room, after the messages written there before.
    pub fn say(self, room: &str, user: String, text: String) {
        let mut outgoing = Outgoing {
            id: unique_id(),
            room: room.to_owned(),
            user,
            text,
            time: self.clock.now_untracked(),
            stage: Stage::Waiting,
            is_stored: false,
        };
        outgoing.is_stored = store(&outgoing);
        self.queue.update(|queue| queue.push(outgoing));
        self.send(room.to_owned());
    }

    /// Sends a failed message again.
    pub fn retry(self, id: &str) {
        let mut room = None;
        self.queue.update(|queue| room = queue.retry(id));
        self.send_all(room);
    }

    /// Gives a message up.
    pub fn discard(self, id: &str) {
        let mut room = None;
        storage::remove(&stored::storage_key(id));
        self.queue.update(|queue| room = queue.discard(id));
        self.send_all(room);
    }

    /// The messages on their way to a room that are not among its lines yet. It follows the queue,
    /// and the feed only while there are such messages.
    pub fn unsent(self, room: &str) -> Vec<Outgoing> {
        let unsent: Vec<_> = self.queue.with(|queue| queue.of(room).cloned().collect());
        if unsent.is_empty() {
            return unsent;
        }
        self.live.feed.with(|feed| {
            unsent
                .into_iter()
                .filter(|outgoing| !has_arrived(feed, outgoing))
                .collect()
        })
    }

    fn send_all(self, rooms: impl IntoIterator<Item = String>) {
        rooms.into_iter().for_each(|room| self.send(room));
    }

    /// Sends the waiting messages of a room one after another. If that is under way already, the
    /// queue gives it nothing to do.
    fn send(self, room: String) {
        spawn_local(async move {
            loop {
                let mut next = None;
                self.queue.try_update(|queue| next = queue.next(&room));
                let Some(outgoing) = next else { return };
                let outcome = post(&outgoing).await;
                self.queue.try_update(|queue| {
                    queue.finish(&outgoing.id, outcome);
                    queue
                        .all()
                        .iter()
                        .filter(|other| other.id == outgoing.id)
                        .for_each(|finished| {
                            store(finished);
                        });
                });
            }
        });
    }
}

/// Publishes a message under its id, so that publishing it twice stores it once.
async fn post(outgoing: &Outgoing) -> Result<Option<EventId>, Failure> {
    let mut url = "/topics/chat/".to_owned();
    push_percent_encoded(&mut url, &outgoing.room);
    let body = serde_json::json!({ "user": outgoing.user, "text": outgoing.text }).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("ce-type", "chat"),
        ("ce-source", Outgoing::SOURCE),
        ("ce-id", outgoing.id.as_str()),
    ];
    let published = publish(&url, &headers, body, Some(RESPONSE_MILLIS)).await;
    published
        .map(|published| published.id)
        .map_err(|error| Failure {
            reason: error.to_string(),
            is_temporary: error.is_temporary(),
        })
}

/// Stores a message until the server has it, and returns whether the browser keeps it.
fn store(outgoing: &Outgoing) -> bool {
    let key = stored::storage_key(&outgoing.id);
    if let Some(entry) = stored::to_entry(outgoing) {
        storage::set(&key, &entry)
    } else {
        storage::remove(&key);
        true
    }
}

/// Whether the feed has a message: by its id among the newest lines of the room, or because the
/// feed has passed its position.
fn has_arrived(feed: &Feed, outgoing: &Outgoing) -> bool {
    if let Stage::Sent(id) = outgoing.stage {
        let position = feed.position();
        return id.is_none_or(|id| id.epoch != position.epoch || id.seq <= position.seq);
    }
    let room = Room::new(&outgoing.room).ok();
    let room = room
        .and_then(|room| feed.topic(room.topic()))
        .map(pulseboard_feed::TopicFeed::room);
    room.is_some_and(|room| {
        room.lines()
            .rev()
            .take(SEARCHED_LINES)
            .any(|line| outgoing.is(&line.event))
    })
}

/// The page's outbox.
pub fn use_outbox() -> Outbox {
    expect_context()
}
