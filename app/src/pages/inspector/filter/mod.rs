//! The inspector's filter, one language for what comes and what is stored: `topic:host/**
//! -type:heartbeat data.cpu_percent>80 "disk is full"`.
//!
//! Topics are alternatives, and so are types; everything else has to hold. A `-` before a part
//! turns it round. Pure.

mod parse;
mod path;
mod suggest;

use pulseboard_contract::{Event, TopicPattern};

pub(super) use parse::asking_for;
use path::{Path, Test};
use pulseboard_contract::push_percent_encoded;
pub(super) use suggest::{Known, Suggestion, suggest};

/// A filter, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter {
    topics: Vec<TopicPattern>,
    types: Vec<String>,
    /// What has to hold as well.
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    /// It must not hold.
    is_negated: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Topic(TopicPattern),
    Type(String),
    /// Lower-case words that the event has somewhere.
    Words(String),
    Path(Path, Test),
}

impl Filter {
    /// Whether the event is found.
    pub(super) fn finds(&self, event: &Event) -> bool {
        (self.topics.is_empty()
            || self
                .topics
                .iter()
                .any(|pattern| pattern.matches(&event.topic)))
            && (self.types.is_empty()
                || self
                    .types
                    .iter()
                    .any(|name| name == event.event_type.as_str()))
            && (self.conditions.is_empty() || self.holds(event))
    }

    fn holds(&self, event: &Event) -> bool {
        // Words are looked for in a copy, made once and only where there are words.
        let mut lower = None;
        self.conditions.iter().all(|condition| {
            let holds = match &condition.what {
                What::Topic(pattern) => pattern.matches(&event.topic),
                What::Type(name) => name == event.event_type.as_str(),
                What::Path(path, test) => path.holds(event.data.as_str(), test),
                What::Words(words) => lower
                    .get_or_insert_with(|| {
                        format!(
                            "{} {} {} {}",
                            event.topic, event.event_type, event.source, event.data
                        )
                        .to_lowercase()
                    })
                    .contains(words),
            };
            holds != condition.is_negated
        })
    }

    /// Whether every event is found.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the server can do all of it: it knows topics and types, not what stands in the data.
    pub(super) fn is_the_servers(&self) -> bool {
        self.conditions.is_empty()
    }

    /// The part of it that the server can do, as parameters of `/api/history`, each with a leading
    /// `&`.
    pub(super) fn params(&self) -> String {
        let mut params = String::new();
        let topics = self
            .topics
            .iter()
            .map(|pattern| ("&topic=", pattern.as_str()));
        for (name, value) in topics.chain(self.types.iter().map(|name| ("&type=", name.as_str()))) {
            params.push_str(name);
            push_percent_encoded(&mut params, value);
        }
        params
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Attributes, Json, Timestamp, Topic, TypeName};

    use super::*;

    pub(super) fn filter(text: &str) -> Filter {
        Filter::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    fn finds(text: &str) -> bool {
        filter(text).finds(&Event {
            event_id: None,
            id: "1".into(),
            source: "/build/7".into(),
            event_type: TypeName::new("chat").unwrap(),
            topic: Topic::new("chat/general").unwrap(),
            time: Timestamp::from_millis(0).unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(r#"{"user":"Ada","text":"p99 is flat","n":81.5,"tags":["a","b c"],"ok":true,"at":{"city":"Ulm"}}"#)
                .unwrap(),
        })
    }

    #[test]
    fn topics_types_and_words_narrow_it_down() {
        for found in [
            "",
            "topic:**",
            "topic:chat/*",
            "topic:deploys topic:chat/**",
            "type:chat",
            "ada",
            "Ada p99",
            "build/7",
        ] {
            assert!(finds(found), "{found:?}");
        }
        for missed in [
            "topic:deploys",
            "type:update",
            "grace",
            "ada grace",
            "type:chat topic:host/**",
        ] {
            assert!(!finds(missed), "{missed:?}");
        }
    }

    #[test]
    fn quoted_words_stand_together() {
        assert!(finds(r#""is flat""#) && finds("flat is") && !finds(r#""flat is""#));
        assert!(
            finds("type:chat") && !finds(r#""type:chat""#),
            "in quotes a type is only words"
        );
    }

    #[test]
    fn a_part_with_a_minus_must_not_hold() {
        assert!(finds("-type:heartbeat") && !finds("-type:chat"));
        assert!(finds("-topic:host/**") && !finds("-topic:chat/**"));
        assert!(finds("-grace") && !finds("-ada") && !finds(r#"-"is flat""#));
        assert!(finds("-data.user=Grace") && !finds("-data.user=Ada"));
    }

    #[test]
    fn paths_look_into_the_data() {
        for found in [
            "data.user",
            "data.user=Ada",
            "data.n>80",
            "data.n>=81.5",
            "data.n<82",
            "data.n=81.50",
            "data.n!=3",
            "data.text~FLAT",
            "data.tags[0]=a",
            "data.tags[*]=\"b c\"",
            "data.at.city=Ulm",
            "data.ok=true",
            "data.user>=Ab",
            "data[\"user\"]=Ada",
            "-data.error",
            "data.user!=Grace data.n>1",
        ] {
            assert!(finds(found), "{found:?}");
        }
        for missed in [
            "data.error",
            "data.user=ada",
            "data.n>82",
            "data.n<=3",
            "data.tags[2]",
            "data.tags[*]=z",
            "data.error!=1",
            "data.ok=1",
            "data.user.name",
            "data.n=\"81.5 \"",
        ] {
            assert!(!finds(missed), "{missed:?}");
        }
    }

    #[test]
    fn the_server_is_asked_for_what_it_knows() {
        let all = filter("topic:host/** topic:a type:x&y data.n>1");
        assert_eq!(all.params(), "&topic=host%2F%2A%2A&topic=a&type=x%26y");
        assert!(
            !all.is_the_servers()
                && filter("topic:a type:b").is_the_servers()
                && !filter("-type:b").is_the_servers()
        );
        assert!(filter("  ").is_empty() && filter("-type:b").params().is_empty());
    }
}
