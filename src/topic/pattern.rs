//! Patterns that select topics.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{InvalidTopic, Topic, check_length, check_segment, text_impls};

/// Selects topics: `*` matches one segment, and a final `**` matches one or more further segments.
/// `**` alone matches every topic.
///
/// ```
/// use pulseboard_contract::{Topic, TopicPattern};
///
/// let pattern: TopicPattern = "host/*/cpu".parse()?;
/// assert!(pattern.matches(&Topic::new("host/web-1/cpu")?));
/// assert!(!pattern.matches(&Topic::new("host/cpu")?));
/// # Ok::<(), pulseboard_contract::InvalidTopic>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TopicPattern(Arc<str>);

impl TopicPattern {
    /// The pattern that matches every topic, `**`.
    pub fn all() -> Self {
        Self("**".into())
    }

    /// Whether the pattern selects the topic.
    pub fn matches(&self, topic: &Topic) -> bool {
        // Most patterns are the name of one topic.
        if self.0 == topic.0 {
            return true;
        }
        let mut segments = topic.0.split('/');
        for wanted in self.0.split('/') {
            match (wanted, segments.next()) {
                // `a/**` selects the topics under `a`, not `a` itself.
                ("**", Some(_)) => return true,
                ("*", Some(_)) => {}
                (literal, Some(segment)) if literal == segment => {}
                (_, _) => return false,
            }
        }
        segments.next().is_none()
    }

    /// The one topic that it selects, if it has no wildcard.
    pub fn literal(&self) -> Option<Topic> {
        (self.literal_prefix().len() == self.0.len()).then(|| Topic(self.0.clone()))
    }

    /// The text before its first wildcard: every topic that it selects begins with it.
    pub fn literal_prefix(&self) -> &str {
        let mut end = 0;
        for segment in self.0.split('/') {
            if segment == "*" || segment == "**" {
                return &self.0[..end];
            }
            end += segment.len() + 1;
        }
        &self.0
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Topic> for TopicPattern {
    /// The pattern that selects only this topic.
    fn from(topic: &Topic) -> Self {
        Self(topic.0.clone())
    }
}

impl FromStr for TopicPattern {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, InvalidTopic> {
        check_length(text)?;
        let mut segments = text.split('/').peekable();
        while let Some(segment) = segments.next() {
            match segment {
                "*" => {}
                "**" if segments.peek().is_none() => {}
                "**" => return Err(InvalidTopic::RestNotLast),
                literal => check_segment(literal)?,
            }
        }
        Ok(Self(text.into()))
    }
}

text_impls!(TopicPattern);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, topic: &str, expected: bool) {
        let (pattern, topic): (TopicPattern, Topic) =
            (pattern.parse().unwrap(), topic.parse().unwrap());
        assert_eq!(pattern.matches(&topic), expected, "{pattern} on {topic}");
    }

    #[test]
    fn patterns_select_by_segment() {
        check("**", "deploys", true);
        check("**", "host/metrics", true);
        check("host/**", "host/metrics", true);
        check("host/**", "host/web-1/cpu", true);
        check("host/**", "host", false);
        check("host/**", "hosts/metrics", false);
        check("*", "deploys", true);
        check("*", "host/metrics", false);
        check("chat/*", "chat/general", true);
        check("chat/*", "chat/general/thread", false);
        check("*/metrics", "host/metrics", true);
        check("host/metrics", "host/metrics", true);
        check("host/metrics", "host/metric", false);
        check("büro/*", "büro/wärme", true);
    }

    #[test]
    fn a_double_star_before_the_end_is_refused() {
        assert_eq!(
            "a/**/b".parse::<TopicPattern>(),
            Err(InvalidTopic::RestNotLast)
        );
    }

    proptest! {
        #[test]
        fn a_topic_is_selected_by_itself_and_by_everything(text in "[a-z0-9._~:@+-]{1,8}(/[a-z0-9_]{1,8}){0,4}") {
            if let Ok(topic) = Topic::new(&text) {
                prop_assert!(TopicPattern::from(&topic).matches(&topic));
                prop_assert!(TopicPattern::all().matches(&topic));
            }
        }
    }

    #[test]
    fn a_pattern_tells_where_to_look() {
        let prefix = |text: &str| {
            text.parse::<TopicPattern>()
                .unwrap()
                .literal_prefix()
                .to_owned()
        };
        assert_eq!(
            ["host/*/cpu", "host/**", "**", "*", "a/b"].map(prefix),
            ["host/", "host/", "", "", "a/b"]
        );
        assert_eq!(
            "a/b".parse::<TopicPattern>().unwrap().literal(),
            Some(Topic::new("a/b").unwrap())
        );
        assert_eq!("a/*".parse::<TopicPattern>().unwrap().literal(), None);
    }
}
