//! The feed: everything the page knows of the stream, as a pure fold over what arrives.
//!
//! The server folds the snapshot, the browser folds the same snapshot and then the stream, so both render the same page.
//! Memory is bounded: every list has a cap, and the log keeps the rest.

mod history;
mod place;
mod rate;
mod reading;
mod ring;
mod room;
mod series;
mod state;
mod topic;
mod widget;
mod words;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use pulseboard::{Event, EventId, Gap, Heartbeat, Notification, Payload, Presence, Timestamp, Topic};

pub use history::{Excerpt, History, Page};
pub use place::{At, Place, Read, Toward};
pub use rate::Rate;
pub use reading::Reading;
pub use ring::{Recent, Ring};
pub use room::{ChatLine, Room};
pub use series::{Bucket, Past, Series};
pub use state::States;
pub use topic::{Row, TopicFeed};
pub use widget::Widget;
pub use words::words;

use crate::{Snapshot, event_source::Received};

/// Notifications kept for the bell and its tile.
const NOTICES: usize = 100;
/// Topics followed: a board of more tiles than this is read by nobody.
const TOPICS: usize = 200;
/// Gaps remembered for the connection log.
const GAPS: usize = 20;
/// The topic whose presence counts everybody who has a board open.
pub const BOARD_TOPIC: &str = "board";

/// What a stream in the envelope framing brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// Something happened.
    Event(Event),
    /// The stream is alive, and has passed this position.
    Heartbeat(Heartbeat, Option<EventId>),
    /// History was lost.
    Gap(Gap),
}

impl Incoming {
    /// Reads a message of the stream; the error says what was wrong with it.
    pub fn parse(received: &Received) -> Result<Self, String> {
        let problem = |error: serde_json::Error| format!("{}: {error}", received.event_type);
        match received.event_type.as_str() {
            "heartbeat" => {
                let heartbeat = serde_json::from_str(&received.data).map_err(problem)?;
                Ok(Self::Heartbeat(heartbeat, received.last_event_id.parse().ok()))
            }
            "gap" => Ok(Self::Gap(serde_json::from_str(&received.data).map_err(problem)?)),
            _ => Ok(Self::Event(serde_json::from_str(&received.data).map_err(problem)?)),
        }
    }
}

/// A notification and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The event.
    pub event: Arc<Event>,
    /// What it says.
    pub notification: Notification,
}

/// The state of the page.
#[derive(Clone, Debug)]
pub struct Feed {
    position: EventId,
    topics: BTreeMap<Topic, TopicFeed>,
    notices: VecDeque<Notice>,
    presence: BTreeMap<Topic, Presence>,
    recent: Ring,
    gaps: Vec<Gap>,
    rate: Rate,
    received: u64,
    /// The number of the newest event.
    arrived: u64,
    /// When what is being applied came.
    arrives: Option<Timestamp>,
    /// When the last heartbeat came.
    heartbeat: Option<Timestamp>,
    history: Option<History>,
}

impl Feed {
    /// The feed of a page as the server rendered it.
    pub fn from_snapshot(snapshot: &Snapshot) -> Self {
        let mut feed = Self {
            // Before all of the snapshot's events, which are at or before its position.
            position: EventId { seq: 0, ..snapshot.position },
            topics: BTreeMap::new(),
            notices: VecDeque::new(),
            presence: BTreeMap::new(),
            recent: Ring::default(),
            gaps: Vec::new(),
            rate: Rate::default(),
            received: 0,
            arrived: 0,
            arrives: None,
            heartbeat: None,
            history: None,
        };
        for event in snapshot.events.iter().chain(&snapshot.presence) {
            feed.apply(Incoming::Event(event.clone()));
        }
        for topic in &snapshot.topics {
            // The log has more of a topic than the snapshot carries.
            if let Some(state) = feed.topics.get_mut(&topic.topic) {
                state.set_count(topic.count);
            }
        }
        feed.position = snapshot.position;
        feed.received = 0;
        if let Some(excerpt) = &snapshot.excerpt {
            feed.open(excerpt.clone());
        }
        feed
    }

    /// Says when what is applied from here on came, by the clock of whoever reads it.
    pub fn arrive(&mut self, at: Option<Timestamp>) {
        self.arrives = at;
    }

    /// Takes in what arrived. An event the feed has passed already changes nothing.
    pub fn apply(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Event(event) => self.apply_event(event),
            Incoming::Heartbeat(_, position) => {
                self.heartbeat = self.arrives;
                if let Some(position) = position.filter(|position| position.epoch == self.position.epoch) {
                    self.position.seq = self.position.seq.max(position.seq);
                }
            }
            Incoming::Gap(gap) => {
                self.position = gap.resumed_at;
                if self.gaps.len() == GAPS {
                    self.gaps.remove(0);
                }
                self.gaps.push(gap);
            }
        }
    }

    fn apply_event(&mut self, event: Event) {
        if let Some(id) = event.event_id {
            if id.epoch == self.position.epoch && id.seq <= self.position.seq {
                return;
            }
            self.position = id;
        }
        self.received += 1;
        let event = Arc::new(event);
        self.arrived += 1;
        self.recent.push(Recent { number: self.arrived, event: event.clone(), came: self.arrives });
        if let Some(history) = &mut self.history {
            history.apply(&event);
        }
        match event.payload() {
            // Who is there is state, not history: it makes no tile and no row.
            Payload::Presence(presence) => {
                if presence == Presence::default() {
                    self.presence.remove(&event.topic);
                } else {
                    self.presence.insert(event.topic.clone(), presence);
                }
                return;
            }
            Payload::Notification(notification) => {
                push_bounded(&mut self.notices, Notice { event: event.clone(), notification }, NOTICES);
            }
            Payload::Message(_)
            | Payload::Update(_)
            | Payload::Heartbeat(_)
            | Payload::Chat(_)
            | Payload::Typing(_)
            | Payload::Metrics(_)
            | Payload::Gap(_)
            | Payload::Other { .. } => {}
        }
        // People coming and going are no news of a topic, so they do not count as its pace.
        self.rate.count(event.time);
        self.make_room_for(&event.topic);
        self.topics.entry(event.topic.clone()).or_insert_with(|| TopicFeed::new(&event)).apply(&event);
    }

    /// Drops the topic that has been silent the longest where a further one would be too many. The log still has it.
    fn make_room_for(&mut self, topic: &Topic) {
        if self.topics.len() < TOPICS || self.topics.contains_key(topic) {
            return;
        }
        let oldest = self.topics.values().min_by_key(|topic| topic.last().time).map(|topic| topic.topic().clone());
        if let Some(oldest) = oldest {
            self.topics.remove(&oldest);
        }
    }

    /// Adds history: events older than those the topic has, oldest first. What is known already is passed over.
    ///
    /// The history may be ahead of the stream; what the stream has yet to bring is left to it, or it would be there twice.
    pub fn backfill(&mut self, mut events: Vec<Event>) {
        let position = self.position;
        events.retain(|event| event.event_id.is_some_and(|id| id.epoch == position.epoch && id.seq <= position.seq));
        let mut by_topic: BTreeMap<Topic, Vec<Arc<Event>>> = BTreeMap::new();
        for event in events {
            by_topic.entry(event.topic.clone()).or_default().push(Arc::new(event));
        }
        for (topic, events) in by_topic {
            let newest = events.last().cloned();
            if let Some(newest) = newest {
                self.topics.entry(topic).or_insert_with(|| TopicFeed::new(&newest)).backfill(&events);
            }
        }
    }

    /// Takes in what the log says of a topic's time before the oldest value there is here.
    pub fn extend(&mut self, topic: &Topic, past: &Past) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.extend(past);
        }
    }

    /// Begins to follow one topic's history, in place of the one before. It may have been read before or after what the
    /// stream has brought: nothing of it is missed or doubled.
    pub fn open(&mut self, excerpt: Excerpt) {
        let revision = self.history.as_ref().map_or(0, History::revision);
        self.history = Some(History::new(excerpt, revision));
        self.catch_up();
    }

    /// Begins to follow a conversation at its live end, with what is in memory of it: the newest lines, without a hole.
    pub fn open_room(&mut self, topic: Topic) {
        let revision = self.history.as_ref().map_or(0, History::revision);
        let lines = self.topics.get(&topic).map(|topic| topic.room().lines()).into_iter().flatten();
        let epoch = self.position.epoch;
        let is_here = |event: &Arc<Event>| event.event_id.is_some_and(|id| id.epoch == epoch);
        let events = lines.map(|line| line.event.clone()).filter(is_here).collect();
        self.history = Some(History::live(Place::of_chat(topic), events, revision));
    }

    /// Adds what was read before the oldest event of the history.
    pub fn extend_older(&mut self, before: EventId, page: Page) {
        if let Some(history) = &mut self.history {
            history.extend_older(before, page);
        }
    }

    /// Adds what was read after the newest event of the history.
    pub fn extend_newer(&mut self, after: EventId, page: Page) {
        if let Some(history) = &mut self.history {
            history.extend_newer(after, page);
        }
        self.catch_up();
    }

    /// Adds what the stream brought while the history was being read. Where that is more than is remembered here, the
    /// history is left without its live end: the reader asks for more rather than seeing a hole.
    fn catch_up(&mut self) {
        let Some(history) = self.history.as_mut().filter(|history| !history.has_newer()) else { return };
        let reached = history.newest().filter(|id| id.epoch == self.position.epoch).map_or(0, |id| id.seq);
        let place = history.place();
        let last = self.topics.get(&place.topic).and_then(|topic| {
            if place.is_chat() {
                topic.room().lines().next_back().and_then(|line| line.event.event_id)
            } else {
                topic.last().event_id
            }
        });
        if last.is_none_or(|last| last.epoch == self.position.epoch && last.seq <= reached) {
            return;
        }
        let oldest = self.recent.iter().find_map(|recent| recent.event.event_id).map_or(0, |id| id.seq);
        if self.recent.has_dropped() && oldest > reached + 1 {
            history.detach();
        } else {
            self.recent.iter().for_each(|recent| history.apply(&recent.event));
        }
    }

    /// The history of the topic whose page it is.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// Where the feed stands: the id of the last event it has passed.
    pub fn position(&self) -> EventId {
        self.position
    }

    /// The topics that have events, by name.
    pub fn topics(&self) -> impl Iterator<Item = &TopicFeed> {
        self.topics.values()
    }

    /// One topic.
    pub fn topic(&self, topic: &Topic) -> Option<&TopicFeed> {
        self.topics.get(topic)
    }

    /// The notifications, newest first.
    pub fn notices(&self) -> impl ExactSizeIterator<Item = &Notice> {
        self.notices.iter().rev()
    }

    /// Who is on a topic now.
    pub fn presence(&self, topic: &Topic) -> Presence {
        self.presence.get(topic).cloned().unwrap_or_default()
    }

    /// How many boards are open, if the server has said.
    pub fn watching(&self) -> Option<usize> {
        self.presence.iter().find(|(topic, _)| topic.as_str() == BOARD_TOPIC).map(|(_, presence)| presence.watching)
    }

    /// When the last heartbeat came.
    pub fn heartbeat(&self) -> Option<Timestamp> {
        self.heartbeat
    }

    /// The newest events, newest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Recent> + ExactSizeIterator {
        self.recent.iter().rev()
    }

    /// The gaps the stream has told of, oldest first.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Events a second over the last ten.
    pub fn rate(&self, now: Timestamp) -> f64 {
        self.rate.per_second(now)
    }

    /// How many events came over the stream.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The tiles of the board: what each topic's data asks for, with no configuration.
    pub fn widgets(&self) -> Vec<Widget> {
        widget::widgets(self)
    }
}

fn push_bounded<T>(list: &mut VecDeque<T>, item: T, limit: usize) {
    if list.len() == limit {
        list.pop_front();
    }
    list.push_back(item);
}

#[cfg(test)]
pub(crate) mod tests {
    use pulseboard::{Attributes, Epoch, Json, TypeName};

    use super::*;
    use crate::Visitor;

    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_704_110_400_000 + seconds * 1_000).unwrap()
    }

    pub(crate) fn event(seq: u64, topic: &str, event_type: &str, data: &str) -> Event {
        let event_id = (seq > 0).then_some(EventId { epoch: Epoch::new(7), seq });
        Event {
            event_id,
            id: seq.to_string(),
            source: "/test".into(),
            event_type: TypeName::new(event_type).unwrap(),
            topic: Topic::new(topic).unwrap(),
            time: at(i64::try_from(seq).unwrap()),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(data).unwrap(),
        }
    }

    pub(super) fn feed(events: Vec<Event>) -> Feed {
        let seq = events.iter().filter_map(|event| event.event_id).map(|id| id.seq).max().unwrap_or(0);
        Feed::from_snapshot(&Snapshot {
            now: at(0),
            position: EventId { epoch: Epoch::new(7), seq },
            events,
            presence: Vec::new(),
            excerpt: None,
            topics: Vec::new(),
            visitor: Visitor::default(),
            heartbeat_millis: 15_000,
        })
    }

    #[test]
    fn the_stream_goes_on_where_the_snapshot_ended() {
        let mut feed = feed(vec![event(1, "a", "update", r#"{"content":"one"}"#)]);
        for seq in [1, 2, 2, 1] {
            feed.apply(Incoming::Event(event(seq, "a", "update", r#"{"content":"x"}"#)));
        }
        assert_eq!(feed.recent().count(), 2, "what was passed already changes nothing");
        assert_eq!(feed.position().seq, 2);
        assert_eq!(feed.received(), 1);
    }

    #[test]
    fn a_gap_and_a_heartbeat_move_the_position() {
        let mut feed = feed(vec![event(1, "a", "update", r#"{"content":"one"}"#)]);
        let position = |bits, seq| EventId { epoch: Epoch::new(bits), seq };
        let heartbeat = Heartbeat { status: pulseboard::HeartbeatStatus::Ok, time: at(9) };
        feed.apply(Incoming::Heartbeat(heartbeat, Some(position(7, 40))));
        assert_eq!(feed.position(), position(7, 40));
        let gap = Gap { after: position(7, 40), resumed_at: position(8, 0), lost: None };
        feed.apply(Incoming::Gap(gap.clone()));
        assert_eq!(feed.gaps(), [gap]);
        let restarted = Event { event_id: Some(position(8, 1)), ..event(1, "a", "update", r#"{"content":"new"}"#) };
        feed.apply(Incoming::Event(restarted));
        assert_eq!(feed.recent().count(), 2, "the new log begins at 1 again and its events are new");
    }

    #[test]
    fn lists_are_bounded() {
        let mut feed = feed(vec![]);
        for seq in 1..7_000 {
            feed.apply(Incoming::Event(event(seq, "a", "notification", r#"{"type":"info","message":"x"}"#)));
        }
        assert_eq!((feed.recent().count(), feed.notices().count()), (ring::MOST, NOTICES));
    }

    #[test]
    fn topics_are_bounded_and_the_silent_ones_go_first() {
        let mut feed = feed(vec![]);
        for seq in 1..=300 {
            feed.apply(Incoming::Event(event(seq, &format!("t{seq}"), "update", r#"{"content":"x"}"#)));
            feed.apply(Incoming::Event(event(seq + 300, "busy", "update", r#"{"content":"x"}"#)));
            feed.position.seq = seq;
        }
        let names: Vec<_> = feed.topics().map(|topic| topic.topic().to_string()).collect();
        assert_eq!(names.len(), TOPICS);
        assert!(names.contains(&"busy".to_owned()) && names.contains(&"t300".to_owned()) && !names.contains(&"t1".to_owned()));
    }

    #[test]
    fn a_room_is_opened_with_what_is_in_memory_and_goes_on_live() {
        let said = |seq| event(seq, "chat/a", "chat", r#"{"user":"Ada","text":"x","time":"2024-01-01T12:00:00Z"}"#);
        let mut feed =
            feed(vec![said(1), event(2, "chat/a", "notification", r#"{"type":"info","message":"Ada left"}"#), said(3)]);
        feed.open_room(Topic::new("chat/a").unwrap());
        feed.apply(Incoming::Event(said(4)));
        feed.apply(Incoming::Event(event(5, "chat/a", "notification", r#"{"type":"info","message":"Ada joined"}"#)));
        let history = feed.history().unwrap();
        let seqs: Vec<_> = history.events().filter_map(|event| event.event_id).map(|id| id.seq).collect();
        assert_eq!(seqs, [4, 3, 1], "only what was said");
        assert!(history.has_older() && !history.has_newer());
    }

    #[test]
    fn a_conversation_is_at_its_end_whatever_else_happens_on_its_topic() {
        let mut feed = feed(vec![]);
        let said = |seq| event(seq, "chat/a", "chat", r#"{"user":"Ada","text":"x","time":"2024-01-01T12:00:00Z"}"#);
        feed.apply(Incoming::Event(said(1)));
        for seq in 2..2_000 {
            feed.apply(Incoming::Event(event(seq, "chat/a", "notification", r#"{"type":"info","message":"Ada joined"}"#)));
        }
        let place = Place::of_chat(Topic::new("chat/a").unwrap());
        feed.open(Excerpt { place, events: vec![said(1)], has_older: false, has_newer: false });
        assert!(!feed.history().unwrap().has_newer(), "what was said is all here");
    }

    #[test]
    fn history_that_the_stream_has_yet_to_bring_is_left_to_it() {
        let mut feed = feed(vec![event(1, "a", "update", r#"{"content":"one"}"#)]);
        let later = event(2, "a", "update", r#"{"content":"two"}"#);
        feed.backfill(vec![later.clone()]);
        feed.apply(Incoming::Event(later));
        let topic = feed.topics().next().unwrap();
        assert_eq!(topic.rows().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["two", "one"]);
    }

    #[test]
    fn presence_is_state_and_not_a_tile() {
        let mut feed = feed(vec![]);
        let room = Topic::new("chat/general").unwrap();
        feed.apply(Incoming::Event(event(0, "chat/general", "presence", r#"{"users":["Ada"],"watching":2}"#)));
        assert_eq!(feed.presence(&room).users, ["Ada"]);
        assert_eq!(feed.topics().count(), 0);
        feed.apply(Incoming::Event(event(0, "chat/general", "presence", r#"{"users":[],"watching":0}"#)));
        assert_eq!(feed.presence(&room), Presence::default());
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_an_event() {
        let received = |event_type: &str, data: &str| Received {
            event_type: event_type.into(),
            data: data.into(),
            last_event_id: String::new(),
        };
        assert!(Incoming::parse(&received("message", "hello")).is_err());
        assert!(Incoming::parse(&received("gap", "{}")).is_err());
        let json = event(1, "a", "update", r#"{"content":"x"}"#).to_json();
        assert!(Incoming::parse(&received("message", json.as_str())).is_ok());
    }
}
