//! The filter of a stream or query: topic patterns and event types.

use pulseboard_contract::{Event, Topic, TopicPattern, TypeName};

/// Selects events by topic and type: one of the patterns must match the topic, and the type must be
/// one of the types.
///
/// ```
/// use pulseboard_contract::{Topic, TypeName};
/// use pulseboard_hub::Filter;
///
/// let filter = Filter::new(["host/**".parse()?], ["metrics".parse()?]);
/// assert!(filter.selects_name(&Topic::new("host/web-1")?, &TypeName::new("metrics")?));
/// assert!(!filter.selects_name(&Topic::new("host/web-1")?, &TypeName::new("chat")?));
/// assert!(Filter::all().selects_name(&Topic::new("chat")?, &TypeName::new("chat")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    topics: Vec<TopicPattern>,
    types: Vec<TypeName>,
}

impl Filter {
    /// Selects every event.
    pub fn all() -> Self {
        Self::new([], [])
    }

    /// Selects the events of these types on these topics. Without patterns it selects every topic,
    /// without types every type.
    pub fn new(
        topics: impl IntoIterator<Item = TopicPattern>,
        types: impl IntoIterator<Item = TypeName>,
    ) -> Self {
        let mut topics: Vec<_> = topics.into_iter().collect();
        // `**` makes the other patterns redundant. Without them `is_all` is exact.
        if topics.iter().any(|pattern| *pattern == TopicPattern::all()) {
            topics.clear();
        }
        Self {
            topics,
            types: types.into_iter().collect(),
        }
    }

    /// Whether the filter selects the event.
    pub fn selects(&self, event: &Event) -> bool {
        self.selects_name(&event.topic, &event.event_type)
    }

    /// Whether the filter selects events of this type on this topic.
    pub fn selects_name(&self, topic: &Topic, event_type: &TypeName) -> bool {
        self.selects_type(event_type)
            && (self.topics.is_empty() || self.topics.iter().any(|pattern| pattern.matches(topic)))
    }

    /// Whether the filter selects events of this type, on the topics it selects.
    pub fn selects_type(&self, event_type: &TypeName) -> bool {
        self.types.is_empty() || self.types.contains(event_type)
    }

    /// The topic patterns; empty if the filter selects every topic.
    pub fn topics(&self) -> &[TopicPattern] {
        &self.topics
    }

    /// Whether the filter selects every event. Then the events between two ids can be counted
    /// without reading them.
    pub fn is_all(&self) -> bool {
        self.topics.is_empty() && self.types.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(topics: &[&str], types: &[&str]) -> Filter {
        Filter::new(
            topics.iter().map(|topic| topic.parse().unwrap()),
            types.iter().map(|name| name.parse().unwrap()),
        )
    }

    fn selects(filter: &Filter, topic: &str, event_type: &str) -> bool {
        filter.selects_name(&topic.parse().unwrap(), &event_type.parse().unwrap())
    }

    #[test]
    fn topic_and_type_must_both_match() {
        let filter = filter(&["host/*", "ops"], &["metrics", "chat"]);
        for (topic, event_type, expected) in [
            ("host/a", "metrics", true),
            ("ops", "chat", true),
            ("host/a/b", "metrics", false),
            ("host/a", "update", false),
            ("other", "update", false),
        ] {
            assert_eq!(
                selects(&filter, topic, event_type),
                expected,
                "{topic} {event_type}"
            );
        }
    }

    #[test]
    fn no_pattern_means_every_topic_and_no_type_means_every_type() {
        assert!(selects(&filter(&[], &["chat"]), "any/topic", "chat"));
        assert!(!selects(&filter(&[], &["chat"]), "any/topic", "update"));
        assert!(selects(&filter(&["a"], &[]), "a", "anything"));
        assert!(!selects(&filter(&["a"], &[]), "b", "anything"));
    }

    #[test]
    fn a_pattern_for_every_topic_replaces_the_others() {
        assert_eq!(filter(&["a", "**", "b/*"], &[]), Filter::all());
        assert_eq!(filter(&["**"], &["x"]).topics(), []);
    }

    #[test]
    fn only_a_filter_without_patterns_and_types_selects_everything() {
        assert!(Filter::all().is_all());
        assert!(!filter(&["*"], &[]).is_all(), "`*` is one segment only");
        assert!(!filter(&[], &["x"]).is_all());
    }
}
