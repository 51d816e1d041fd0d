//! The outbox: what one says is on the page at once, and on its way to the room until the stream
//! brings it back.
//!
//! It belongs to the app and not to a page: a message is sent although its writer has gone on to
//! another room. The browser keeps it until the server has it, so it outlives the page. Its id
//! makes it safe to send again, whoever does.

mod kept;
mod queue;

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::Topic;

pub use queue::{Failure, Outgoing, Queue, Stage};

use crate::{
    clock::{Clock, use_clock},
    live::{Live, use_live},
    platform::{self, chat::StorageWatch},
};
use leptos_event_source::Status;
use pulseboard_feed::Feed;

/// Lines looked through for one's own when it may have come: more are not said while a message is
/// on its way.
const LOOKED_THROUGH: usize = 200;

/// The messages on their way; in the context.
#[derive(Clone, Copy)]
pub struct Outbox {
    queue: RwSignal<Queue>,
    live: Live,
    clock: Clock,
}

impl Outbox {
    /// Puts an empty one into the context.
    pub fn provide() {
        let outbox = Self {
            queue: RwSignal::new(Queue::default()),
            live: use_live(),
            clock: use_clock(),
        };
        // What the stream has brought is on its way no longer. The queue is the state of a
        // conversation with the server, so it is written as things happen.
        Effect::new(move |_| {
            if outbox.queue.with(|queue| queue.all().is_empty()) {
                return;
            }
            let has_arrived =
                |outgoing: &Outgoing| outbox.live.feed.with(|feed| has_arrived(feed, outgoing));
            if outbox
                .queue
                .with_untracked(|queue| queue.all().iter().any(has_arrived))
            {
                let mut rooms = Vec::new();
                outbox.queue.update(|queue| {
                    queue
                        .all()
                        .iter()
                        .filter(|outgoing| has_arrived(outgoing))
                        .for_each(|outgoing| forget(&outgoing.key));
                    rooms = queue.settle(has_arrived);
                });
                outbox.send_all(rooms);
            }
        });
        // Where there is a stream again, there is a server.
        Effect::new(move |before: Option<bool>| {
            let is_open = outbox.live.stream.status.get() == Status::Open;
            if is_open
                && before == Some(false)
                && outbox.queue.with_untracked(|queue| !queue.all().is_empty())
            {
                let mut rooms = Vec::new();
                outbox.queue.update(|queue| rooms = queue.retry_passing());
                outbox.send_all(rooms);
            }
            is_open
        });
        // After hydration: the server does not know what this browser keeps.
        let watch = StoredValue::new_local(None);
        Effect::new(move |_| {
            let now = outbox.clock.now_untracked();
            let entries = platform::chat::load_all(kept::PREFIX);
            let left: Vec<_> = entries
                .iter()
                .filter_map(|(name, entry)| kept::read(name, entry, now))
                .collect();
            if !left.is_empty() {
                let mut rooms = Vec::new();
                outbox.queue.update(|queue| rooms = queue.restore(left));
                outbox.send_all(rooms);
            }
            watch.set_value(Some(StorageWatch::new(move || {
                if outbox.queue.with_untracked(|queue| !queue.all().is_empty()) {
                    let is_kept = |outgoing: &Outgoing| {
                        platform::chat::load(&kept::name_of(&outgoing.key)).is_some()
                    };
                    outbox.queue.update(|queue| queue.forget_unkept(is_kept));
                }
            })));
        });
        provide_context(outbox);
    }

    /// Says something in a room, after what was said there before.
    pub fn say(self, room: &str, user: String, text: String) {
        let mut outgoing = Outgoing {
            key: platform::chat::unique(),
            room: room.to_owned(),
            user,
            text,
            time: self.clock.now_untracked(),
            stage: Stage::Waiting,
            is_kept: false,
        };
        outgoing.is_kept = keep(&outgoing);
        self.queue.update(|queue| queue.push(outgoing));
        self.send(room.to_owned());
    }

    /// Tries a message again that could not be sent.
    pub fn retry(self, key: &str) {
        let mut room = None;
        self.queue.update(|queue| room = queue.retry(key));
        self.send_all(room);
    }

    /// Gives a message up.
    pub fn discard(self, key: &str) {
        let mut room = None;
        forget(key);
        self.queue.update(|queue| room = queue.discard(key));
        self.send_all(room);
    }

    /// What is on its way to a room and not among its lines. Follows the queue, and the feed only
    /// while something is.
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

    /// Sends what waits for a room, one after another, unless that is under way.
    fn send(self, room: String) {
        spawn_local(async move {
            loop {
                let mut next = None;
                self.queue.try_update(|queue| next = queue.next(&room));
                let Some(outgoing) = next else { return };
                let answer = platform::chat::say(&outgoing).await;
                self.queue.try_update(|queue| {
                    queue.answered(&outgoing.key, answer);
                    queue
                        .all()
                        .iter()
                        .filter(|other| other.key == outgoing.key)
                        .for_each(|answered| {
                            keep(answered);
                        });
                });
            }
        });
    }
}

/// Keeps a message until the server has it; tells whether the browser does.
fn keep(outgoing: &Outgoing) -> bool {
    platform::chat::save(
        &kept::name_of(&outgoing.key),
        kept::written(outgoing).as_deref(),
    )
}

fn forget(key: &str) {
    platform::chat::save(&kept::name_of(key), None);
}

/// Whether the feed has what was sent: by its id among the newest lines of the room, or because it
/// is past its position.
fn has_arrived(feed: &Feed, outgoing: &Outgoing) -> bool {
    if let Stage::Sent(id) = outgoing.stage {
        let position = feed.position();
        return id.is_none_or(|id| id.epoch != position.epoch || id.seq <= position.seq);
    }
    let topic = Topic::new(&format!("chat/{}", outgoing.room)).ok();
    let room = topic
        .and_then(|topic| feed.topic(&topic))
        .map(pulseboard_feed::TopicFeed::room);
    room.is_some_and(|room| {
        room.lines()
            .rev()
            .take(LOOKED_THROUGH)
            .any(|line| outgoing.is(&line.event))
    })
}

/// The page's outbox.
pub fn use_outbox() -> Outbox {
    expect_context()
}
