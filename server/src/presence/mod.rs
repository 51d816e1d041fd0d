//! Presence: who is in which room, and how many streams are open.
//!
//! A stream that names a room is present there until its [`PresenceGuard`] is dropped and a grace
//! period has passed: a reload or a lost connection is not a departure. One task publishes all
//! changes, in order, and each event carries the state of the moment when it is published. So the
//! last event that a client receives is always correct. An empty room takes no memory.

mod people;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pulseboard_contract::{
    Attributes, Event, EventType, Payload, Timestamp, Topic, reserved::PRESENCE_SOURCE,
};
use pulseboard_hub::{Filter, NewEvent, PublishError};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

pub(crate) use self::people::Arrival;
use self::people::People;
use crate::sqlite_hub::SqliteHub;

/// The pause after a publish. Changes that happen together, as after a restart, are then published
/// together.
const PAUSE: Duration = Duration::from_millis(50);

/// Who is present where. Cheap to clone; all clones share the state.
#[derive(Clone)]
pub struct Presence(Arc<Inner>);

struct Inner {
    hub: SqliteHub,
    grace: Duration,
    people: Mutex<People>,
    /// Counts the events that only one reader gets, so that each has an id of its own.
    greetings: AtomicU64,
    wake: Arc<Notify>,
}

/// Keeps a stream present until it is dropped.
pub(crate) struct PresenceGuard {
    presence: Presence,
    arrival: Arrival,
}

impl Presence {
    /// Starts the task that publishes changes. Must be called within a tokio runtime.
    pub(crate) fn start(hub: SqliteHub, grace: Duration) -> Self {
        let wake = Arc::new(Notify::new());
        let inner = Arc::new(Inner {
            hub,
            grace,
            people: Mutex::new(People::new()),
            greetings: AtomicU64::new(0),
            wake: wake.clone(),
        });
        tokio::spawn(publish_changes(Arc::downgrade(&inner), wake));
        Self(inner)
    }

    /// Counts a stream in. Returns the presence events of this moment that its filter selects, and
    /// the guard that keeps the stream present.
    ///
    /// The stream must be subscribed to the hub before: every change after this moment is published
    /// later, so the stream receives it.
    pub(crate) fn enter(&self, arrival: Arrival, filter: &Filter) -> (Vec<Event>, PresenceGuard) {
        let selected = {
            let mut people = self.0.people();
            people.arrive(&arrival);
            people.selected(filter)
        };
        self.0.wake.notify_one();
        let guard = PresenceGuard {
            presence: self.clone(),
            arrival,
        };
        (self.events(selected), guard)
    }

    /// The presence events of this moment: of the board, and of each room with somebody in it.
    pub(crate) fn now(&self) -> Vec<Event> {
        let all = self.0.people().selected(&Filter::all());
        self.events(all)
    }

    fn events(&self, selected: Vec<(Topic, pulseboard_contract::Presence)>) -> Vec<Event> {
        let time = self.0.hub.now();
        selected
            .into_iter()
            .map(|(topic, presence)| Event {
                event_id: None,
                id: format!(
                    "presence-{}",
                    self.0.greetings.fetch_add(1, Ordering::Relaxed)
                ),
                source: PRESENCE_SOURCE.to_owned(),
                event_type: EventType::Presence.into(),
                topic,
                time,
                expires: None,
                attributes: Attributes::default(),
                data: Payload::Presence(presence).json(),
            })
            .collect()
    }
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        let inner = &self.presence.0;
        inner
            .people()
            .leave(&self.arrival, Instant::now() + inner.grace);
        inner.wake.notify_one();
    }
}

impl Inner {
    // A panic while the lock was held leaves a number wrong by one at most.
    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Wakes the task, which then ends.
        self.wake.notify_one();
    }
}

/// Publishes changes until the hub closes or the last [`Presence`] is dropped.
async fn publish_changes(presence: Weak<Inner>, wake: Arc<Notify>) {
    loop {
        let Some(inner) = presence.upgrade() else {
            return;
        };
        let news = inner.people().take_news(Instant::now());
        let hub = inner.hub.clone();
        // Not held while waiting, so that the last `Presence` can be dropped.
        drop(inner);
        if !news.events.is_empty() {
            let time = hub.now();
            let events = news
                .events
                .iter()
                .map(|(topic, payload)| new_event(topic, time, payload))
                .collect();
            if !publish(&hub, events).await {
                return;
            }
            // A wake-up during the pause is not lost: `Notify` stores it.
            sleep(PAUSE).await;
        }
        match news.next {
            Some(next) => tokio::select! {
                () = wake.notified() => {}
                () = sleep_until(next) => {}
            },
            None => wake.notified().await,
        }
    }
}

/// Publishes the events; returns whether the hub is still open. If the log rejects the messages
/// about who joined and left, only the presence itself is published, which is not stored.
async fn publish(hub: &SqliteHub, events: Vec<NewEvent>) -> bool {
    let is_ephemeral = |event: &NewEvent| {
        event
            .event_type
            .known()
            .is_some_and(EventType::is_ephemeral)
    };
    let ephemeral: Vec<_> = events
        .iter()
        .filter(|event| is_ephemeral(event))
        .cloned()
        .collect();
    match hub.publish(events).await {
        Ok(_) => true,
        Err(PublishError::Log(error)) => {
            tracing::warn!(%error, "messages about who joined and left could not be published");
            !matches!(hub.publish(ephemeral).await, Err(PublishError::Closed))
        }
        Err(PublishError::Closed) => false,
    }
}

fn new_event(topic: &Topic, time: Timestamp, payload: &Payload) -> NewEvent {
    NewEvent {
        id: None,
        source: PRESENCE_SOURCE.to_owned(),
        event_type: payload.event_type(),
        topic: topic.clone(),
        time,
        expires: None,
        attributes: Attributes::default(),
        data: payload.json(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use pulseboard_contract::{Epoch, Framing, Room};
    use pulseboard_hub::{Hub, Options, Retention, SqliteLog, Start, Subscription};
    use tokio::time::timeout;

    use super::*;

    /// Far more than any wait takes, even on a busy machine.
    const HANG: Duration = Duration::from_mins(2);

    fn hub() -> SqliteHub {
        let log = SqliteLog::in_memory(Epoch::new(7), Retention::default()).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        Hub::start(log, Options::new(move || now)).unwrap()
    }

    fn in_room(name: &str) -> Arrival {
        Arrival {
            rooms: vec![Room::new(name).unwrap()],
            ..Arrival::default()
        }
    }

    #[tokio::test]
    async fn a_stream_is_greeted_with_its_own_arrival_and_hears_the_changes_after_it() {
        let hub = hub();
        let presence = Presence::start(hub.clone(), Duration::ZERO);
        let mut subscriber =
            hub.subscribe(Subscription::new(Filter::all(), Framing::Named, Start::Now));
        let (greeting, guard) = presence.enter(in_room("ops"), &Filter::all());
        let greeted: Vec<_> = greeting
            .iter()
            .map(|event| format!("{}: {}", event.topic, event.data))
            .collect();
        assert_eq!(
            greeted,
            [
                r#"board: {"users":[],"watching":0}"#,
                r#"chat/ops: {"users":[],"watching":1}"#
            ]
        );
        drop(guard);
        let change = async {
            loop {
                let bytes = subscriber.next().await.unwrap();
                if String::from_utf8_lossy(&bytes).contains(r#""watching":0"#) {
                    break;
                }
            }
        };
        timeout(HANG, change).await.expect("the departure is told");
    }

    #[tokio::test]
    async fn each_greeting_has_ids_of_its_own() {
        let presence = Presence::start(hub(), Duration::ZERO);
        let (first, _guard) = presence.enter(in_room("ops"), &Filter::all());
        let (second, _guard) = presence.enter(in_room("ops"), &Filter::all());
        let mut ids: Vec<_> = first.iter().chain(&second).map(|event| &event.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), first.len() + second.len());
    }
}
