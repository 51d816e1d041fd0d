//! Retention: how long the log keeps events, by age, count and bytes, for the whole log and for
//! topic patterns.
//!
//! Where retention happens: the flags `--retain` and `--latest-only` are in
//! `server/src/config.rs`; limits, rules and defaults are here; the tick is `ticker.rs` (every
//! `Options::maintain_every`); `writer.rs` takes the steps between publishes;
//! `log/sqlite/prune.rs` removes events, and `log/sqlite/overdue.rs` finds them;
//! `log/sqlite/append.rs` replaces the events of latest-only topics.

use std::{str::FromStr, time::Duration};

use pulseboard_contract::{InvalidTopic, Topic, TopicPattern};

/// How long a log keeps events. Beyond a limit, the oldest events are removed first.
///
/// ```
/// use pulseboard_hub::Retention;
///
/// // By default: 7 days, 1,000,000 events or 1 GiB, whichever comes first.
/// let mut retention = Retention::default();
/// // Of the topics under `host`, one day and at most 64 MiB.
/// retention.add("host/** age=1d bytes=64MiB".parse()?);
/// // A rule for `**` changes the limits of the whole log.
/// retention.add("** events=500000".parse()?);
/// assert_eq!(retention.whole.events, Some(500_000));
/// assert_eq!(retention.rules.len(), 1);
/// # Ok::<(), pulseboard_hub::InvalidRule>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The limits of the whole log.
    pub whole: Limits,
    /// Narrower limits for some topics. The first rule whose pattern matches a topic applies to it,
    /// and the rule limits all its topics together.
    pub rules: Vec<RetentionRule>,
    /// The log keeps only the newest event of each matching topic. A replaced event does not count
    /// as lost, so it never causes a gap.
    pub latest_only: Vec<TopicPattern>,
}

/// Limits; `None` means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The highest age of an event, counted from when it was stored.
    pub age: Option<Duration>,
    /// The highest number of events.
    pub events: Option<u64>,
    /// The highest number of bytes: payload, attributes, and 64 for the record of each event.
    pub bytes: Option<u64>,
}

/// Limits for the topics of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionRule {
    /// Which topics.
    pub topics: TopicPattern,
    /// The limits of all these topics together.
    pub limits: Limits,
}

/// The text is not a retention rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// The first word is not a topic pattern.
    #[error("{0:?} is not a topic pattern: {1}")]
    Topics(String, InvalidTopic),
    /// A further word is not a limit.
    #[error("{0:?} is not a limit; limits are like age=7d, events=1000000 and bytes=1GiB")]
    Limit(String),
    /// The rule has no limit.
    #[error("a rule is a topic pattern and its limits, like 'host/** age=1d events=100000'")]
    Empty,
}

impl Default for Retention {
    /// 7 days, 1,000,000 events or 1 GiB, whichever comes first.
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
    /// Adds a rule. A rule for `**` limits the whole log: it replaces the limits it names and leaves
    /// the others unchanged.
    pub fn add(&mut self, rule: RetentionRule) {
        if rule.topics == TopicPattern::all() {
            self.whole.age = rule.limits.age.or(self.whole.age);
            self.whole.events = rule.limits.events.or(self.whole.events);
            self.whole.bytes = rule.limits.bytes.or(self.whole.bytes);
        } else {
            self.rules.push(rule);
        }
    }

    /// The index of the rule that applies to a topic.
    pub(crate) fn rule_of(&self, topic: &Topic) -> Option<usize> {
        self.rules
            .iter()
            .position(|rule| rule.topics.matches(topic))
    }

    /// Whether the log keeps only the newest event of a topic.
    pub(crate) fn is_latest_only(&self, topic: &Topic) -> bool {
        self.latest_only
            .iter()
            .any(|pattern| pattern.matches(topic))
    }
}

impl FromStr for RetentionRule {
    type Err = InvalidRule;

    /// Parses a pattern and its limits, separated by spaces or commas:
    /// `host/** age=1d events=100000 bytes=64MiB`.
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
                    let age = humantime::parse_duration(value).map_err(|_| invalid())?;
                    limits.age = Some(age).filter(|age| !age.is_zero());
                    limits.age.ok_or_else(invalid)?;
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

const SIZES: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("", 1),
];

/// Parses a number above zero with one of the units.
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
        for (text, hours) in [("age=90m age=3600s", 1), ("age=1d12h", 36), ("age=7d", 168)] {
            let rule: RetentionRule = format!("a {text}").parse().unwrap();
            assert_eq!(rule.limits.age, Some(Duration::from_hours(hours)), "{text}");
        }
    }

    #[test]
    fn an_invalid_rule_is_rejected_with_the_word_that_is_wrong() {
        for (text, part) in [
            ("", "a rule is"),
            ("host/**", "a rule is"),
            ("host/**/x age=1d", "\"host/**/x\""),
            ("a age=7", "\"age=7\""),
            ("a age=0d", "\"age=0d\""),
            ("a age=soon", "\"age=soon\""),
            (
                "a age=99999999999999999999d",
                "\"age=99999999999999999999d\"",
            ),
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
