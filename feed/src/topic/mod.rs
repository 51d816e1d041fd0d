//! One topic: its numbers over time, its states, its lines of text, and its conversation.

mod past;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use pulseboard_contract::{
    Event, Payload, Severity, Timestamp, Topic, TypeName, limits::CHART_FIELDS,
};

use super::{Conversation, Rate, Reading, Series, States, push_bounded};

/// The most lines of a topic.
const ROWS: usize = 50;
/// The most types remembered of a topic: a reader chooses from them.
const TYPES: usize = 12;

/// One line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event.
    pub event: Arc<Event>,
    /// How much it matters, if the event says so.
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
    /// In the order in which the fields first appeared.
    series: Vec<(String, Series)>,
    states: BTreeMap<String, States>,
    rows: VecDeque<Row>,
    room: Conversation,
    revision: u64,
}

impl TopicFeed {
    /// The topic of this event. The event itself is not applied yet.
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
            room: Conversation::default(),
            revision: 0,
        }
    }

    /// Takes in the next event of the topic, with its decoded payload.
    pub fn apply(&mut self, event: &Arc<Event>, payload: &Payload) {
        self.revision += 1;
        // An event that is not stored, like `typing`, does not count as news of the topic.
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
        match Reading::of(payload) {
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
            Reading::Line { severity, text } => {
                let row = Row {
                    event: event.clone(),
                    severity,
                    text: text.into_owned(),
                };
                push_bounded(&mut self.rows, row, ROWS);
            }
            Reading::Chat(chat) => self.room.say(event.clone(), chat.clone()),
            Reading::Typing(typing) => self.room.typing(typing.user.clone(), event.time),
            Reading::Nothing => {}
        }
    }

    /// The field's series. A new field gets one if there is room for it.
    fn series_mut(&mut self, name: String) -> Option<&mut Series> {
        let known = self.series.iter().position(|(field, _)| *field == name);
        let index = match known {
            Some(index) => index,
            None if self.series.len() < CHART_FIELDS => {
                self.series.push((name, Series::default()));
                self.series.len() - 1
            }
            None => return None,
        };
        self.series.get_mut(index).map(|(_, series)| series)
    }

    /// Gives each series its share of the memory that `count` series have together.
    pub fn share(&mut self, count: usize) {
        self.series
            .iter_mut()
            .for_each(|(_, series)| series.share(count));
    }

    /// The field's states. A new field gets them if there is room for them.
    fn states_mut(&mut self, name: String) -> Option<&mut States> {
        if self.states.len() >= CHART_FIELDS && !self.states.contains_key(&name) {
            return None;
        }
        Some(self.states.entry(name).or_default())
    }

    /// Grows when enough is new for a chart to be drawn again.
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

    /// Grows with every change, so a tile can tell cheaply whether anything is new.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How long the topic may be silent before its numbers count as stopped: five times its usual
    /// interval.
    pub fn patience_millis(&self) -> i64 {
        let pace = self
            .series
            .iter()
            .filter_map(|(_, series)| series.pace_millis())
            .min();
        pace.map_or(60_000, |pace| (5 * pace).clamp(10_000, 3_600_000))
    }

    /// Sets how many events of the topic the log has.
    pub fn set_count(&mut self, count: u64) {
        self.count = count;
    }

    /// The topic's name.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// How many events of the topic the log has, as far as the page knows.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Events per second, over the last ten seconds.
    pub fn rate(&self, now: Timestamp) -> f64 {
        self.rate.per_second(now)
    }

    /// The types of its events, sorted, as far as the page knows.
    pub fn types(&self) -> &[TypeName] {
        &self.types
    }

    /// The newest event.
    pub fn last(&self) -> &Arc<Event> {
        &self.last
    }

    /// The numbers by field, in the order in which the fields first appeared.
    pub fn series(&self) -> impl ExactSizeIterator<Item = (&str, &Series)> {
        self.series
            .iter()
            .map(|(name, series)| (name.as_str(), series))
    }

    /// The time of the oldest value that is kept.
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

    /// The times of its oldest and its newest number.
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

    /// The numbers of one field.
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

    /// The words and switches by field.
    pub fn states(&self) -> &BTreeMap<String, States> {
        &self.states
    }

    /// The lines of text, newest first.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.rows.iter().rev()
    }

    /// The conversation.
    pub fn room(&self) -> &Conversation {
        &self.room
    }
}
