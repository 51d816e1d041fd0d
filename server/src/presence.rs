//! Presence: who is in which room, and how many are watching.
//!
//! A stream opened for a room counts there until its [`Guard`] is dropped, and for a grace period
//! after: a reload or a lost connection is not a farewell. Changes are told by one task, in order,
//! each with the state as it is when it is told; so the last event anybody receives is always
//! right. What nobody is in costs nothing.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pulseboard_contract::{
    Attributes, Event, EventType, Json, Notification, Payload, Severity, Timestamp, Topic, TypeName,
};
use pulseboard_hub::{NewEvent, PublishError};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    SqliteHub,
    names::{Room, room_of},
};

const SOURCE: &str = "/presence";
/// The count of all streams is told at most so often; with many clients it changes all the time.
const BOARD_EVERY: Duration = Duration::from_secs(1);
/// After telling something: those who arrive together, as after a restart, are told of together.
const PAUSE: Duration = Duration::from_millis(50);

/// Who is where. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct Presence(Arc<Shared>);

struct Shared {
    hub: SqliteHub,
    grace: Duration,
    board: Topic,
    people: Mutex<People>,
    /// Counts the events made for one reader alone, so that each has an id of its own.
    made: AtomicU64,
    wake: Arc<Notify>,
}

/// What a stream does to presence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrival {
    /// The rooms it watches: one stream may serve several windows of a browser.
    pub(crate) rooms: Vec<Room>,
    /// As whom.
    pub(crate) user: Option<String>,
    /// Whether it counts as a stream of the board.
    pub(crate) is_on_board: bool,
}

/// Keeps a stream present. Dropping it is how it leaves.
pub(crate) struct Guard {
    presence: Presence,
    arrival: Arrival,
}

#[derive(Default)]
struct People {
    rooms: HashMap<Topic, Watchers>,
    board: BoardCount,
}

/// A room somebody is in, or has just left.
#[derive(Default)]
struct Watchers {
    /// Open streams by name, those on their way out included; `None` counts the nameless.
    streams: BTreeMap<Option<String>, usize>,
    /// Streams that have ended, and when that counts. All have the same grace, so the first is
    /// always due first.
    leaving: VecDeque<(Instant, Option<String>)>,
    /// What is to be said of people coming and going.
    news: Vec<String>,
    has_changed: bool,
}

#[derive(Default)]
struct BoardCount {
    streams: usize,
    /// Since it was last told. Not a comparison with what was told: whoever arrives is greeted with
    /// the count of that very moment, so a count that has gone up and down again must be told all
    /// the same.
    has_changed: bool,
    next: Option<Instant>,
}

impl Presence {
    /// Starts telling a hub. Must be called within a tokio runtime.
    pub(crate) fn start(hub: SqliteHub, grace: Duration) -> Self {
        let wake = Arc::new(Notify::new());
        let board = Topic::new("board").unwrap_or_else(|_| unreachable!("a valid topic"));
        let shared = Arc::new(Shared {
            hub,
            grace,
            board,
            people: Mutex::default(),
            made: AtomicU64::new(0),
            wake: wake.clone(),
        });
        tokio::spawn(tell(Arc::downgrade(&shared), wake));
        Self(shared)
    }

    /// Counts a stream in, and opens it with `open`, which is given the presence events of this
    /// moment.
    ///
    /// Both happen under one lock, and changes are told after it, so a change is either in what
    /// `open` is given or comes on the stream it opens.
    pub(crate) fn enter<T>(
        &self,
        arrival: Arrival,
        open: impl FnOnce(Vec<Event>) -> T,
    ) -> (T, Guard) {
        let opened = {
            let mut people = self.0.people();
            people.arrive(&arrival);
            open(self.events(&people))
        };
        self.0.wake.notify_one();
        (
            opened,
            Guard {
                presence: self.clone(),
                arrival,
            },
        )
    }

    /// The presence events of this moment: of each room with somebody in it, and of the board.
    pub(crate) fn now(&self) -> Vec<Event> {
        self.events(&self.0.people())
    }

    fn events(&self, people: &People) -> Vec<Event> {
        let now = self.0.hub.now();
        let board = (&self.0.board, people.board.presence());
        let rooms = people
            .rooms
            .iter()
            .map(|(topic, room)| (topic, room.presence()));
        let event = |(topic, presence): (&Topic, pulseboard_contract::Presence)| Event {
            event_id: None,
            id: format!("presence-{}", self.0.made.fetch_add(1, Ordering::Relaxed)),
            source: SOURCE.to_owned(),
            event_type: EventType::Presence.into(),
            topic: topic.clone(),
            time: now,
            expires: None,
            attributes: Attributes::default(),
            data: Payload::Presence(presence).json(),
        };
        std::iter::once(board).chain(rooms).map(event).collect()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let shared = &self.presence.0;
        shared
            .people()
            .leave(&self.arrival, Instant::now() + shared.grace);
        shared.wake.notify_one();
    }
}

impl Shared {
    // A panic while this was held would leave a count at most one off; going on is right.
    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The task sees that there is nobody left to tell about.
        self.wake.notify_one();
    }
}

/// Tells changes until the hub closes or the last [`Presence`] is gone.
async fn tell(presence: Weak<Shared>, wake: Arc<Notify>) {
    loop {
        let Some(shared) = presence.upgrade() else {
            return;
        };
        let news = {
            let (now, time) = (Instant::now(), shared.hub.now());
            shared.people().take_news(now, time, &shared.board)
        };
        let hub = shared.hub.clone();
        // Not held while waiting, or it would never be seen that nobody else holds it.
        drop(shared);
        if !news.events.is_empty() {
            if !publish(&hub, news.events).await {
                return;
            }
            // Whoever wakes the task meanwhile is not forgotten: the notification waits.
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

/// Publishes what is to be told; tells whether the hub is still open. A log that takes nothing for
/// now must not keep streams from the state of the rooms, which is not stored: only the words about
/// who came and went are given up then.
async fn publish(hub: &SqliteHub, events: Vec<NewEvent>) -> bool {
    let is_ephemeral = |event: &NewEvent| {
        event
            .event_type
            .known()
            .is_some_and(EventType::is_ephemeral)
    };
    let state: Vec<_> = events
        .iter()
        .filter(|event| is_ephemeral(event))
        .cloned()
        .collect();
    match hub.publish(events).await {
        Ok(_) => true,
        Err(PublishError::Log(error)) => {
            tracing::warn!(%error, "who came and went was not told");
            !matches!(hub.publish(state).await, Err(PublishError::Closed))
        }
        Err(PublishError::Closed) => false,
    }
}

/// What is to be told now, and when to look again.
struct News {
    events: Vec<NewEvent>,
    next: Option<Instant>,
}

impl People {
    fn arrive(&mut self, arrival: &Arrival) {
        self.board.streams += usize::from(arrival.is_on_board);
        self.board.has_changed |= arrival.is_on_board;
        for room in &arrival.rooms {
            self.rooms
                .entry(room.topic().clone())
                .or_default()
                .arrive(room.name(), arrival.user.as_deref());
        }
    }

    fn leave(&mut self, arrival: &Arrival, at: Instant) {
        self.board.streams -= usize::from(arrival.is_on_board);
        self.board.has_changed |= arrival.is_on_board;
        for room in &arrival.rooms {
            if let Some(room) = self.rooms.get_mut(room.topic()) {
                room.leaving.push_back((at, arrival.user.clone()));
            }
        }
    }

    fn take_news(&mut self, now: Instant, time: Timestamp, board: &Topic) -> News {
        let mut news = News {
            events: Vec::new(),
            next: None,
        };
        for (topic, room) in &mut self.rooms {
            room.let_go(room_of(topic), now);
            let said = room.news.drain(..).map(|message| {
                Payload::Notification(Notification {
                    severity: Severity::Info,
                    message,
                })
            });
            news.events
                .extend(said.map(|payload| event(topic, time, &payload)));
            if std::mem::take(&mut room.has_changed) {
                news.events
                    .push(event(topic, time, &Payload::Presence(room.presence())));
            }
            news.wait_until(room.leaving.front().map(|(at, _)| *at));
        }
        self.rooms.retain(|_, room| !room.streams.is_empty());

        if self.board.has_changed {
            if self.board.next.is_none_or(|next| next <= now) {
                self.board.has_changed = false;
                self.board.next = Some(now + BOARD_EVERY);
                news.events.push(event(
                    board,
                    time,
                    &Payload::Presence(self.board.presence()),
                ));
            } else {
                news.wait_until(self.board.next);
            }
        }
        news
    }
}

impl News {
    fn wait_until(&mut self, at: Option<Instant>) {
        self.next = self.next.into_iter().chain(at).min();
    }
}

impl Watchers {
    fn arrive(&mut self, name: &str, user: Option<&str>) {
        // Somebody who comes back within the grace never left.
        if let Some(at) = self
            .leaving
            .iter()
            .position(|(_, leaving)| leaving.as_deref() == user)
        {
            self.leaving.remove(at);
            return;
        }
        let streams = self.streams.entry(user.map(str::to_owned)).or_default();
        *streams += 1;
        if let Some(user) = user
            && *streams == 1
        {
            self.news.push(format!("{user} joined {name}"));
        }
        self.has_changed = true;
    }

    /// Counts out those whose grace is over.
    fn let_go(&mut self, name: &str, now: Instant) {
        while self.leaving.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, user)) = self.leaving.pop_front() else {
                return;
            };
            let Some(streams) = self.streams.get_mut(&user) else {
                continue;
            };
            *streams -= 1;
            if *streams == 0 {
                self.streams.remove(&user);
                if let Some(user) = user {
                    self.news.push(format!("{user} left {name}"));
                }
            }
            self.has_changed = true;
        }
    }

    fn presence(&self) -> pulseboard_contract::Presence {
        pulseboard_contract::Presence {
            users: self.streams.keys().flatten().cloned().collect(),
            watching: self.streams.values().sum(),
        }
    }
}

impl BoardCount {
    fn presence(&self) -> pulseboard_contract::Presence {
        pulseboard_contract::Presence {
            users: Vec::new(),
            watching: self.streams,
        }
    }
}

fn event(topic: &Topic, time: Timestamp, payload: &Payload) -> NewEvent {
    let (event_type, data): (TypeName, Json) = (payload.event_type(), payload.json());
    NewEvent {
        id: None,
        source: SOURCE.to_owned(),
        event_type,
        topic: topic.clone(),
        time,
        expires: None,
        attributes: Attributes::default(),
        data,
    }
}
