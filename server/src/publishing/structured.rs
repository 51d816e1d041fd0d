//! One event as a JSON object: `application/cloudevents+json`, the structured content mode.

use std::fmt;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use pulseboard_contract::{AttributeValue, Json};
use pulseboard_hub::NewEvent;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    attributes::{ContextAttributes, duplicate_attribute},
    request::PublishRequest,
    response, store,
    validate::AttributeLocation,
};
use crate::{
    input::{self, Limit},
    problem::Problem,
};

/// Publishes a body that is one envelope.
///
/// # Errors
/// If the body is not an envelope, or the event may not be published.
pub(crate) async fn publish(
    request: &PublishRequest<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = input::read_body(headers, body, Limit::ENVELOPE).await?;
    let envelope =
        Envelope::parse(input::utf8(&body)?).map_err(|problem| problem.within("body"))?;
    let event = envelope.into_event(request)?;
    let published = store::publish_one(request.state, request.format.name(), event).await?;
    Ok(response::of_event(published))
}

/// The members of an envelope in their order. Each value is raw JSON text, so that the data stays
/// exactly as the producer wrote it.
pub(super) struct Envelope<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Envelope<'a> {
    /// # Errors
    /// If the text is not a JSON object.
    pub(super) fn parse(text: &'a str) -> Result<Self, Problem> {
        serde_json::from_str(text).map_err(|error| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                format!("The event is not a JSON object: {error}."),
            )
            .expecting("a CloudEvents envelope in JSON")
        })
    }

    /// Whether the object is an envelope, rather than the data of an event.
    pub(super) fn is_envelope(&self) -> bool {
        self.0.iter().any(|(name, _)| name == "specversion")
    }

    /// Builds the event.
    ///
    /// # Errors
    /// If an attribute is invalid, repeats or is missing, or the event may not be published.
    pub(super) fn into_event(self, request: &PublishRequest<'_>) -> Result<NewEvent, Problem> {
        let mut attributes = ContextAttributes::new(AttributeLocation::Members);
        let mut data = None;
        for (name, value) in self.0 {
            match name.as_str() {
                "data" if data.is_some() => return Err(duplicate_attribute(name)),
                "data" => {
                    let json = Json::parse(value.get());
                    data = Some(json.map_err(|error| {
                        Problem::input("data", error.to_string()).expecting("JSON")
                    })?);
                }
                "data_base64" => {
                    return Err(Problem::input(name, "Binary data is not supported.")
                        .expecting("`data` with JSON"));
                }
                // An attribute that is null counts as missing (JSON format 1.0, section 2.2).
                _ if value.get() == "null" => {}
                _ => attributes.set(&name, attribute(&name, value)?)?,
            }
        }
        attributes.into_event(request, data.unwrap_or_else(Json::null))
    }
}

fn attribute(name: &str, value: &RawValue) -> Result<AttributeValue, Problem> {
    serde_json::from_str(value.get()).map_err(|_| {
        Problem::input(
            name.to_owned(),
            format!("`{name}` is not a valid value for an attribute."),
        )
        .expecting("a string, a boolean or a 32-bit integer")
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(12);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}
