//! One event in JSON: `application/cloudevents+json`, the structured content mode.

use std::fmt;

use axum::{body::Body, http::HeaderMap, response::Response};
use pulseboard_contract::{AttributeValue, Json};
use pulseboard_hub::NewEvent;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    Target,
    cloud_event::{Given, Naming, twice},
};
use crate::{
    input::{self, Limit},
    problem::Problem,
};

/// The body is one event.
pub(crate) async fn publish(
    target: &Target<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = input::body(headers, body, Limit::ENVELOPE).await?;
    let members = Members::parse(super::utf8(&body)?).map_err(|problem| problem.within("body"))?;
    let event = members.into_event(target)?;
    Ok(super::answer(
        super::publish(target.state, target.way.name(), event).await?,
    ))
}

/// The members of a JSON object in their order, each value as the text it was written in, so that
/// data stays what the producer wrote.
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Problem> {
        serde_json::from_str(text).map_err(|error| {
            Problem::new(
                axum::http::StatusCode::BAD_REQUEST,
                format!("This is not a JSON object: {error}."),
            )
            .expecting("a CloudEvents envelope in JSON")
        })
    }

    /// Whether the object is meant as an event, rather than as the data of one.
    pub(super) fn is_event(&self) -> bool {
        self.0.iter().any(|(name, _)| name == "specversion")
    }

    /// The event the object is.
    pub(super) fn into_event(self, target: &Target<'_>) -> Result<NewEvent, Problem> {
        let (mut given, mut data) = (Given::new(Naming::Members), None);
        for (name, value) in self.0 {
            match name.as_str() {
                "data" if data.is_some() => return Err(twice(name)),
                "data" => {
                    let json = Json::parse(value.get());
                    data = Some(json.map_err(|error| {
                        Problem::input("data", error.to_string()).expecting("JSON")
                    })?);
                }
                "data_base64" => {
                    return Err(Problem::input(name, "Binary data cannot be published.")
                        .expecting("data, as JSON"));
                }
                // To leave an attribute out and to say that it is null are the same (JSON format
                // 1.0, section 2.2).
                _ if value.get() == "null" => {}
                _ => given.set(&name, attribute(&name, value)?)?,
            }
        }
        given.into_event(target, data.unwrap_or_else(Json::null))
    }
}

fn attribute(name: &str, value: &RawValue) -> Result<AttributeValue, Problem> {
    serde_json::from_str(value.get()).map_err(|_| {
        Problem::input(name.to_owned(), "This cannot be the value of an attribute.")
            .expecting("a string, a boolean, or a whole number of 32 bits")
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
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
