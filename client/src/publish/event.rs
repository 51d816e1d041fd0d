//! Builds an event from a line: its attributes, its data, and an id that makes a retry idempotent.

use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use pulseboard_contract::{
    Attributes, Event, Json, Message, Payload, Timestamp, Topic, TypeName,
    limits::{EVENT_BYTES, SOURCE_BYTES},
    push_percent_encoded,
};

use crate::duration::parse_duration;

/// What all events of one run share.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) topic: Topic,
    pub(super) event_type: TypeName,
    pub(super) source: String,
    pub(super) expires: Option<Expires>,
    /// A random number for this run. Together with the line number it makes a unique id.
    pub(super) run: u64,
    pub(super) is_json: bool,
}

impl Template {
    /// The envelope of one event.
    ///
    /// # Errors
    /// If the text is too long, or must be JSON and is not.
    pub(super) fn event(
        &self,
        id: Option<String>,
        line: u64,
        text: &str,
        now: Timestamp,
    ) -> Result<Json, String> {
        if text.len() > EVENT_BYTES {
            return Err("longer than 64 KiB".to_owned());
        }
        let data = if self.is_json {
            Json::parse(text).map_err(|error| error.to_string())?
        } else {
            Payload::Message(Message {
                message: text.to_owned(),
                timestamp: now,
            })
            .json()
        };
        let event = Event {
            event_id: None,
            id: id.unwrap_or_else(|| format!("{:016x}-{line}", self.run)),
            source: self.source.clone(),
            event_type: self.event_type.clone(),
            topic: self.topic.clone(),
            time: now,
            expires: self.expires.map(|expires| expires.after(now)),
            attributes: Attributes::default(),
            data,
        };
        Ok(event.to_json())
    }
}

/// When an event expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expires {
    At(Timestamp),
    In(Duration),
}

impl Expires {
    fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::In(duration) => {
                let millis = now
                    .millis()
                    .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
                // Only a clock that is near the year 9999 gets here.
                Timestamp::from_millis(millis).unwrap_or(now)
            }
        }
    }
}

impl FromStr for Expires {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        let duration = parse_duration(text);
        duration.map(Self::In).map_err(|_| {
            "expected a time like 2024-01-01T12:00:00Z or a duration like 1h".to_owned()
        })
    }
}

/// The current time, in milliseconds.
pub(super) fn now() -> Timestamp {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let time = Timestamp::from_millis(i64::try_from(millis).unwrap_or(0));
    // A clock beyond the year 9999 is wrong anyway, so the fallback is 1970.
    time.or_else(|_| Timestamp::from_millis(0))
        .unwrap_or_else(|_| unreachable!("0 is a valid timestamp"))
}

/// `/cli/` and the host name of this machine.
pub(super) fn default_source() -> String {
    let host = gethostname::gethostname();
    let host: String = host.to_string_lossy().chars().take(64).collect();
    let mut source = "/cli/".to_owned();
    push_percent_encoded(
        &mut source,
        if host.is_empty() { "localhost" } else { &host },
    );
    source
}

/// Parses a source. It accepts any text without spaces and control characters, which is enough to
/// tell a URI reference from a typing mistake.
pub(super) fn parse_source(text: &str) -> Result<String, String> {
    let is_source = (1..=SOURCE_BYTES).contains(&text.len())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if is_source {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "expected a URI reference like /ci, of at most {SOURCE_BYTES} bytes"
        ))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn template(event_type: &str, is_json: bool) -> Template {
        Template {
            topic: Topic::new("a/b").unwrap(),
            event_type: TypeName::new(event_type).unwrap(),
            source: "/cli/test".to_owned(),
            expires: Some(Expires::In(Duration::from_mins(1))),
            run: 0xbeef,
            is_json,
        }
    }

    fn noon() -> Timestamp {
        "2024-01-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_line_of_text_becomes_a_message_with_a_time_and_a_unique_id() {
        let event: Event = template("message", false)
            .event(None, 7, "say \"hi\"\t", noon())
            .unwrap()
            .read()
            .unwrap();
        assert_eq!(
            (
                event.id.as_str(),
                event.source.as_str(),
                event.topic.as_str()
            ),
            ("000000000000beef-7", "/cli/test", "a/b")
        );
        assert_eq!(
            event.data.as_str(),
            r#"{"message":"say \"hi\"\t","timestamp":"2024-01-01T12:00:00Z"}"#
        );
        assert_eq!(
            (event.time, event.expires),
            (noon(), Some("2024-01-01T12:01:00Z".parse().unwrap()))
        );
        assert_eq!(event.event_id, None);
    }

    #[test]
    fn json_is_published_unchanged_and_invalid_json_is_an_error() {
        let template = template("count", true);
        let event: Event = template
            .event(Some("mine".to_owned()), 1, r#"{"n": 1.50}"#, noon())
            .unwrap()
            .read()
            .unwrap();
        assert_eq!(
            (event.id.as_str(), event.data.as_str()),
            ("mine", r#"{"n":1.50}"#)
        );
        let error = template.event(None, 1, "{", noon()).unwrap_err();
        assert!(error.contains("not valid JSON"), "{error}");
    }

    #[test]
    fn an_expiry_is_a_time_or_a_duration() {
        assert_eq!("2024-01-01T12:00:00Z".parse(), Ok(Expires::At(noon())));
        assert_eq!("1h".parse(), Ok(Expires::In(Duration::from_hours(1))));
        assert!("soon".parse::<Expires>().is_err());
    }

    #[test]
    fn a_source_is_a_uri_reference() {
        assert!(default_source().starts_with("/cli/") && parse_source(&default_source()).is_ok());
        for text in ["", "a b", "a\u{1b}", &"x".repeat(301)] {
            assert!(parse_source(text).is_err(), "{text:?}");
        }
    }
}
