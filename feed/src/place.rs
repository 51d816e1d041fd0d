//! A place in a topic's history: what the address of its page says,
//! `/topics/deploys?type=…&event=…`.
//!
//! Server and browser read the same address with the same code and plan the same reads of the log,
//! so a link shows everybody the same part of the history.

use pulseboard_contract::{
    Epoch, Event, EventId, EventType, Topic, TypeName, push_percent_encoded,
};
use serde::{Deserialize, Serialize};

/// Events a page begins with.
const PAGE: usize = 50;
/// The most types an address names.
const MOST_TYPES: usize = 16;

/// A part of the history of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The topic.
    pub topic: Topic,
    /// Only events of these types; none means all.
    pub types: Vec<TypeName>,
    /// Where in the history.
    pub at: At,
}

/// Where in a history one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum At {
    /// At its live end.
    Newest,
    /// At the moment of one event.
    Event(EventId),
    /// At what came before an event.
    Before(EventId),
    /// At what came after an event.
    After(EventId),
}

/// One read of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Which way.
    pub toward: Toward,
    /// At most so many events.
    pub limit: usize,
}

/// Which way a read goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// Newest first, from before an event or from the live end.
    Older(Option<EventId>),
    /// Oldest first, from after an event.
    Newer(EventId),
}

impl Place {
    /// The live end of a topic's whole history.
    pub fn of(topic: Topic) -> Self {
        Self {
            topic,
            types: Vec::new(),
            at: At::Newest,
        }
    }

    /// The live end of what is said in a room.
    pub fn of_chat(topic: Topic) -> Self {
        Self {
            types: vec![EventType::Chat.into()],
            ..Self::of(topic)
        }
    }

    /// Whether it is a conversation and nothing else.
    pub fn is_chat(&self) -> bool {
        matches!(self.types.as_slice(), [only] if only.known() == Some(EventType::Chat))
    }

    /// Reads the parameters of an address. What cannot be read is left out: a link that somebody
    /// cut short still shows the topic.
    pub fn parse<'a>(
        topic: Topic,
        types: impl Iterator<Item = &'a str>,
        cursor: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let cursor = |name| cursor(name).and_then(|text| text.parse().ok());
        let at = if let Some(id) = cursor("event") {
            At::Event(id)
        } else if let Some(id) = cursor("before") {
            At::Before(id)
        } else {
            cursor("after").map_or(At::Newest, At::After)
        };
        let mut place = Self {
            at,
            ..Self::of(topic)
        };
        for name in types.filter_map(|text| TypeName::new(text).ok()) {
            if place.types.len() < MOST_TYPES && !place.types.contains(&name) {
                place.types.push(name);
            }
        }
        place
    }

    /// The same topic and types, elsewhere.
    #[must_use]
    pub fn at(&self, at: At) -> Self {
        Self { at, ..self.clone() }
    }

    /// Its address.
    pub fn href(&self) -> String {
        let mut href = format!("/topics/{}", self.topic);
        for name in &self.types {
            push_param(&mut href, "type", name.as_str());
        }
        let (name, id) = match self.at {
            At::Newest => return href,
            At::Event(id) => ("event", id),
            At::Before(id) => ("before", id),
            At::After(id) => ("after", id),
        };
        push_param(&mut href, name, &id.to_string());
        href
    }

    /// Whether both are about the same events, wherever in them they are.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.topic == other.topic && self.types == other.types
    }

    /// Whether the event belongs to the history.
    pub fn selects(&self, event: &Event) -> bool {
        event.topic == self.topic
            && (self.types.is_empty() || self.types.contains(&event.event_type))
    }

    /// What to read of the log with this epoch to be there: older events, and newer ones. An id of
    /// another log is in no history of this one, so such a place is read like the live end.
    pub fn reads(&self, epoch: Epoch) -> (Option<Read>, Option<Read>) {
        let older = |before, limit| {
            Some(Read {
                toward: Toward::Older(before),
                limit,
            })
        };
        let newer = |after, limit| {
            Some(Read {
                toward: Toward::Newer(after),
                limit,
            })
        };
        match self.at {
            At::Event(id) if id.epoch == epoch => {
                // What is before the event, and the event itself with what came after.
                let before = EventId {
                    seq: id.seq.saturating_sub(1),
                    ..id
                };
                (older(Some(id), PAGE / 2), newer(before, PAGE / 2))
            }
            At::Before(id) if id.epoch == epoch => (older(Some(id), PAGE), None),
            At::After(id) if id.epoch == epoch => (None, newer(id, PAGE)),
            At::Newest | At::Event(_) | At::Before(_) | At::After(_) => (older(None, PAGE), None),
        }
    }

    /// The address of the history that answers a read.
    pub fn api(&self, read: Read) -> String {
        let (order, cursor) = match read.toward {
            Toward::Older(before) => ("desc", before.map(|id| ("before", id))),
            Toward::Newer(after) => ("asc", Some(("after", after))),
        };
        let mut url = format!("/api/history?order={order}&limit={}", read.limit);
        push_param(&mut url, "topic", self.topic.as_str());
        for name in &self.types {
            push_param(&mut url, "type", name.as_str());
        }
        if let Some((name, id)) = cursor {
            push_param(&mut url, name, &id.to_string());
        }
        url
    }
}

fn push_param(url: &mut String, name: &str, value: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str(name);
    url.push('=');
    push_percent_encoded(url, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(params: &[(&str, &str)]) -> Place {
        let all = |name: &str| {
            params
                .iter()
                .filter(move |(key, _)| *key == name)
                .map(|(_, value)| *value)
                .collect::<Vec<_>>()
        };
        let topic = Topic::new("host/metrics").unwrap();
        Place::parse(topic, all("type").into_iter(), |name| {
            all(name).first().map(|text| (*text).to_owned())
        })
    }

    fn id(text: &str) -> EventId {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_says_which_part_of_which_types() {
        for (params, href) in [
            (vec![], "/topics/host/metrics"),
            (
                vec![("type", "metrics")],
                "/topics/host/metrics?type=metrics",
            ),
            (
                vec![("type", "größe&x"), ("type", "b")],
                "/topics/host/metrics?type=gr%C3%B6%C3%9Fe%26x&type=b",
            ),
            (
                vec![("type", "b"), ("event", "9f2c41d7-5")],
                "/topics/host/metrics?type=b&event=9f2c41d7-5",
            ),
            (
                vec![("before", "9f2c41d7-5")],
                "/topics/host/metrics?before=9f2c41d7-5",
            ),
            (
                vec![("after", "9f2c41d7-5")],
                "/topics/host/metrics?after=9f2c41d7-5",
            ),
        ] {
            assert_eq!(parse(&params).href(), href);
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let place = parse(&[
            ("type", ""),
            ("type", "a b"),
            ("type", "b"),
            ("type", "b"),
            ("event", "9f2c41d7"),
            ("before", "x"),
        ]);
        assert_eq!(place.href(), "/topics/host/metrics?type=b");
    }

    #[test]
    fn a_moment_is_read_both_ways_and_the_event_once() {
        let event = id("9f2c41d7-100");
        let (older, newer) = parse(&[("event", "9f2c41d7-100")]).reads(event.epoch);
        assert_eq!(
            older.map(|read| read.toward),
            Some(Toward::Older(Some(event)))
        );
        assert_eq!(
            newer.map(|read| read.toward),
            Some(Toward::Newer(id("9f2c41d7-99")))
        );
        let (older, newer) = parse(&[("event", "00000000-100")]).reads(event.epoch);
        assert_eq!(
            (older.map(|read| read.toward), newer),
            (Some(Toward::Older(None)), None),
            "an id of another log"
        );
    }

    #[test]
    fn the_history_is_asked_with_the_same_words() {
        let place = parse(&[("type", "a&b"), ("before", "9f2c41d7-5")]);
        let (older, _) = place.reads(id("9f2c41d7-5").epoch);
        assert_eq!(
            older.map(|read| place.api(read)).as_deref(),
            Some(
                "/api/history?order=desc&limit=50&topic=host%2Fmetrics&type=a%26b&before=9f2c41d7-5"
            )
        );
    }
}
