//! The text of the publish form, its validation, and the drafts published before. Pure.

use pulseboard_contract::{
    AttributeValue, Attributes, Event, EventType, Json, Payload, Topic, TypeName,
};
use serde::{Deserialize, Serialize};

use super::super::export::header_value;
use crate::components::indented;

/// The most published drafts that are remembered.
const MAX_RECENT: usize = 10;

/// The text of each field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::pages::inspector) struct Draft {
    pub topic: String,
    pub event_type: String,
    pub data: String,
    /// More attributes, one per line: `traceparent: 00-…`.
    #[serde(default)]
    pub attributes: String,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            topic: "deploys".to_owned(),
            event_type: EventType::Notification.name().to_owned(),
            data: EventType::Notification.draft(),
            attributes: String::new(),
        }
    }
}

/// A draft that can be published.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValidDraft {
    pub topic: Topic,
    pub event_type: TypeName,
    pub data: Json,
    /// The attributes as headers: name and value.
    pub headers: Vec<(String, String)>,
}

impl Draft {
    /// A draft that publishes an event again.
    pub(in crate::pages::inspector) fn of(event: &Event) -> Self {
        let attributes = event
            .attributes
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect::<Vec<_>>();
        Self {
            topic: event.topic.to_string(),
            event_type: event.event_type.to_string(),
            data: indented(event.data.as_str(), 0),
            attributes: attributes.join("\n"),
        }
    }

    /// The topic, or what is wrong with it.
    pub(super) fn topic(&self) -> Result<Topic, String> {
        Topic::new(self.topic.trim()).map_err(|error| error.to_string())
    }

    /// The event type, or what is wrong with it.
    pub(super) fn event_type(&self) -> Result<TypeName, String> {
        let name = TypeName::new(self.event_type.trim()).map_err(|error| error.to_string())?;
        match name.known() {
            Some(known) if known.is_reserved() => {
                Err(format!("only the server publishes {} events", known.name()))
            }
            _ => Ok(name),
        }
    }

    /// The payload, or what is wrong with it for its type.
    pub(super) fn data(&self) -> Result<Json, String> {
        let json = Json::parse(&self.data).map_err(|error| error.to_string())?;
        // The server fills in a missing time, so only the server can check types that have one.
        if let Ok(name) = TypeName::new(self.event_type.trim())
            && name
                .known()
                .is_none_or(|known| known.time_field().is_none())
        {
            Payload::parse(&name, &json).map_err(|error| error.to_string())?;
        }
        Ok(json)
    }

    /// The attributes as headers, or what is wrong with them.
    pub(super) fn headers(&self) -> Result<Vec<(String, String)>, String> {
        let mut attributes = Attributes::default();
        for line in self
            .attributes
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (name, value) = line.split_once(':').ok_or_else(|| {
                format!("{line}: write a name and a value, for example subject: api")
            })?;
            let name = name.trim().trim_start_matches("ce-");
            attributes
                .insert(name, AttributeValue::Text(value.trim().to_owned()))
                .map_err(|error| error.to_string())?;
        }
        Ok(attributes
            .iter()
            .map(|(name, value)| (format!("ce-{name}"), header_value(&value.to_string())))
            .collect())
    }

    /// The draft ready to publish, or the first problem of its fields.
    pub(super) fn validate(&self) -> Result<ValidDraft, String> {
        Ok(ValidDraft {
            topic: self.topic()?,
            event_type: self.event_type()?,
            data: self.data()?,
            headers: self.headers()?,
        })
    }

    /// The payload, indented. An invalid payload stays as it is.
    pub(super) fn formatted(&self) -> String {
        Json::parse(&self.data)
            .map_or_else(|_| self.data.clone(), |json| indented(json.as_str(), 0))
    }
}

/// Adds a published draft at the front. A draft published again moves there.
pub(super) fn remember(recent: &mut Vec<Draft>, draft: Draft) {
    recent.retain(|other| *other != draft);
    recent.insert(0, draft);
    recent.truncate(MAX_RECENT);
}

/// The event types that the form offers: those that anyone may publish.
pub(super) fn templates() -> impl Iterator<Item = EventType> {
    EventType::ALL
        .iter()
        .copied()
        .filter(|event_type| !event_type.is_reserved())
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
    fn each_field_reports_its_own_problem() {
        assert!(Draft::default().validate().is_ok());
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
            .validate()
            .is_ok()
        );
    }

    #[test]
    fn each_line_of_attributes_becomes_a_header() {
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
        for event_type in templates() {
            let draft = draft("a", event_type.name(), &event_type.draft());
            assert!(draft.validate().is_ok(), "{event_type:?}");
        }
    }

    #[test]
    fn published_drafts_are_remembered_once_and_newest_first() {
        let mut recent = Vec::new();
        for n in 0..20 {
            remember(&mut recent, draft(&format!("t{}", n % 12), "x", "1"));
        }
        remember(&mut recent, draft("t3", "x", "1"));
        let topics: Vec<_> = recent.iter().map(|draft| draft.topic.as_str()).collect();
        assert_eq!(
            topics,
            ["t3", "t7", "t6", "t5", "t4", "t2", "t1", "t0", "t11", "t10"]
        );
    }
}
