//! The context attributes of one event, wherever they stand in a request, and the event they make.

use pulseboard_contract::{
    AttributeValue, Attributes, EventType, InvalidAttribute, Json, Timestamp, Topic, TypeName,
};
use pulseboard_hub::NewEvent;

use super::Target;
use crate::{input::is_json, problem::Problem};

/// The longest id, and the longest source, in bytes: they are kept for as long as a duplicate is to
/// be known.
const ID_BYTES: usize = 200;
const SOURCE_BYTES: usize = 300;
/// The source of events whose producer does not say who it is.
const ANYBODY: &str = "/publish";

/// Where attributes stand, and so how a problem calls them and which of them must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// In headers, as `ce-type`. All of them may be left out: a plain publish has none.
    Headers,
    /// In the members of a JSON object, as `type`. What `CloudEvents` requires is required.
    Members,
}

impl Naming {
    /// How the client wrote the attribute.
    pub(crate) fn attribute(self, name: &str) -> String {
        match self {
            Self::Headers => format!("ce-{name}"),
            Self::Members => name.to_owned(),
        }
    }
}

/// What a producer said about an event, each attribute checked as it was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    naming: Naming,
    has_version: bool,
    id: Option<String>,
    source: Option<String>,
    event_type: Option<TypeName>,
    topic: Option<Topic>,
    time: Option<Timestamp>,
    expires: Option<Timestamp>,
    attributes: Attributes,
}

impl Given {
    /// Nothing yet.
    pub(crate) fn new(naming: Naming) -> Self {
        Self {
            naming,
            has_version: false,
            id: None,
            source: None,
            event_type: None,
            topic: None,
            time: None,
            expires: None,
            attributes: Attributes::default(),
        }
    }

    /// Takes one attribute in.
    pub(crate) fn set(&mut self, name: &str, value: AttributeValue) -> Result<(), Problem> {
        let field = self.naming.attribute(name);
        match name {
            "specversion" => {
                if text(&field, value)? != "1.0" {
                    return Err(
                        Problem::input(field, "This version of CloudEvents is not known.")
                            .expecting("1.0"),
                    );
                }
                self.has_version = true;
                Ok(())
            }
            "id" => once(&mut self.id, bounded(&field, value, ID_BYTES)?, field),
            "source" => once(
                &mut self.source,
                bounded(&field, value, SOURCE_BYTES)?,
                field,
            ),
            "type" => {
                let name = TypeName::new(&text(&field, value)?);
                once(
                    &mut self.event_type,
                    name.map_err(|error| Problem::input(field.clone(), error.to_string()))?,
                    field,
                )
            }
            "topic" => {
                let name = Topic::new(&text(&field, value)?);
                once(
                    &mut self.topic,
                    name.map_err(|error| Problem::input(field.clone(), error.to_string()))?,
                    field,
                )
            }
            "time" => once(&mut self.time, time(&field, value)?, field),
            "expires" => once(&mut self.expires, time(&field, value)?, field),
            // Where the event stood in another log. This one gives it a place of its own.
            "eventid" => Ok(()),
            "datacontenttype" => match self.naming {
                Naming::Headers => Err(Problem::input(
                    field,
                    "The type of the data is what Content-Type says.",
                )
                .expecting("no such header")),
                Naming::Members if is_json(&essence(&text(&field, value)?)) => Ok(()),
                Naming::Members => Err(Problem::input(
                    field,
                    "Data that is not JSON cannot be published in JSON.",
                )
                .expecting("application/json, or nothing")),
            },
            _ if self.attributes.get(name).is_some() => Err(twice(field)),
            _ => self.attributes.insert(name, value).map_err(|error| {
                let expected = match error {
                    InvalidAttribute::Name(_) => "1 to 20 lower-case letters and digits",
                    InvalidAttribute::Value(_) => {
                        "1024 bytes at the most, without control characters"
                    }
                    InvalidAttribute::TooMany => "32 further attributes at the most",
                };
                Problem::input(field, format!("{error}.")).expecting(expected)
            }),
        }
    }

    /// The type, as far as it was given.
    pub(crate) fn event_type(&self) -> TypeName {
        self.event_type
            .clone()
            .unwrap_or_else(|| EventType::Message.into())
    }

    /// The moment the event tells, else now.
    pub(crate) fn time_or(&self, now: Timestamp) -> Timestamp {
        self.time.unwrap_or(now)
    }

    /// Whether the producer gave the event an id.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// The event these attributes and this data make, checked.
    pub(crate) fn into_event(self, target: &Target<'_>, data: Json) -> Result<NewEvent, Problem> {
        self.check_required()?;
        let naming = self.naming;
        let (event_type, time) = (self.event_type(), self.time_or(target.state.now()));
        let topic = match (self.topic, &target.topic) {
            (Some(own), Some(addressed)) if own != *addressed => {
                return Err(Problem::input(
                    naming.attribute("topic"),
                    "The event's topic is not the one it was sent to.",
                )
                .expecting(format!("{addressed}, or nothing")));
            }
            (_, Some(addressed)) => addressed.clone(),
            (Some(own), None) => own,
            (None, None) => {
                return Err(
                    Problem::input(naming.attribute("topic"), "The event names no topic.")
                        .expecting("the attribute topic, or a publish to /topics/{topic}"),
                );
            }
        };
        let event = NewEvent {
            id: self.id,
            source: self.source.unwrap_or_else(|| ANYBODY.to_owned()),
            event_type,
            topic,
            time,
            expires: self.expires,
            attributes: self.attributes,
            data,
        };
        super::checked(naming, event)
    }

    fn check_required(&self) -> Result<(), Problem> {
        match self.naming {
            // The pair makes a publish idempotent. Under a source that everybody shares, one
            // program's first event would swallow another's.
            Naming::Headers if self.id.is_some() && self.source.is_none() => Err(Problem::input(
                "ce-source",
                "ce-id is given without ce-source; an id is unique only within its source.",
            )
            .expecting("a URI reference that names the program, like /ci")),
            Naming::Headers => Ok(()),
            Naming::Members => {
                let required = [
                    ("specversion", self.has_version, "1.0"),
                    (
                        "id",
                        self.id.is_some(),
                        "a text that no other event of this source has",
                    ),
                    (
                        "source",
                        self.source.is_some(),
                        "a URI reference that names the program, like /ci",
                    ),
                    (
                        "type",
                        self.event_type.is_some(),
                        "an event type, like message",
                    ),
                ];
                required
                    .into_iter()
                    .find(|(_, is_given, _)| !is_given)
                    .map_or(Ok(()), |(name, _, expected)| {
                        Err(Problem::input(
                            name,
                            format!("{name} is missing; CloudEvents requires it."),
                        )
                        .expecting(expected))
                    })
            }
        }
    }
}

/// Two values for one attribute: neither can be taken for the right one.
pub(crate) fn twice(field: String) -> Problem {
    let detail = format!("{field} is given more than once.");
    Problem::input(field, detail).expecting("one value")
}

fn once<T>(place: &mut Option<T>, value: T, field: String) -> Result<(), Problem> {
    if place.is_some() {
        return Err(twice(field));
    }
    *place = Some(value);
    Ok(())
}

fn text(field: &str, value: AttributeValue) -> Result<String, Problem> {
    match value {
        AttributeValue::Text(text) => Ok(text),
        AttributeValue::Boolean(_) | AttributeValue::Integer(_) => Err(Problem::input(
            field.to_owned(),
            format!("{field} is no string."),
        )
        .expecting("a string")),
    }
}

/// A text of 1 to `most` bytes without control characters.
fn bounded(field: &str, value: AttributeValue, most: usize) -> Result<String, Problem> {
    let text = text(field, value)?;
    if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
        return Err(Problem::input(
            field.to_owned(),
            format!("{field} is empty, too long, or has control characters."),
        )
        .expecting(format!("1 to {most} bytes without control characters")));
    }
    Ok(text)
}

fn time(field: &str, value: AttributeValue) -> Result<Timestamp, Problem> {
    text(field, value)?.parse().map_err(|_| {
        Problem::input(field.to_owned(), format!("{field} is not a time."))
            .expecting("RFC 3339, like 2024-01-01T12:00:00Z")
    })
}

/// A media type without its parameters.
fn essence(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}
