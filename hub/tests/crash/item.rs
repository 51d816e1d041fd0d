//! The published events: numbered, with data that follows from the number, so that a reader knows what
//! an event must contain.

use std::fmt;

use pulseboard_contract::{Attributes, Event, Json, Timestamp, Topic, TypeName};
use pulseboard_hub::NewEvent;

/// Never pruned. The resumed stream follows these topics.
pub(crate) const KEPT: &str = "kept/**";
pub(crate) const SINGLE: &str = "kept/single";
pub(crate) const BATCHES: &str = "kept/batches";
/// Events with a producer's id.
pub(crate) const IDENTIFIED: &str = "kept/identified";
/// A latest-only topic.
pub(crate) const STATE: &str = "state/door";
/// Large events, of which some rounds keep only a few.
pub(crate) const CHURN: &str = "churn/large";
/// Events that expire after 20 ms.
pub(crate) const BRIEF: &str = "brief/hint";

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) topic: String,
    pub(crate) number: u64,
    /// The batch it belongs to: the number of its first event, and its length.
    pub(crate) batch: (u64, u64),
}

impl Item {
    pub(crate) fn new(topic: &str, number: u64) -> Self {
        Self {
            topic: topic.to_owned(),
            number,
            batch: (number, 1),
        }
    }

    pub(crate) fn batch(first: u64, len: u64) -> Vec<Self> {
        let item = |number| Self {
            topic: BATCHES.to_owned(),
            number,
            batch: (first, len),
        };
        (first..first + len).map(item).collect()
    }

    /// The item of an event. The error tells how the event differs from what was published.
    pub(crate) fn of(event: &Event) -> Result<Self, String> {
        let data: serde_json::Value = event.data.read().map_err(|error| error.to_string())?;
        let field = |name: &str| {
            data[name]
                .as_u64()
                .ok_or_else(|| format!("no {name} in {event:?}"))
        };
        let item = Self {
            topic: event.topic.to_string(),
            number: field("n")?,
            batch: (field("first")?, field("of")?),
        };
        let is_same = event.data.as_str() == item.data()
            && (item.topic != IDENTIFIED || event.id == item.number.to_string());
        if is_same {
            Ok(item)
        } else {
            Err(format!("{item} differs from what was published: {event:?}"))
        }
    }

    /// The item in a line for the parent process: topic, number and batch.
    pub(crate) fn words(&self) -> String {
        format!(
            "{} {} {} {}",
            self.topic, self.number, self.batch.0, self.batch.1
        )
    }

    pub(crate) fn from_words(words: &str) -> Option<Self> {
        let [topic, number, first, of] = words.split(' ').collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(Self {
            topic: topic.to_owned(),
            number: number.parse().ok()?,
            batch: (first.parse().ok()?, of.parse().ok()?),
        })
    }

    pub(crate) fn event(&self, now: Timestamp) -> NewEvent {
        let expires_in = match self.topic.as_str() {
            BRIEF => Some(20),
            SINGLE => Some(1_000_000_000),
            _ => None,
        };
        NewEvent {
            id: (self.topic == IDENTIFIED).then(|| self.number.to_string()),
            source: "/crash".into(),
            event_type: TypeName::new("count").unwrap(),
            topic: Topic::new(&self.topic).unwrap(),
            time: now,
            expires: expires_in
                .map(|millis| Timestamp::from_millis(now.millis() + millis).unwrap()),
            attributes: Attributes::default(),
            data: Json::parse(&self.data()).unwrap(),
        }
    }

    /// The data, of very different sizes: some events share a page, some take several.
    fn data(&self) -> String {
        let (number, (first, of)) = (self.number, self.batch);
        let largest = if self.topic == CHURN { 60_000 } else { 900 };
        let filling = "x".repeat(usize::try_from(number * 7919 % largest).unwrap());
        format!(r#"{{"n":{number},"first":{first},"of":{of},"filling":"{filling}"}}"#)
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.topic, self.number)
    }
}
