//! Conflation: keeps only the newest event of each topic, for streams that show the current state
//! and not the history.

use std::collections::HashSet;

use pulseboard_contract::{Event, Topic, TypeName};

/// Items with equal keys replace each other.
#[derive(PartialEq, Eq, Hash)]
enum ConflateKey<'a> {
    Topic(&'a Topic),
    /// An ephemeral event, such as `typing`, must not replace a stored event of its topic.
    Ephemeral(&'a Topic, &'a TypeName),
    Heartbeat,
}

impl<'a> ConflateKey<'a> {
    fn of(event: Option<&'a Event>) -> Self {
        match event {
            Some(event) if event.event_id.is_some() => Self::Topic(&event.topic),
            Some(event) => Self::Ephemeral(&event.topic, &event.event_type),
            None => Self::Heartbeat,
        }
    }
}

/// Keeps the newest item of each key and the order of the items.
pub(crate) fn keep_latest<T>(items: &mut Vec<T>, event: impl Fn(&T) -> Option<&Event>) {
    let mut is_kept: Vec<bool> = {
        let mut seen = HashSet::new();
        items
            .iter()
            .rev()
            .map(|item| seen.insert(ConflateKey::of(event(item))))
            .collect()
    };
    items.retain(|_| is_kept.pop().unwrap_or(true));
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Attributes, Epoch, EventId, Json, Timestamp};

    use super::*;

    fn item(seq: Option<u64>, topic: &str, event_type: &str) -> Event {
        Event {
            event_id: seq.map(|seq| EventId {
                epoch: Epoch::new(1),
                seq,
            }),
            id: String::new(),
            source: "/test".into(),
            event_type: TypeName::new(event_type).unwrap(),
            topic: Topic::new(topic).unwrap(),
            time: Timestamp::from_millis(0).unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse("1").unwrap(),
        }
    }

    #[test]
    fn the_newest_event_of_each_topic_stays_and_ephemeral_events_replace_no_stored_event() {
        let mut items = vec![
            Some(item(Some(1), "a", "x")),
            None,
            Some(item(Some(2), "b", "x")),
            Some(item(Some(3), "a", "y")),
            Some(item(None, "a", "typing")),
            Some(item(None, "a", "presence")),
            Some(item(None, "a", "typing")),
            None,
            Some(item(Some(4), "a", "x")),
            Some(item(None, "b", "typing")),
        ];
        let all = items.clone();
        keep_latest(&mut items, Option::as_ref);
        let kept = [2, 5, 6, 7, 8, 9].map(|index| all[index].clone());
        assert_eq!(items, kept);
    }
}
