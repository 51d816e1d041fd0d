//! The context attributes of one event, from headers or from JSON, and the event that they make.

use pulseboard_contract::{
    AttributeValue, Attributes, EventType, InvalidAttribute, Json, Timestamp, Topic, TypeName,
    limits, reserved::DEFAULT_SOURCE,
};
use pulseboard_hub::NewEvent;

use super::{
    request::PublishRequest,
    validate::{AttributeLocation, validate},
};
use crate::{
    input::{is_json, media_type},
    problem::Problem,
};

const SOURCE_EXAMPLE: &str = "a URI reference for the program, like /ci";

/// The context attributes of one event. Each is checked when it is set.
#[derive(Clone, Debug)]
pub(crate) struct ContextAttributes {
    location: AttributeLocation,
    has_version: bool,
    id: Option<String>,
    source: Option<String>,
    event_type: Option<TypeName>,
    topic: Option<Topic>,
    time: Option<Timestamp>,
    expires: Option<Timestamp>,
    extensions: Attributes,
}

impl ContextAttributes {
    pub(crate) fn new(location: AttributeLocation) -> Self {
        Self {
            location,
            has_version: false,
            id: None,
            source: None,
            event_type: None,
            topic: None,
            time: None,
            expires: None,
            extensions: Attributes::default(),
        }
    }

    /// Sets one attribute.
    ///
    /// # Errors
    /// If the value is invalid, or the attribute was set before.
    pub(crate) fn set(&mut self, name: &str, value: AttributeValue) -> Result<(), Problem> {
        let field = self.location.field(name);
        match name {
            "specversion" => {
                if string(&field, value)? != "1.0" {
                    let detail = "This version of CloudEvents is not supported.";
                    return Err(Problem::input(field, detail).expecting("1.0"));
                }
                self.has_version = true;
                Ok(())
            }
            "id" => {
                let id = short_string(&field, value, limits::PRODUCER_ID_BYTES)?;
                set_once(&mut self.id, id, field)
            }
            "source" => {
                let source = short_string(&field, value, limits::SOURCE_BYTES)?;
                set_once(&mut self.source, source, field)
            }
            "type" => {
                let event_type = TypeName::new(&string(&field, value)?)
                    .map_err(|error| Problem::input(field.clone(), error.to_string()))?;
                set_once(&mut self.event_type, event_type, field)
            }
            "topic" => {
                let topic = Topic::new(&string(&field, value)?)
                    .map_err(|error| Problem::input(field.clone(), error.to_string()))?;
                set_once(&mut self.topic, topic, field)
            }
            "time" => set_once(&mut self.time, time(&field, value)?, field),
            "expires" => set_once(&mut self.expires, time(&field, value)?, field),
            // The event id in another log. This log assigns its own.
            "eventid" => Ok(()),
            "datacontenttype" => self.check_data_content_type(field, value),
            _ => self.set_extension(name, value, field),
        }
    }

    /// The event type; `message` by default.
    pub(crate) fn event_type(&self) -> TypeName {
        self.event_type
            .clone()
            .unwrap_or_else(|| EventType::Message.into())
    }

    /// The time of the event; `now` by default.
    pub(crate) fn time_or(&self, now: Timestamp) -> Timestamp {
        self.time.unwrap_or(now)
    }

    /// Whether the producer gave the event an id.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// Builds the event with these attributes and this data.
    ///
    /// # Errors
    /// If an attribute is missing, the topic contradicts that of the request, or the event may not
    /// be published.
    pub(crate) fn into_event(
        self,
        request: &PublishRequest<'_>,
        data: Json,
    ) -> Result<NewEvent, Problem> {
        self.check_required()?;
        let location = self.location;
        let (event_type, time) = (self.event_type(), self.time_or(request.state.now()));
        let topic = match (self.topic, &request.topic) {
            (Some(own), Some(addressed)) if own != *addressed => {
                return Err(Problem::input(
                    location.field("topic"),
                    "The topic of the event differs from the topic in the URL.",
                )
                .expecting(format!("{addressed}, or no topic")));
            }
            (_, Some(addressed)) => addressed.clone(),
            (Some(own), None) => own,
            (None, None) => {
                return Err(
                    Problem::input(location.field("topic"), "The event has no topic.")
                        .expecting("the attribute `topic`, or a publish to /topics/{topic}"),
                );
            }
        };
        let event = NewEvent {
            id: self.id,
            source: self.source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned()),
            event_type,
            topic,
            time,
            expires: self.expires,
            attributes: self.extensions,
            data,
        };
        validate(location, event)
    }

    /// The data is always JSON, so this attribute can only confirm that.
    fn check_data_content_type(&self, field: String, value: AttributeValue) -> Result<(), Problem> {
        match self.location {
            AttributeLocation::Headers => Err(Problem::input(
                field,
                "The header Content-Type already has the type of the data.",
            )
            .expecting("no such header")),
            AttributeLocation::Members => {
                let is_json = media_type(&string(&field, value)?)
                    .is_some_and(|media_type| is_json(&media_type));
                if is_json {
                    return Ok(());
                }
                Err(
                    Problem::input(field, "An envelope can only have JSON data.")
                        .expecting("application/json, or nothing"),
                )
            }
        }
    }

    fn set_extension(
        &mut self,
        name: &str,
        value: AttributeValue,
        field: String,
    ) -> Result<(), Problem> {
        if self.extensions.get(name).is_some() {
            return Err(duplicate_attribute(field));
        }
        self.extensions.insert(name, value).map_err(|error| {
            let expected = match error {
                InvalidAttribute::Name(_) => "1 to 20 lower-case letters and digits",
                InvalidAttribute::Value(_) => "at most 1024 bytes without control characters",
                InvalidAttribute::TooMany => "at most 32 extension attributes",
            };
            Problem::input(field, format!("{error}.")).expecting(expected)
        })
    }

    fn check_required(&self) -> Result<(), Problem> {
        match self.location {
            // The pair of source and id identifies an event. With a source that all programs share,
            // the first event of one program would make another's a duplicate.
            AttributeLocation::Headers if self.id.is_some() && self.source.is_none() => {
                Err(Problem::input(
                    "ce-source",
                    "`ce-id` needs `ce-source`: an id is unique only within its source.",
                )
                .expecting(SOURCE_EXAMPLE))
            }
            AttributeLocation::Headers => Ok(()),
            AttributeLocation::Members => {
                let required = [
                    ("specversion", self.has_version, "1.0"),
                    (
                        "id",
                        self.id.is_some(),
                        "a string that no other event of this source has",
                    ),
                    ("source", self.source.is_some(), SOURCE_EXAMPLE),
                    (
                        "type",
                        self.event_type.is_some(),
                        "an event type, like message",
                    ),
                ];
                required.into_iter().find(|(_, is_set, _)| !is_set).map_or(
                    Ok(()),
                    |(name, _, expected)| {
                        let detail = format!("`{name}` is missing; CloudEvents requires it.");
                        Err(Problem::input(name, detail).expecting(expected))
                    },
                )
            }
        }
    }
}

/// The problem of an attribute with two values.
pub(crate) fn duplicate_attribute(field: String) -> Problem {
    let detail = format!("`{field}` is given more than once.");
    Problem::input(field, detail).expecting("one value")
}

fn set_once<T>(slot: &mut Option<T>, value: T, field: String) -> Result<(), Problem> {
    if slot.is_some() {
        return Err(duplicate_attribute(field));
    }
    *slot = Some(value);
    Ok(())
}

fn string(field: &str, value: AttributeValue) -> Result<String, Problem> {
    match value {
        AttributeValue::Text(text) => Ok(text),
        AttributeValue::Boolean(_) | AttributeValue::Integer(_) => Err(Problem::input(
            field.to_owned(),
            format!("`{field}` must be a string."),
        )
        .expecting("a string")),
    }
}

/// A string of 1 to `max` bytes without control characters.
fn short_string(field: &str, value: AttributeValue, max: usize) -> Result<String, Problem> {
    let text = string(field, value)?;
    if text.is_empty() || text.len() > max || text.chars().any(char::is_control) {
        return Err(Problem::input(
            field.to_owned(),
            format!("`{field}` is empty, too long, or has control characters."),
        )
        .expecting(format!("1 to {max} bytes without control characters")));
    }
    Ok(text)
}

fn time(field: &str, value: AttributeValue) -> Result<Timestamp, Problem> {
    string(field, value)?.parse().map_err(|_| {
        Problem::input(field.to_owned(), format!("`{field}` is not a valid time."))
            .expecting("RFC 3339, like 2024-01-01T12:00:00Z")
    })
}
