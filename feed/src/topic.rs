//! What one topic has told: its numbers over time, its lines of text, its chat.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use pulseboard_contract::{Event, Payload, Severity, Timestamp, Topic, TypeName};

use super::{Rate, Reading, Room, push_bounded, series::Past, series::Series, state::States};

/// Lines kept.
const ROWS: usize = 50;
/// Fields drawn: an object with more is data for the inspector, not for a tile.
const FIELDS: usize = 24;
/// Types remembered: they are offered for choice, and nobody chooses from more.
const TYPES: usize = 12;

/// One line of a list: an event in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event.
    pub event: Arc<Event>,
    /// How much it matters, where it says so.
    pub severity: Option<Severity>,
    /// What it says.
    pub text: String,
}

/// What the page knows of one topic.
#[derive(Clone, Debug)]
pub struct TopicFeed {
    topic: Topic,
    count: u64,
    last: Arc<Event>,
    rate: Rate,
    /// Sorted.
    types: Vec<TypeName>,
    /// In the order the fields first came.
    series: Vec<(String, Series)>,
    states: BTreeMap<String, States>,
    rows: VecDeque<Row>,
    room: Room,
    revision: u64,
}

impl TopicFeed {
    /// A topic known by its first event, which has yet to be applied.
    pub fn new(first: &Arc<Event>) -> Self {
        Self {
            topic: first.topic.clone(),
            count: 0,
            last: first.clone(),
            rate: Rate::default(),
            types: Vec::new(),
            series: Vec::new(),
            states: BTreeMap::new(),
            rows: VecDeque::new(),
            room: Room::default(),
            revision: 0,
        }
    }

    /// Takes in the next event of the topic.
    pub fn apply(&mut self, event: &Arc<Event>) {
        self.revision += 1;
        // What is not stored, such as somebody typing, makes a topic no fresher.
        if event.event_id.is_some() {
            self.last = event.clone();
            self.count += 1;
            self.rate.count(event.time);
            if self.types.len() < TYPES
                && let Err(at) = self.types.binary_search(&event.event_type)
            {
                self.types.insert(at, event.event_type.clone());
            }
        }
        match Reading::of(event) {
            Reading::Values { numbers, states } => {
                for (name, value) in numbers {
                    if let Some(series) = self.series_mut(name) {
                        series.push(event.time, value);
                    }
                }
                for (name, value) in states {
                    if let Some(states) = self.states_mut(name) {
                        states.push(event.time, value);
                    }
                }
            }
            Reading::Line(text) => self.push_row(event, None, text),
            Reading::Typed => match event.payload() {
                Payload::Notification(notification) => {
                    self.push_row(event, Some(notification.severity), notification.message);
                }
                Payload::Chat(chat) => self.room.say(event.clone(), chat),
                Payload::Typing(typing) => self.room.typing(typing.user, event.time),
                // About the stream or the room, not on the topic.
                // The last four are read above.
                Payload::Presence(_)
                | Payload::Heartbeat(_)
                | Payload::Gap(_)
                | Payload::Metrics(_)
                | Payload::Message(_)
                | Payload::Update(_)
                | Payload::Other { .. } => {}
            },
        }
    }

    /// The field's series, a new one if there is room for it.
    fn series_mut(&mut self, name: String) -> Option<&mut Series> {
        let known = self.series.iter().position(|(field, _)| *field == name);
        let index = match known {
            Some(index) => index,
            None if self.series.len() < FIELDS => {
                self.series.push((name, Series::default()));
                self.series.len() - 1
            }
            None => return None,
        };
        self.series.get_mut(index).map(|(_, series)| series)
    }

    /// Gives each series its share of what `count` series may have together.
    pub fn share(&mut self, count: usize) {
        self.series
            .iter_mut()
            .for_each(|(_, series)| series.share(count));
    }

    /// The field's states, new ones if there is room for them.
    fn states_mut(&mut self, name: String) -> Option<&mut States> {
        if self.states.len() >= FIELDS && !self.states.contains_key(&name) {
            return None;
        }
        Some(self.states.entry(name).or_default())
    }

    fn push_row(&mut self, event: &Arc<Event>, severity: Option<Severity>, text: String) {
        push_bounded(
            &mut self.rows,
            Row {
                event: event.clone(),
                severity,
                text,
            },
            ROWS,
        );
    }

    /// Takes in older events, oldest first, before those there are.
    pub fn backfill(&mut self, events: &[Arc<Event>]) {
        self.revision += 1;
        let mut older = Self::new(&self.last);
        for event in events {
            older.apply(event);
        }
        for (name, series) in older.series {
            let buckets: Vec<_> = series.buckets().collect();
            if let Some(known) = self.series_mut(name) {
                known.prepend(&buckets);
            }
        }
        for (name, states) in older.states {
            let changes: Vec<_> = states
                .changes()
                .map(|(time, value)| (time, value.to_owned()))
                .collect();
            if let Some(known) = self.states_mut(name) {
                known.prepend(&changes);
            }
        }
        let is_older = |event: &Event, first: Option<&Arc<Event>>| match (
            event.event_id,
            first.and_then(|first| first.event_id),
        ) {
            (Some(id), Some(first)) => id.epoch == first.epoch && id.seq < first.seq,
            _ => first.is_none(),
        };
        let first = self.rows.front().map(|row| row.event.clone());
        for row in older
            .rows
            .into_iter()
            .rev()
            .filter(|row| is_older(&row.event, first.as_ref()))
        {
            if self.rows.len() < ROWS {
                self.rows.push_front(row);
            }
        }
        self.room.prepend(older.room, is_older);
        self.count = self.count.max(older.count);
    }

    /// Takes in what the log says of the time before the oldest value there is.
    pub fn extend(&mut self, past: &Past) {
        self.revision += 1;
        for field in &past.fields {
            if let Some(series) = self.series_mut(field.name.clone()) {
                series.prepend(&field.buckets());
            }
        }
        for field in &past.states {
            let change = |(millis, value): &(i64, String)| {
                Some((Timestamp::from_millis(*millis).ok()?, value.clone()))
            };
            let changes: Vec<_> = field.changes.iter().filter_map(change).collect();
            if let Some(states) = self.states_mut(field.name.clone()) {
                states.prepend(&changes);
            }
        }
    }

    /// Grows when there is so much new that a chart should be drawn again.
    pub fn steps(&self) -> u64 {
        let changes: usize = self
            .states
            .values()
            .map(|states| states.changes().len())
            .sum();
        self.series
            .iter()
            .map(|(_, series)| series.steps())
            .sum::<u64>()
            + changes as u64
    }

    /// Grows with every change, so that a tile can tell cheaply whether anything is new.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How long this topic may be silent before its numbers count as stopped: five times its usual
    /// pace.
    pub fn patience_millis(&self) -> i64 {
        let pace = self
            .series
            .iter()
            .filter_map(|(_, series)| series.pace_millis())
            .min();
        pace.map_or(60_000, |pace| (5 * pace).clamp(10_000, 3_600_000))
    }

    /// Sets how many events the log has of the topic.
    pub fn set_count(&mut self, count: u64) {
        self.count = count;
    }

    /// Its name.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// How many events the log has of it, as far as the page knows.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Events a second over the last ten.
    pub fn rate(&self, now: Timestamp) -> f64 {
        self.rate.per_second(now)
    }

    /// The types of its events, by name, as far as the page knows.
    pub fn types(&self) -> &[TypeName] {
        &self.types
    }

    /// The newest event.
    pub fn last(&self) -> &Arc<Event> {
        &self.last
    }

    /// The numbers by field, in the order the fields first came.
    pub fn series(&self) -> impl ExactSizeIterator<Item = (&str, &Series)> {
        self.series
            .iter()
            .map(|(name, series)| (name.as_str(), series))
    }

    /// When the oldest value kept was told.
    pub fn first_time(&self) -> Option<Timestamp> {
        let numbers = self
            .series
            .iter()
            .filter_map(|(_, series)| series.buckets().next())
            .map(|bucket| bucket.first);
        let states = self
            .states
            .values()
            .filter_map(|states| states.changes().next())
            .map(|(time, _)| time);
        numbers.chain(states).min()
    }

    /// When the oldest and the newest of its numbers were told.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self
            .series
            .iter()
            .filter_map(|(_, series)| series.buckets().next())
            .map(|bucket| bucket.first)
            .min()?;
        Some((
            first,
            self.series
                .iter()
                .filter_map(|(_, series)| series.last())
                .map(|(time, _)| time)
                .max()?,
        ))
    }

    /// One field's numbers.
    pub fn field(&self, name: &str) -> Option<&Series> {
        self.series
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, series)| series)
    }

    /// The newest value of a field.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.field(name)
            .and_then(Series::last)
            .map(|(_, value)| value)
    }

    /// The words and switches, by field.
    pub fn states(&self) -> &BTreeMap<String, States> {
        &self.states
    }

    /// The lines of text, newest first.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.rows.iter().rev()
    }

    /// The conversation.
    pub fn room(&self) -> &Room {
        &self.room
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, feed};
    use super::*;

    fn topic(events: &[(&str, &str)]) -> TopicFeed {
        let mut feed = feed(vec![]);
        for (seq, (event_type, data)) in events.iter().enumerate() {
            feed.apply(super::super::Incoming::Event(event(
                seq as u64 + 1,
                "t",
                event_type,
                data,
            )));
        }
        feed.topic(&Topic::new("t").unwrap()).unwrap().clone()
    }

    #[test]
    fn numbers_become_series_whatever_the_type_is_called() {
        for event_type in ["metrics", "message", "com.example.sensor"] {
            let topic = topic(&[
                (event_type, r#"{"temperature":21.4,"co2":600}"#),
                (event_type, r#"{"temperature":21.6}"#),
            ]);
            assert_eq!(topic.value("temperature"), Some(21.6), "{event_type}");
            assert_eq!(topic.value("co2"), Some(600.0));
            assert_eq!(topic.rows().count(), 0);
        }
    }

    #[test]
    fn words_beside_numbers_become_states_and_words_alone_a_line() {
        let mixed = topic(&[("message", r#"{"queue":12,"state":"busy","paused":false}"#)]);
        assert_eq!(mixed.states().get("state").map(States::value), Some("busy"));
        assert_eq!(mixed.states().get("paused").map(States::value), Some("no"));
        let words = topic(&[("com.ci.deploy", r#"{"service":"api","status":"done"}"#)]);
        assert_eq!(
            words.rows().next().map(|row| row.text.as_str()),
            Some("service api, status done")
        );
    }

    #[test]
    fn text_becomes_lines_newest_first() {
        let topic = topic(&[
            (
                "message",
                r#"{"message":"one","timestamp":"2024-01-01T12:00:00Z"}"#,
            ),
            ("update", r#"{"content":"two"}"#),
            ("message", r#""three""#),
            ("message", "[4]"),
        ]);
        assert_eq!(
            topic
                .rows()
                .map(|row| row.text.as_str())
                .collect::<Vec<_>>(),
            ["[4]", "three", "two", "one"]
        );
    }

    #[test]
    fn an_object_with_endless_fields_is_bounded() {
        let fields: Vec<_> = (0..1_000).map(|n| format!("\"f{n}\":{n}")).collect();
        assert_eq!(
            topic(&[("metrics", &format!("{{{}}}", fields.join(",")))])
                .series()
                .len(),
            FIELDS
        );
    }

    #[test]
    fn history_is_put_before_what_is_there() {
        let mut feed = feed(vec![]);
        for seq in 5..8 {
            feed.apply(super::super::Incoming::Event(event(
                seq,
                "t",
                "update",
                &format!(r#"{{"content":"{seq}"}}"#),
            )));
        }
        feed.apply(super::super::Incoming::Event(event(
            9,
            "elsewhere",
            "update",
            r#"{"content":"x"}"#,
        )));
        feed.backfill(
            (2..7)
                .map(|seq| event(seq, "t", "update", &format!(r#"{{"content":"{seq}"}}"#)))
                .collect(),
        );
        let topic = feed.topic(&Topic::new("t").unwrap()).unwrap();
        assert_eq!(
            topic
                .rows()
                .map(|row| row.text.as_str())
                .collect::<Vec<_>>(),
            ["7", "6", "5", "4", "3", "2"]
        );
    }
}
