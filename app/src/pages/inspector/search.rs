//! What the inspector's search field means: `topic:host/**`, `type:chat`, and words that the payload must contain.

use pulseboard::{Event, TopicPattern};

/// A search, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Search {
    topics: Vec<TopicPattern>,
    types: Vec<String>,
    words: Vec<String>,
}

impl Search {
    /// Reads the field. The error names the part that is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut search = Self::default();
        for part in text.split_whitespace() {
            match part.split_once(':') {
                Some(("topic", pattern)) => {
                    search.topics.push(pattern.parse().map_err(|error| format!("topic:{pattern}: {error}"))?);
                }
                Some(("type", name)) if !name.is_empty() => search.types.push(name.to_owned()),
                _ => search.words.push(part.to_lowercase()),
            }
        }
        Ok(search)
    }

    /// Whether the event is found: on any of the topics, of any of the types, with all of the words.
    pub(super) fn finds(&self, event: &Event) -> bool {
        (self.topics.is_empty() || self.topics.iter().any(|pattern| pattern.matches(&event.topic)))
            && (self.types.is_empty() || self.types.iter().any(|name| name == event.event_type.as_str()))
            && (self.words.is_empty() || {
                let text = format!("{} {} {}", event.topic, event.event_type, event.data).to_lowercase();
                self.words.iter().all(|word| text.contains(word))
            })
    }
}

#[cfg(test)]
mod tests {
    use pulseboard::{Attributes, Json, Timestamp, Topic, TypeName};

    use super::*;

    fn finds(text: &str) -> bool {
        Search::parse(text).unwrap().finds(&Event {
            event_id: None,
            id: "1".into(),
            source: "/test".into(),
            event_type: TypeName::new("chat").unwrap(),
            topic: Topic::new("chat/general").unwrap(),
            time: Timestamp::from_millis(0).unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(r#"{"user":"Ada","text":"p99 flat"}"#).unwrap(),
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
            "topic:chat/* type:chat flat",
        ] {
            assert!(finds(found), "{found:?}");
        }
        for missed in ["topic:deploys", "type:update", "grace", "ada grace", "type:chat topic:host/**"] {
            assert!(!finds(missed), "{missed:?}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        assert!(Search::parse("topic:a/**/b").unwrap_err().starts_with("topic:a/**/b: "));
    }
}
