//! The body is the data, and headers may say more: what `CloudEvents` call the binary content mode,
//! and plain publishes.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use percent_encoding::percent_decode_str;
use pulseboard_contract::{AttributeValue, EventType, Json, Message, Payload};

use super::{
    Target,
    cloud_event::{Given, Naming, twice},
};
use crate::{
    input::{self, Limit},
    problem::Problem,
};

/// The body is JSON and published as it is, under the type that `ce-type` says.
pub(crate) async fn publish_json(
    target: &Target<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let given = given(headers)?;
    let body = input::body(headers, body, Limit::EVENT).await?;
    let data = Json::parse(super::utf8(&body)?)
        .map_err(|error| Problem::input("data", error.to_string()).expecting("JSON"))?;
    publish(target, given, data).await
}

/// The body is words, which become a `message`.
pub(crate) async fn publish_text(
    target: &Target<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let given = given(headers)?;
    if given.event_type() != EventType::Message.into() {
        return Err(Problem::input(
            "ce-type",
            "Plain text is published as a message; other types are sent as JSON.",
        )
        .expecting("message, or application/json"));
    }
    let body = input::body(headers, body, Limit::EVENT).await?;
    let message = Message {
        message: super::utf8(&body)?.to_owned(),
        timestamp: given.time_or(target.state.now()),
    };
    publish(target, given, Payload::Message(message).json()).await
}

async fn publish(target: &Target<'_>, given: Given, data: Json) -> Result<Response, Problem> {
    let event = given.into_event(target, data)?;
    Ok(super::answer(
        super::publish(target.state, target.way.name(), event).await?,
    ))
}

/// The attributes in the `ce-` headers.
pub(super) fn given(headers: &HeaderMap) -> Result<Given, Problem> {
    let mut given = Given::new(Naming::Headers);
    for header in headers.keys() {
        let Some(name) = header.as_str().strip_prefix("ce-") else {
            continue;
        };
        let mut values = headers.get_all(header).iter();
        if let Some(value) = values.next() {
            given.set(name, AttributeValue::Text(decoded(header, value)?))?;
        }
        if values.next().is_some() {
            return Err(twice(header.to_string()));
        }
    }
    Ok(given)
}

/// A header's text as the HTTP binding (1.0, section 3.1.3.2) writes it: maybe quoted,
/// percent-encoded UTF-8.
fn decoded(name: &HeaderName, value: &HeaderValue) -> Result<String, Problem> {
    let invalid = || {
        Problem::input(name.to_string(), format!("{name} is not text."))
            .expecting("percent-encoded UTF-8")
    };
    let text = unquoted(value.to_str().map_err(|_| invalid())?.trim());
    Ok(percent_decode_str(&text)
        .decode_utf8()
        .map_err(|_| invalid())?
        .into_owned())
}

fn unquoted(text: &str) -> String {
    let Some(inner) = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return text.to_owned();
    };
    let (mut plain, mut escaped) = (String::with_capacity(inner.len()), false);
    for c in inner.chars() {
        escaped = c == '\\' && !escaped;
        if !escaped {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_unquoted_and_decoded_once() {
        let read =
            |text: &str| decoded(&HeaderName::from_static("ce-id"), &text.parse().unwrap()).ok();
        assert_eq!(read("build-77").as_deref(), Some("build-77"));
        assert_eq!(read("Euro%20%E2%82%AC").as_deref(), Some("Euro €"));
        assert_eq!(read(r#""a \"b\" \\c""#).as_deref(), Some(r#"a "b" \c"#));
        assert_eq!(read("%2541").as_deref(), Some("%41"));
        assert_eq!(read("%ff"), None);
    }
}
