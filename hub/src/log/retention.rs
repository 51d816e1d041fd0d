//! Retention: how long events are kept, by age, count and bytes, for the whole log and for some
//! topics more narrowly.

use std::{str::FromStr, time::Duration};

use pulseboard_contract::{Topic, TopicPattern};

/// What a log keeps. Whatever goes over a limit goes from the oldest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The bounds of the whole log.
    pub whole: Limits,
    /// Narrower bounds; a topic falls under the first rule that selects it, and a rule bounds all
    /// its topics together.
    pub rules: Vec<RetentionRule>,
    /// Of each of these topics only the newest event is kept. What it replaces is not a loss, hence
    /// never a gap.
    pub latest_only: Vec<TopicPattern>,
}

/// Bounds; `None` is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long ago an event may have been stored.
    pub age: Option<Duration>,
    /// How many events there may be.
    pub events: Option<u64>,
    /// How many bytes they may have: data, attributes, and 64 for each event's own record.
    pub bytes: Option<u64>,
}

/// Bounds for the topics of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionRule {
    /// Which topics.
    pub topics: TopicPattern,
    /// What they keep, all together.
    pub limits: Limits,
}

/// The text is not a retention rule; the message says what one is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// The pattern before the limits.
    #[error("{0:?} is not a topic pattern: {1}")]
    Topics(String, pulseboard_contract::InvalidTopic),
    /// One of the limits.
    #[error("{0:?} is not a limit; limits are like age=7d, events=1000000 and bytes=1GiB")]
    Limit(String),
    /// No limit at all.
    #[error("a rule is a topic pattern and its limits, like 'host/** age=1d events=100000'")]
    Empty,
}

impl Default for Retention {
    /// Seven days, a million events, one GiB.
    fn default() -> Self {
        let whole = Limits {
            age: Some(Duration::from_hours(7 * 24)),
            events: Some(1_000_000),
            bytes: Some(1024 * 1024 * 1024),
        };
        Self {
            whole,
            rules: Vec::new(),
            latest_only: Vec::new(),
        }
    }
}

impl Retention {
    /// Adds a rule. One for `**` bounds the whole log: it replaces the limits it names and leaves
    /// the others as they are.
    pub fn add(&mut self, rule: RetentionRule) {
        if rule.topics == TopicPattern::all() {
            self.whole.age = rule.limits.age.or(self.whole.age);
            self.whole.events = rule.limits.events.or(self.whole.events);
            self.whole.bytes = rule.limits.bytes.or(self.whole.bytes);
        } else {
            self.rules.push(rule);
        }
    }

    /// The rule a topic falls under.
    pub(crate) fn rule_of(&self, topic: &Topic) -> Option<usize> {
        self.rules
            .iter()
            .position(|rule| rule.topics.matches(topic))
    }

    /// Whether a topic keeps its newest event alone.
    pub(crate) fn is_latest_only(&self, topic: &Topic) -> bool {
        self.latest_only
            .iter()
            .any(|pattern| pattern.matches(topic))
    }
}

impl FromStr for RetentionRule {
    type Err = InvalidRule;

    /// A pattern and limits, between spaces or commas: `host/** age=1d events=100000 bytes=64MiB`.
    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let pattern = words.next().ok_or(InvalidRule::Empty)?;
        let topics = pattern
            .parse()
            .map_err(|error| InvalidRule::Topics(pattern.to_owned(), error))?;
        let mut limits = Limits::default();
        for word in words {
            let invalid = || InvalidRule::Limit(word.to_owned());
            match word.split_once('=').ok_or_else(invalid)? {
                ("age", value) => {
                    limits.age = Some(Duration::from_secs(
                        scaled(value, &AGES).ok_or_else(invalid)?,
                    ));
                }
                ("events", value) => {
                    limits.events = Some(scaled(value, &[("", 1)]).ok_or_else(invalid)?);
                }
                ("bytes", value) => limits.bytes = Some(scaled(value, &SIZES).ok_or_else(invalid)?),
                _ => return Err(invalid()),
            }
        }
        if limits == Limits::default() {
            return Err(InvalidRule::Empty);
        }
        Ok(Self { topics, limits })
    }
}

const AGES: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 24 * 3600)];
const SIZES: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("", 1),
];

/// A number above zero with one of the units.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let (_, factor) = units
        .iter()
        .find(|(unit, _)| *unit == &text[digits.len()..])?;
    digits
        .parse::<u64>()
        .ok()
        .filter(|&number| number > 0)?
        .checked_mul(*factor)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_pattern_and_limits_with_units() {
        let rule: RetentionRule = "host/** age=36h, events=1000 bytes=2MiB".parse().unwrap();
        let limits = Limits {
            age: Some(Duration::from_hours(36)),
            events: Some(1000),
            bytes: Some(2 * 1024 * 1024),
        };
        assert_eq!((rule.topics.as_str(), rule.limits), ("host/**", limits));
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_word_that_is_wrong() {
        for (text, part) in [
            ("", "a rule is"),
            ("host/**", "a rule is"),
            ("host/**/x age=1d", "\"host/**/x\""),
            ("a age=7", "\"age=7\""),
            ("a age=0d", "\"age=0d\""),
            ("a events=1k", "\"events=1k\""),
            ("a bytes=99999999999GiB", "\"bytes=99999999999GiB\""),
            ("a size=1", "\"size=1\""),
            ("a much", "\"much\""),
        ] {
            let message = text.parse::<RetentionRule>().unwrap_err().to_string();
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }

    #[test]
    fn a_rule_for_everything_changes_only_the_limits_it_names() {
        let mut retention = Retention::default();
        retention.add("** events=5".parse().unwrap());
        assert_eq!(
            retention.whole,
            Limits {
                events: Some(5),
                ..Retention::default().whole
            }
        );
        assert!(retention.rules.is_empty());
    }
}
