//! Tests events against a filter.

use pulseboard_contract::{Event, TopicPattern, push_percent_encoded};

use super::path::{FieldTest, Path};

/// A parsed filter. The default matches every event.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::pages::inspector) struct Filter {
    /// An event has to match one of these, if there are any.
    pub(super) topics: Vec<TopicPattern>,
    /// An event has to be of one of these types, if there are any.
    pub(super) types: Vec<String>,
    /// An event has to match all of these.
    pub(super) conditions: Vec<Condition>,
}

/// A part of a filter that every event has to match.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    /// The part starts with `-`: the predicate must not hold.
    pub(super) is_negated: bool,
    pub(super) predicate: Predicate,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Predicate {
    Topic(TopicPattern),
    Type(String),
    /// Lower-case text that occurs anywhere in the event.
    Words(String),
    Field(Path, FieldTest),
}

impl Filter {
    /// Whether the event matches.
    pub(in crate::pages::inspector) fn matches(&self, event: &Event) -> bool {
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
            && (self.conditions.is_empty() || self.matches_conditions(event))
    }

    fn matches_conditions(&self, event: &Event) -> bool {
        // The lower-case copy is made once, and only for a filter that has words.
        let mut lower = None;
        self.conditions.iter().all(|condition| {
            let holds = match &condition.predicate {
                Predicate::Topic(pattern) => pattern.matches(&event.topic),
                Predicate::Type(name) => name == event.event_type.as_str(),
                Predicate::Field(path, test) => path.holds(event.data.as_str(), test),
                Predicate::Words(words) => lower
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

    /// Whether every event matches.
    pub(in crate::pages::inspector) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the server can apply the whole filter. It filters by topic and type only.
    pub(in crate::pages::inspector) fn runs_on_server(&self) -> bool {
        self.conditions.is_empty()
    }

    /// The topics and types as query parameters of `/api/history`, each with a leading `&`.
    pub(in crate::pages::inspector) fn query_params(&self) -> String {
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

    fn filter(text: &str) -> Filter {
        Filter::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    fn matches(text: &str) -> bool {
        filter(text).matches(&Event {
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
    fn topics_types_and_words_narrow_the_list() {
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
            assert!(matches(found), "{found:?}");
        }
        for missed in [
            "topic:deploys",
            "type:update",
            "grace",
            "ada grace",
            "type:chat topic:host/**",
        ] {
            assert!(!matches(missed), "{missed:?}");
        }
    }

    #[test]
    fn quoted_words_match_as_one_text() {
        assert!(matches(r#""is flat""#) && matches("flat is") && !matches(r#""flat is""#));
        assert!(
            matches("type:chat") && !matches(r#""type:chat""#),
            "a quoted type is plain text"
        );
    }

    #[test]
    fn a_part_with_a_minus_excludes_events() {
        assert!(matches("-type:heartbeat") && !matches("-type:chat"));
        assert!(matches("-topic:host/**") && !matches("-topic:chat/**"));
        assert!(matches("-grace") && !matches("-ada") && !matches(r#"-"is flat""#));
        assert!(matches("-data.user=Grace") && !matches("-data.user=Ada"));
    }

    #[test]
    fn paths_test_fields_of_the_payload() {
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
            assert!(matches(found), "{found:?}");
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
            assert!(!matches(missed), "{missed:?}");
        }
    }

    #[test]
    fn the_server_filters_by_topic_and_type() {
        let all = filter("topic:host/** topic:a type:x&y data.n>1");
        assert_eq!(
            all.query_params(),
            "&topic=host%2F%2A%2A&topic=a&type=x%26y"
        );
        assert!(
            !all.runs_on_server()
                && filter("topic:a type:b").runs_on_server()
                && !filter("-type:b").runs_on_server()
        );
        assert!(filter("  ").is_empty() && filter("-type:b").query_params().is_empty());
    }
}
