//! Topics, path-like names such as `host/metrics`, and the patterns that select them.

mod pattern;

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::limits;

pub use pattern::TopicPattern;

/// A valid topic: 1 to 16 segments joined by `/`, at most 200 bytes. A segment has letters and
/// digits of any script and `- _ . ~ : @ +`. It is neither `.` nor `..`, which URLs resolve away.
///
/// ```
/// use pulseboard_contract::{InvalidTopic, Topic};
///
/// let topic = Topic::new("host/metrics")?;
/// assert_eq!(topic.as_str(), "host/metrics");
/// assert_eq!(Topic::new("host metrics"), Err(InvalidTopic::Character));
/// # Ok::<(), InvalidTopic>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

/// The text is not a topic or a topic pattern. The message states the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTopic {
    /// Over 200 bytes or 16 segments.
    #[error(
        "a topic has at most {} bytes and {} segments",
        limits::TOPIC_BYTES,
        limits::TOPIC_SEGMENTS
    )]
    TooLong,
    /// An empty name or segment.
    #[error("a topic is one or more non-empty segments joined by '/', like host/metrics")]
    EmptySegment,
    /// A character that no segment may have, or a segment of dots.
    #[error("a topic segment has letters, digits and - _ . ~ : @ + only, and is not '.' or '..'")]
    Character,
    /// `**` before the end of a pattern.
    #[error("'**' is allowed only as the last segment of a pattern")]
    RestNotLast,
}

impl Topic {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a topic; the error states the rule that it breaks.
    pub fn new(text: &str) -> Result<Self, InvalidTopic> {
        check_length(text)?;
        text.split('/').try_for_each(check_segment)?;
        Ok(Self(text.into()))
    }

    /// A name of ours, which is known to be valid.
    pub(crate) fn known(text: &'static str) -> Self {
        Self(text.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_length(text: &str) -> Result<(), InvalidTopic> {
    if text.len() > limits::TOPIC_BYTES || text.split('/').count() > limits::TOPIC_SEGMENTS {
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

impl Borrow<str> for Topic {
    /// Topics are ordered like their text, so a map of them can be searched by text.
    fn borrow(&self) -> &str {
        &self.0
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
use text_impls;
text_impls!(Topic);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    }

    #[test]
    fn an_error_states_the_rule() {
        assert_eq!(
            InvalidTopic::TooLong.to_string(),
            "a topic has at most 200 bytes and 16 segments"
        );
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,300}") {
            let _ = Topic::new(&text);
            let _ = text.parse::<TopicPattern>();
        }
    }
}
