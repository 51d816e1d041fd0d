//! The tiles of the board, derived from the data of the topics without configuration.

use pulseboard_contract::{
    Room, Topic,
    reserved::{BOARD_TOPIC, HOST_TOPIC},
};

use super::{Feed, TopicFeed};

/// One tile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Widget {
    /// The machine's measurements: one large value for each tile.
    Host(Topic),
    /// Numbers: a chart for each group of fields that share a scale.
    Numbers(Topic),
    /// Switches and words: their value now, since when, and their values before.
    States(Topic),
    /// Lines of text, newest first.
    Lines(Topic),
    /// A chat room.
    Room(Topic),
    /// The notifications of all topics.
    Notices,
}

impl Widget {
    /// The topic that it shows; none if it shows all topics.
    pub fn topic(&self) -> Option<&Topic> {
        match self {
            Self::Host(topic)
            | Self::Numbers(topic)
            | Self::States(topic)
            | Self::Lines(topic)
            | Self::Room(topic) => Some(topic),
            Self::Notices => None,
        }
    }
}

/// The tiles in a stable order: the machine, numbers, states, lines, notifications, rooms; by name
/// within each. New data never moves a tile; a new topic adds one.
pub(super) fn widgets(feed: &Feed) -> Vec<Widget> {
    let topics = || {
        feed.topics()
            .filter(|topic| topic.topic().as_str() != BOARD_TOPIC)
    };
    let pick = |select: fn(&TopicFeed) -> bool, widget: fn(Topic) -> Widget| {
        topics()
            .filter(move |topic| select(topic))
            .map(move |topic| widget(topic.topic().clone()))
    };
    let mut widgets: Vec<_> = pick(is_host, Widget::Host)
        .chain(pick(
            |topic| topic.series().len() > 0 && !is_host(topic),
            Widget::Numbers,
        ))
        .chain(pick(
            |topic| topic.series().len() == 0 && !topic.states().is_empty(),
            Widget::States,
        ))
        .chain(pick(
            |topic| topic.rows().len() > 0 && !is_room(topic) && !has_only_notices(topic),
            Widget::Lines,
        ))
        .collect();
    if feed.notices().len() > 0 {
        widgets.push(Widget::Notices);
    }
    widgets.extend(pick(is_room, Widget::Room));
    widgets
}

/// The fields of the host source identify it. Any publisher that sends them on this topic gets the
/// same tiles.
fn is_host(topic: &TopicFeed) -> bool {
    topic.topic().as_str() == HOST_TOPIC
        && ["cpu_percent", "memory_used_bytes"]
            .iter()
            .any(|field| topic.field(field).is_some())
}

fn is_room(topic: &TopicFeed) -> bool {
    Room::of(topic.topic()).is_some()
}

/// The notifications' tile shows a topic that has only notifications.
fn has_only_notices(topic: &TopicFeed) -> bool {
    topic.rows().all(|row| row.severity.is_some())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, feed};
    use super::*;

    #[test]
    fn every_kind_of_data_finds_its_tile_in_a_stable_order() {
        let chat = r#"{"user":"Ada","text":"hi","time":"2024-01-01T12:00:00Z"}"#;
        let feed = feed(vec![
            event(1, "chat/general", "chat", chat),
            event(2, "deploys", "com.ci.deploy", r#"{"service":"api"}"#),
            event(
                3,
                "alerts",
                "notification",
                r#"{"type":"error","message":"x"}"#,
            ),
            event(4, "office/sensor", "message", r#"{"temperature":21.4}"#),
            event(5, "host/metrics", "metrics", r#"{"memory_used_bytes":3}"#),
            event(6, "board", "message", r#""not a tile""#),
            event(7, "door", "message", r#"{"open":true}"#),
        ]);
        let topic = |name: &str| Topic::new(name).unwrap();
        assert_eq!(
            feed.widgets(),
            [
                Widget::Host(topic("host/metrics")),
                Widget::Numbers(topic("office/sensor")),
                Widget::States(topic("door")),
                Widget::Lines(topic("deploys")),
                Widget::Notices,
                Widget::Room(topic("chat/general")),
            ]
        );
    }
}
