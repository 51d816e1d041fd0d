//! The address of a part of a topic's history: `/topics/deploys?type=…&event=…`.
//!
//! Server and browser parse an address with the same code and derive the same queries of the log
//! from it, so a link shows everybody the same part of the history.

use pulseboard_contract::{
    Epoch, Event, EventId, EventType, Topic, TypeName, push_percent_encoded,
};
use serde::{Deserialize, Serialize};

/// How many events a page starts with.
const PAGE: usize = 50;
/// The most types of one address.
const MOST_TYPES: usize = 16;

/// The address of a part of one topic's history.
///
/// ```
/// use pulseboard_contract::Topic;
/// use pulseboard_feed::{Anchor, HistoryAddress};
///
/// let address = HistoryAddress::of(Topic::new("deploys")?);
/// assert_eq!(address.href(), "/topics/deploys");
/// let event = address.anchored(Anchor::Event("9f2c41d7-5".parse()?));
/// assert_eq!(event.href(), "/topics/deploys?event=9f2c41d7-5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryAddress {
    /// The topic.
    pub topic: Topic,
    /// Only events of these types; none means all.
    pub types: Vec<TypeName>,
    /// Which part of the history.
    pub anchor: Anchor,
}

/// The part of a history that is shown, relative to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    /// The live end.
    Newest,
    /// Around one event.
    Event(EventId),
    /// Before an event.
    Before(EventId),
    /// After an event.
    After(EventId),
}

/// One query of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The direction.
    pub direction: Direction,
    /// The most events.
    pub limit: usize,
}

/// The direction of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Newest first, from before an event, or from the live end.
    Older(Option<EventId>),
    /// Oldest first, from after an event.
    Newer(EventId),
}

impl HistoryAddress {
    /// The live end of a topic's whole history.
    pub fn of(topic: Topic) -> Self {
        Self {
            topic,
            types: Vec::new(),
            anchor: Anchor::Newest,
        }
    }

    /// The live end of a room's messages.
    pub fn of_chat(topic: Topic) -> Self {
        Self {
            types: vec![EventType::Chat.into()],
            ..Self::of(topic)
        }
    }

    /// Whether it selects chat messages and nothing else.
    pub fn is_chat(&self) -> bool {
        matches!(self.types.as_slice(), [only] if only.known() == Some(EventType::Chat))
    }

    /// Parses the parameters of an address. Invalid parameters are ignored: a link that was cut
    /// short still shows the topic.
    pub fn parse<'a>(
        topic: Topic,
        types: impl Iterator<Item = &'a str>,
        cursor: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let cursor = |name| cursor(name).and_then(|text| text.parse().ok());
        let anchor = if let Some(id) = cursor("event") {
            Anchor::Event(id)
        } else if let Some(id) = cursor("before") {
            Anchor::Before(id)
        } else {
            cursor("after").map_or(Anchor::Newest, Anchor::After)
        };
        let mut address = Self {
            anchor,
            ..Self::of(topic)
        };
        for name in types.filter_map(|text| TypeName::new(text).ok()) {
            if address.types.len() < MOST_TYPES && !address.types.contains(&name) {
                address.types.push(name);
            }
        }
        address
    }

    /// The same topic and types at another anchor.
    #[must_use]
    pub fn anchored(&self, anchor: Anchor) -> Self {
        Self {
            anchor,
            ..self.clone()
        }
    }

    /// The address as a path with a query.
    pub fn href(&self) -> String {
        let mut href = format!("/topics/{}", self.topic);
        for name in &self.types {
            push_param(&mut href, "type", name.as_str());
        }
        let (name, id) = match self.anchor {
            Anchor::Newest => return href,
            Anchor::Event(id) => ("event", id),
            Anchor::Before(id) => ("before", id),
            Anchor::After(id) => ("after", id),
        };
        push_param(&mut href, name, &id.to_string());
        href
    }

    /// Whether both select the same events, whatever their anchors are.
    pub fn has_same_events(&self, other: &Self) -> bool {
        self.topic == other.topic && self.types == other.types
    }

    /// Whether the event belongs to the history.
    pub fn selects(&self, event: &Event) -> bool {
        event.topic == self.topic
            && (self.types.is_empty() || self.types.contains(&event.event_type))
    }

    /// The queries that answer the address from the log with this epoch: one for older events and
    /// one for newer ones. No event of another log is in this one, so an anchor with such an id is
    /// answered like the live end.
    pub fn queries(&self, epoch: Epoch) -> (Option<HistoryQuery>, Option<HistoryQuery>) {
        let older = |before, limit| {
            Some(HistoryQuery {
                direction: Direction::Older(before),
                limit,
            })
        };
        let newer = |after, limit| {
            Some(HistoryQuery {
                direction: Direction::Newer(after),
                limit,
            })
        };
        match self.anchor {
            Anchor::Event(id) if id.epoch == epoch => {
                // The events before it, and the event itself with the events after it.
                let before = EventId {
                    seq: id.seq.saturating_sub(1),
                    ..id
                };
                (older(Some(id), PAGE / 2), newer(before, PAGE / 2))
            }
            Anchor::Before(id) if id.epoch == epoch => (older(Some(id), PAGE), None),
            Anchor::After(id) if id.epoch == epoch => (None, newer(id, PAGE)),
            Anchor::Newest | Anchor::Event(_) | Anchor::Before(_) | Anchor::After(_) => {
                (older(None, PAGE), None)
            }
        }
    }

    /// The URL of the history that answers a query.
    pub fn api_url(&self, query: HistoryQuery) -> String {
        let (order, cursor) = match query.direction {
            Direction::Older(before) => ("desc", before.map(|id| ("before", id))),
            Direction::Newer(after) => ("asc", Some(("after", after))),
        };
        let mut url = format!("/api/history?order={order}&limit={}", query.limit);
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

    fn parse(params: &[(&str, &str)]) -> HistoryAddress {
        let all = |name: &str| {
            params
                .iter()
                .filter(move |(key, _)| *key == name)
                .map(|(_, value)| *value)
                .collect::<Vec<_>>()
        };
        let topic = Topic::new("host/metrics").unwrap();
        HistoryAddress::parse(topic, all("type").into_iter(), |name| {
            all(name).first().map(|text| (*text).to_owned())
        })
    }

    fn id(text: &str) -> EventId {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_types_and_an_anchor() {
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
    fn invalid_parameters_are_ignored() {
        let address = parse(&[
            ("type", ""),
            ("type", "a b"),
            ("type", "b"),
            ("type", "b"),
            ("event", "9f2c41d7"),
            ("before", "x"),
        ]);
        assert_eq!(address.href(), "/topics/host/metrics?type=b");
    }

    #[test]
    fn an_event_is_read_with_its_neighbours_and_once() {
        let event = id("9f2c41d7-100");
        let (older, newer) = parse(&[("event", "9f2c41d7-100")]).queries(event.epoch);
        assert_eq!(
            older.map(|query| query.direction),
            Some(Direction::Older(Some(event)))
        );
        assert_eq!(
            newer.map(|query| query.direction),
            Some(Direction::Newer(id("9f2c41d7-99")))
        );
        let (older, newer) = parse(&[("event", "00000000-100")]).queries(event.epoch);
        assert_eq!(
            (older.map(|query| query.direction), newer),
            (Some(Direction::Older(None)), None),
            "an id of another log"
        );
    }

    #[test]
    fn a_query_has_the_parameters_of_the_address() {
        let address = parse(&[("type", "a&b"), ("before", "9f2c41d7-5")]);
        let (older, _) = address.queries(id("9f2c41d7-5").epoch);
        assert_eq!(
            older.map(|query| address.api_url(query)).as_deref(),
            Some(
                "/api/history?order=desc&limit=50&topic=host%2Fmetrics&type=a%26b&before=9f2c41d7-5"
            )
        );
    }
}
