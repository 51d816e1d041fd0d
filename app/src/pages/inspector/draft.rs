//! What is written in the publish form, and what was published from it before. Pure.

use pulseboard_contract::{
    AttributeValue, Attributes, Event, EventType, Json, Payload, Topic, TypeName,
};
use serde::{Deserialize, Serialize};

/// Publishes remembered.
const REMEMBERED: usize = 10;

/// What the form has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Draft {
    pub topic: String,
    pub event_type: String,
    pub data: String,
    /// Further attributes, a line each: `traceparent: 00-…`.
    #[serde(default)]
    pub attributes: String,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            topic: "deploys".to_owned(),
            event_type: "notification".to_owned(),
            data: template("notification").unwrap_or_default().to_owned(),
            attributes: String::new(),
        }
    }
}

/// A draft that can be published.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checked {
    pub topic: Topic,
    pub event_type: TypeName,
    pub data: Json,
    /// Headers, by name.
    pub headers: Vec<(String, String)>,
}

impl Draft {
    /// An event, to be published once more.
    pub(super) fn of(event: &Event) -> Self {
        let attributes = event
            .attributes
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect::<Vec<_>>();
        Self {
            topic: event.topic.to_string(),
            event_type: event.event_type.to_string(),
            data: crate::components::indented(event.data.as_str(), 0),
            attributes: attributes.join("\n"),
        }
    }

    /// What is wrong with the topic.
    pub(super) fn topic(&self) -> Result<Topic, String> {
        Topic::new(self.topic.trim()).map_err(|error| error.to_string())
    }

    /// What is wrong with the type.
    pub(super) fn event_type(&self) -> Result<TypeName, String> {
        let name = TypeName::new(self.event_type.trim()).map_err(|error| error.to_string())?;
        match name.known() {
            Some(known) if known.is_reserved() => {
                Err(format!("only the server says {}", known.name()))
            }
            _ => Ok(name),
        }
    }

    /// What is wrong with the payload, for its type where that is known.
    pub(super) fn data(&self) -> Result<Json, String> {
        let json = Json::parse(&self.data).map_err(|error| error.to_string())?;
        // The server fills in a missing time, so only it can judge types that have one.
        if let Ok(name) = TypeName::new(self.event_type.trim())
            && name
                .known()
                .is_none_or(|known| known.time_field().is_none())
        {
            Payload::parse(&name, &json).map_err(|error| error.to_string())?;
        }
        Ok(json)
    }

    /// The further attributes as headers, or what is wrong with them.
    pub(super) fn headers(&self) -> Result<Vec<(String, String)>, String> {
        let mut attributes = Attributes::default();
        for line in self
            .attributes
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| format!("{line}: a name and a value, like subject: api"))?;
            let name = name.trim().trim_start_matches("ce-");
            attributes
                .insert(name, AttributeValue::Text(value.trim().to_owned()))
                .map_err(|error| error.to_string())?;
        }
        Ok(attributes
            .iter()
            .map(|(name, value)| {
                (
                    format!("ce-{name}"),
                    super::export::encoded(&value.to_string()),
                )
            })
            .collect())
    }

    /// Everything, if nothing is wrong.
    pub(super) fn check(&self) -> Result<Checked, String> {
        Ok(Checked {
            topic: self.topic()?,
            event_type: self.event_type()?,
            data: self.data()?,
            headers: self.headers()?,
        })
    }

    /// The payload over lines, indented; as it is where it cannot be read.
    pub(super) fn formatted(&self) -> String {
        Json::parse(&self.data).map_or_else(
            |_| self.data.clone(),
            |json| crate::components::indented(json.as_str(), 0),
        )
    }
}

/// Puts a draft before those published earlier; the same again is there once.
pub(super) fn remember(earlier: &mut Vec<Draft>, draft: Draft) {
    earlier.retain(|other| *other != draft);
    earlier.insert(0, draft);
    earlier.truncate(REMEMBERED);
}

/// The types that can be published, each with something to begin with.
pub(super) fn templates() -> impl Iterator<Item = &'static str> {
    EventType::ALL
        .iter()
        .map(|known| known.name())
        .filter(|name| template(name).is_some())
}

/// A payload of a type.
pub(super) fn template(name: &str) -> Option<&'static str> {
    Some(match EventType::from_name(name)? {
        EventType::Message => r#"{"message": "Hello World"}"#,
        EventType::Notification => r#"{"type": "success", "message": "api v2.31.0 is live"}"#,
        EventType::Update => r#"{"content": "Page content updated"}"#,
        EventType::Chat => r#"{"user": "Ada", "text": "Good morning"}"#,
        EventType::Typing => r#"{"user": "Ada"}"#,
        EventType::Metrics => r#"{"temperature": 21.4, "humidity_percent": 43}"#,
        EventType::Heartbeat | EventType::Presence | EventType::Gap => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(topic: &str, event_type: &str, data: &str) -> Draft {
        Draft {
            topic: topic.into(),
            event_type: event_type.into(),
            data: data.into(),
            attributes: String::new(),
        }
    }

    #[test]
    fn each_slip_is_told_at_its_field() {
        assert!(Draft::default().check().is_ok());
        assert!(draft("a//b", "x", "1").topic().is_err());
        assert!(
            draft("a", "error", "1").event_type().is_err()
                && draft("a", "gap", "1").event_type().is_err()
        );
        assert!(
            draft("a", "x", "{")
                .data()
                .unwrap_err()
                .starts_with("not valid JSON")
        );
        assert!(
            draft("a", "update", "{}")
                .data()
                .unwrap_err()
                .contains("missing field `content`")
        );
        assert!(
            draft(
                "a",
                "chat",
                r#"{"user":"Ada","text":"the server adds the time"}"#
            )
            .check()
            .is_ok()
        );
    }

    #[test]
    fn attributes_are_lines_and_become_headers() {
        let with = |attributes: &str| {
            Draft {
                attributes: attributes.into(),
                ..Draft::default()
            }
            .headers()
        };
        assert_eq!(
            with("subject: a b\n\nce-traceparent: 00-1").unwrap(),
            [
                ("ce-subject".to_owned(), "a%20b".to_owned()),
                ("ce-traceparent".to_owned(), "00-1".to_owned())
            ]
        );
        assert!(with("subject").is_err() && with("Größe: 1").is_err() && with("topic: a").is_err());
    }

    #[test]
    fn every_template_can_be_published() {
        for name in templates() {
            let draft = draft("a", name, template(name).unwrap());
            assert!(draft.check().is_ok(), "{name}");
        }
    }

    #[test]
    fn what_was_published_is_remembered_once_and_the_newest_first() {
        let mut earlier = Vec::new();
        for n in 0..20 {
            remember(&mut earlier, draft(&format!("t{}", n % 12), "x", "1"));
        }
        remember(&mut earlier, draft("t3", "x", "1"));
        let topics: Vec<_> = earlier.iter().map(|draft| draft.topic.as_str()).collect();
        assert_eq!(
            topics,
            ["t3", "t7", "t6", "t5", "t4", "t2", "t1", "t0", "t11", "t10"]
        );
    }
}
