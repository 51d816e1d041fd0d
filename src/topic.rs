//! Topics, path-like names such as `host/metrics`, and the patterns that select them.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// The longest topic or pattern, in bytes. It bounds what a name costs in memory, in the log and in
/// a URL.
const MAX_BYTES: usize = 200;
/// The most segments of a topic or pattern.
const MAX_SEGMENTS: usize = 16;

/// A valid topic: 1 to 16 segments joined by `/`, 200 bytes at most; a segment is letters and
/// digits of any script and `- _ . ~ : @ +`, but neither `.` nor `..`, which URLs would fold away.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

/// The text is not a topic or pattern; the message says what one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTopic {
    /// Over 200 bytes or 16 segments.
    #[error("a topic has 200 bytes and 16 segments at the most")]
    TooLong,
    /// An empty name or segment.
    #[error("a topic is one or more non-empty segments joined by '/', like host/metrics")]
    EmptySegment,
    /// A character no segment has, or a segment of dots.
    #[error("a topic segment has letters, digits and - _ . ~ : @ + only, and is not '.' or '..'")]
    Character,
    /// `**` before the end of a pattern.
    #[error("'**' stands only as the last segment of a pattern")]
    RestNotLast,
}

impl Topic {
    /// Checks a name.
    pub fn new(text: &str) -> Result<Self, InvalidTopic> {
        check_length(text)?;
        text.split('/').try_for_each(check_segment)?;
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows `prefix/`, where that is one segment: the room of `chat/general` under `chat`.
    pub fn leaf_under(&self, prefix: &str) -> Option<&str> {
        self.0
            .strip_prefix(prefix)?
            .strip_prefix('/')
            .filter(|leaf| !leaf.contains('/'))
    }
}

fn check_length(text: &str) -> Result<(), InvalidTopic> {
    if text.len() > MAX_BYTES || text.split('/').count() > MAX_SEGMENTS {
        Err(InvalidTopic::TooLong)
    } else {
        Ok(())
    }
}

fn check_segment(segment: &str) -> Result<(), InvalidTopic> {
    if segment.is_empty() {
        return Err(InvalidTopic::EmptySegment);
    }
    let is_dots = segment == "." || segment == "..";
    if is_dots
        || !segment
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.~:@+".contains(c))
    {
        return Err(InvalidTopic::Character);
    }
    Ok(())
}

/// Selects topics: `*` stands for one segment, a final `**` for any number of further ones (and,
/// alone, for every topic).
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
    /// The pattern every topic matches, `**`.
    pub fn all() -> Self {
        Self("**".into())
    }

    /// Whether the topic is selected.
    pub fn matches(&self, topic: &Topic) -> bool {
        // Most patterns are the name of a topic.
        if self.0 == topic.0 {
            return true;
        }
        let mut segments = topic.0.split('/');
        for wanted in self.0.split('/') {
            match (wanted, segments.next()) {
                // `a/**` selects what lies under `a`, not `a` itself.
                ("**", Some(_)) => return true,
                ("*", Some(_)) => {}
                (literal, Some(segment)) if literal == segment => {}
                (_, _) => return false,
            }
        }
        segments.next().is_none()
    }

    /// The one topic it selects, where it has no wildcard.
    pub fn literal(&self) -> Option<Topic> {
        (self.literal_prefix().len() == self.0.len()).then(|| Topic(self.0.clone()))
    }

    /// What every topic it selects begins with: the text before its first wildcard.
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

    /// The pattern's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Topic {
    /// Topics are ordered as their text is, so that maps of them can be searched by it.
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&Topic> for TopicPattern {
    /// The pattern only this topic matches.
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

impl FromStr for Topic {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, InvalidTopic> {
        Self::new(text)
    }
}

macro_rules! text_impls {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}
text_impls!(Topic);
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
    fn bad_names_are_refused_with_their_reason() {
        for (text, reason) in [
            ("", InvalidTopic::EmptySegment),
            ("/a", InvalidTopic::EmptySegment),
            ("a//b", InvalidTopic::EmptySegment),
            ("a/", InvalidTopic::EmptySegment),
            ("a b", InvalidTopic::Character),
            ("a/*", InvalidTopic::Character),
            ("a\nb", InvalidTopic::Character),
            ("a\0", InvalidTopic::Character),
            ("a/../b", InvalidTopic::Character),
            ("<script>", InvalidTopic::Character),
        ] {
            assert_eq!(Topic::new(text), Err(reason), "{text:?}");
        }
        assert_eq!(Topic::new(&"a".repeat(201)), Err(InvalidTopic::TooLong));
        assert_eq!(Topic::new(&["a"; 17].join("/")), Err(InvalidTopic::TooLong));
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

        #[test]
        fn parsing_never_panics(text in ".{0,300}") {
            let _ = Topic::new(&text);
            let _ = text.parse::<TopicPattern>();
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
