//! What a subscriber asked for: topic patterns and event types.

use pulseboard_contract::{Event, Topic, TopicPattern, TypeName};

/// Selects events: those whose topic any of the patterns matches and whose type is among the types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    topics: Vec<TopicPattern>,
    types: Vec<TypeName>,
}

impl Filter {
    /// Every event.
    pub fn all() -> Self {
        Self::new([], [])
    }

    /// The events on these topics, of these types. No pattern means every topic, no type means
    /// every type.
    pub fn new(
        topics: impl IntoIterator<Item = TopicPattern>,
        types: impl IntoIterator<Item = TypeName>,
    ) -> Self {
        let mut topics: Vec<_> = topics.into_iter().collect();
        // `**` beside others selects what it selects alone; dropping the rest lets `is_all` be
        // exact.
        if topics.iter().any(|pattern| *pattern == TopicPattern::all()) {
            topics.clear();
        }
        Self {
            topics,
            types: types.into_iter().collect(),
        }
    }

    /// Whether the event is selected.
    pub fn selects(&self, event: &Event) -> bool {
        self.selects_name(&event.topic, &event.event_type)
    }

    /// Whether events of this type on this topic are selected.
    pub fn selects_name(&self, topic: &Topic, event_type: &TypeName) -> bool {
        self.selects_type(event_type)
            && (self.topics.is_empty() || self.topics.iter().any(|pattern| pattern.matches(topic)))
    }

    /// Whether events of this type are selected, on topics that are.
    pub fn selects_type(&self, event_type: &TypeName) -> bool {
        self.types.is_empty() || self.types.contains(event_type)
    }

    /// The patterns; none where every topic is selected.
    pub fn topics(&self) -> &[TopicPattern] {
        &self.topics
    }

    /// Whether every event is selected, so that the events between two ids can be counted without
    /// looking at them.
    pub fn is_all(&self) -> bool {
        self.topics.is_empty() && self.types.is_empty()
    }
}
