//! Who is in which room, and what has to be told about it. This module does no I/O: the time is
//! passed in.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use pulseboard_contract::{
    EventType, Notification, Payload, Presence, Room, Severity, Topic, TypeName,
    reserved::board_topic,
};
use pulseboard_hub::Filter;
use tokio::time::Instant;

/// The number of all streams is told at most this often, because with many clients it changes all
/// the time.
const BOARD_EVERY: Duration = Duration::from_secs(1);

/// What a stream means to presence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrival {
    /// The rooms it is present in: one stream may serve several tabs of a browser.
    pub(crate) rooms: Vec<Room>,
    /// The name of the person in these rooms.
    pub(crate) user: Option<String>,
    /// Whether it counts as a viewer of the board.
    pub(crate) is_on_board: bool,
}

/// The state of presence.
pub(super) struct People {
    rooms: HashMap<Room, RoomState>,
    board: BoardState,
}

/// A room that somebody is in, or has just left.
#[derive(Default)]
struct RoomState {
    /// How many streams each person has open, including those that are leaving. `None` stands for
    /// everybody without a name.
    streams: BTreeMap<Option<String>, usize>,
    /// Streams that have closed, each with the time when it no longer counts. The grace period is
    /// the same for all, so they are in order.
    leaving: VecDeque<(Instant, Option<String>)>,
    /// Messages that were not told yet, about who joined and who left.
    messages: Vec<String>,
    has_changed: bool,
}

/// The streams that count as viewers of the board.
struct BoardState {
    topic: Topic,
    streams: usize,
    /// Whether it has changed since it was last told. The number itself is not compared: a new
    /// stream is greeted with the number of that moment, so a number that went up and down again
    /// has to be told too.
    has_changed: bool,
    /// When the number may be told again.
    next: Option<Instant>,
}

/// What has to be published now, and when to look again.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) events: Vec<(Topic, Payload)>,
    pub(super) next: Option<Instant>,
}

impl People {
    /// Nobody is present.
    pub(super) fn new() -> Self {
        Self {
            rooms: HashMap::new(),
            board: BoardState {
                topic: board_topic(),
                streams: 0,
                has_changed: false,
                next: None,
            },
        }
    }

    pub(super) fn arrive(&mut self, arrival: &Arrival) {
        self.board.streams += usize::from(arrival.is_on_board);
        self.board.has_changed |= arrival.is_on_board;
        for room in &arrival.rooms {
            self.rooms
                .entry(room.clone())
                .or_default()
                .arrive(room.name(), arrival.user.as_deref());
        }
    }

    /// A stream has closed. It counts until `at`.
    pub(super) fn leave(&mut self, arrival: &Arrival, at: Instant) {
        self.board.streams -= usize::from(arrival.is_on_board);
        self.board.has_changed |= arrival.is_on_board;
        for room in &arrival.rooms {
            if let Some(room) = self.rooms.get_mut(room) {
                room.leaving.push_back((at, arrival.user.clone()));
            }
        }
    }

    /// The presence on the board and in each room with somebody in it, as far as the filter selects
    /// it.
    pub(super) fn selected(&self, filter: &Filter) -> Vec<(Topic, Presence)> {
        let presence = TypeName::from(EventType::Presence);
        if !filter.selects_type(&presence) {
            return Vec::new();
        }
        let is_selected = |topic: &Topic| filter.selects_name(topic, &presence);
        let board = is_selected(&self.board.topic)
            .then(|| (self.board.topic.clone(), self.board.presence()));
        let rooms = self
            .rooms
            .iter()
            .filter(|(room, _)| is_selected(room.topic()))
            .map(|(room, state)| (room.topic().clone(), state.presence()));
        board.into_iter().chain(rooms).collect()
    }

    /// Takes what has to be told at this time.
    pub(super) fn take_news(&mut self, now: Instant) -> News {
        let mut news = News::default();
        for (room, state) in &mut self.rooms {
            let topic = room.topic();
            state.remove_left(room.name(), now);
            let messages = state.messages.drain(..).map(|message| {
                let notification = Notification {
                    severity: Severity::Info,
                    message,
                };
                (topic.clone(), Payload::Notification(notification))
            });
            news.events.extend(messages);
            if std::mem::take(&mut state.has_changed) {
                news.events
                    .push((topic.clone(), Payload::Presence(state.presence())));
            }
            news.look_again_at(state.leaving.front().map(|(at, _)| *at));
        }
        self.rooms.retain(|_, room| !room.streams.is_empty());
        self.board.take_news(now, &mut news);
        news
    }
}

impl News {
    fn look_again_at(&mut self, at: Option<Instant>) {
        self.next = self.next.into_iter().chain(at).min();
    }
}

impl RoomState {
    fn arrive(&mut self, name: &str, user: Option<&str>) {
        // A person who returns within the grace period has never left.
        if let Some(index) = self
            .leaving
            .iter()
            .position(|(_, leaving)| leaving.as_deref() == user)
        {
            self.leaving.remove(index);
            return;
        }
        let streams = self.streams.entry(user.map(str::to_owned)).or_default();
        *streams += 1;
        if let Some(user) = user
            && *streams == 1
        {
            self.messages.push(format!("{user} joined {name}"));
        }
        self.has_changed = true;
    }

    /// Removes the streams whose grace period has passed.
    fn remove_left(&mut self, name: &str, now: Instant) {
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
                    self.messages.push(format!("{user} left {name}"));
                }
            }
            self.has_changed = true;
        }
    }

    fn presence(&self) -> Presence {
        Presence {
            users: self.streams.keys().flatten().cloned().collect(),
            watching: self.streams.values().sum(),
        }
    }
}

impl BoardState {
    fn presence(&self) -> Presence {
        Presence {
            users: Vec::new(),
            watching: self.streams,
        }
    }

    fn take_news(&mut self, now: Instant, news: &mut News) {
        if !self.has_changed {
            return;
        }
        if self.next.is_none_or(|next| next <= now) {
            self.has_changed = false;
            self.next = Some(now + BOARD_EVERY);
            news.events
                .push((self.topic.clone(), Payload::Presence(self.presence())));
        } else {
            news.look_again_at(self.next);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use pulseboard_contract::TopicPattern;

    use super::*;

    const GRACE: Duration = Duration::from_secs(5);

    fn people() -> People {
        People::new()
    }

    fn stream(rooms: &[&str], user: Option<&str>) -> Arrival {
        Arrival {
            rooms: rooms.iter().map(|name| Room::new(name).unwrap()).collect(),
            user: user.map(str::to_owned),
            is_on_board: false,
        }
    }

    /// What is told now, each as one line.
    fn told(people: &mut People, now: Instant) -> Vec<String> {
        let news = people.take_news(now);
        news.events
            .into_iter()
            .map(|(topic, payload)| match payload {
                Payload::Notification(notification) => notification.message,
                Payload::Presence(presence) => format!(
                    "{topic}: [{}] {}",
                    presence.users.join(" "),
                    presence.watching
                ),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_person_joins_once_however_many_streams_they_open() {
        let (mut people, now) = (people(), Instant::now());
        people.arrive(&stream(&["ops"], Some("Ada")));
        people.arrive(&stream(&["ops"], Some("Ada")));
        people.arrive(&stream(&["ops"], None));
        assert_eq!(
            told(&mut people, now),
            ["Ada joined ops", "chat/ops: [Ada] 3"]
        );
        assert!(told(&mut people, now).is_empty(), "told once");
    }

    #[test]
    fn a_person_leaves_when_the_grace_of_their_last_stream_has_passed() {
        let (mut people, now) = (people(), Instant::now());
        let ada = stream(&["ops"], Some("Ada"));
        people.arrive(&ada);
        people.arrive(&ada);
        people.take_news(now);
        people.leave(&ada, now + GRACE);
        people.leave(&ada, now + 2 * GRACE);
        let news = people.take_news(now);
        assert!(news.events.is_empty());
        assert_eq!(news.next, Some(now + GRACE));
        assert_eq!(told(&mut people, now + GRACE), ["chat/ops: [Ada] 1"]);
        assert_eq!(
            told(&mut people, now + 2 * GRACE),
            ["Ada left ops", "chat/ops: [] 0"]
        );
    }

    #[test]
    fn a_person_who_returns_within_the_grace_has_not_left() {
        let (mut people, now) = (people(), Instant::now());
        let ada = stream(&["ops"], Some("Ada"));
        people.arrive(&ada);
        people.take_news(now);
        people.leave(&ada, now + GRACE);
        people.arrive(&ada);
        let news = people.take_news(now + 2 * GRACE);
        assert!(news.events.is_empty() && news.next.is_none(), "{news:?}");
    }

    #[test]
    fn an_empty_room_is_forgotten_once_that_is_told() {
        let (mut people, now) = (people(), Instant::now());
        let nobody = stream(&["ops"], None);
        people.arrive(&nobody);
        people.leave(&nobody, now);
        assert_eq!(told(&mut people, now), ["chat/ops: [] 0"]);
        assert!(people.rooms.is_empty());
    }

    #[test]
    fn the_number_of_streams_is_told_at_most_once_a_second() {
        let (mut people, now) = (people(), Instant::now());
        let on_board = Arrival {
            is_on_board: true,
            ..Arrival::default()
        };
        people.arrive(&on_board);
        assert_eq!(told(&mut people, now), ["board: [] 1"]);
        people.arrive(&on_board);
        let news = people.take_news(now);
        assert!(news.events.is_empty());
        assert_eq!(news.next, Some(now + BOARD_EVERY));
        assert_eq!(told(&mut people, now + BOARD_EVERY), ["board: [] 2"]);
    }

    #[test]
    fn a_number_that_went_up_and_down_again_is_told() {
        let (mut people, now) = (people(), Instant::now());
        let on_board = Arrival {
            is_on_board: true,
            ..Arrival::default()
        };
        people.arrive(&on_board);
        people.take_news(now);
        people.arrive(&on_board);
        people.leave(&on_board, now);
        assert_eq!(told(&mut people, now + BOARD_EVERY), ["board: [] 1"]);
    }

    #[test]
    fn only_the_presence_that_a_filter_selects_is_read() {
        let mut people = people();
        people.arrive(&stream(&["ops", "general"], Some("Ada")));
        let topics = |filter: &Filter| {
            let mut topics: Vec<_> = people
                .selected(filter)
                .into_iter()
                .map(|(topic, _)| topic.to_string())
                .collect();
            topics.sort();
            topics
        };
        assert_eq!(
            topics(&Filter::all()),
            ["board", "chat/general", "chat/ops"]
        );
        let ops = TopicPattern::from(&Topic::new("chat/ops").unwrap());
        assert_eq!(topics(&Filter::new([ops], [])), ["chat/ops"]);
        let messages = Filter::new([], [EventType::Message.into()]);
        assert!(topics(&messages).is_empty());
    }
}
