//! The body is the data of one event, and headers may have its attributes. `CloudEvents` calls this
//! the binary content mode; a request without such headers is a plain publish.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use percent_encoding::percent_decode_str;
use pulseboard_contract::{AttributeValue, EventType, Json, Message, Payload};

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

/// Publishes a body that is JSON, unchanged, with the type from `ce-type`.
///
/// # Errors
/// If the body is not JSON, or the event may not be published.
pub(crate) async fn publish_json(
    request: &PublishRequest<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let attributes = from_headers(headers)?;
    let body = input::read_body(headers, body, Limit::EVENT).await?;
    let data = Json::parse(input::utf8(&body)?)
        .map_err(|error| Problem::input("data", error.to_string()).expecting("JSON"))?;
    publish(request, attributes, data).await
}

/// Publishes a body that is text, as a `message`.
///
/// # Errors
/// If the body is not UTF-8, or `ce-type` names another type.
pub(crate) async fn publish_text(
    request: &PublishRequest<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let attributes = from_headers(headers)?;
    if attributes.event_type() != EventType::Message.into() {
        return Err(Problem::input(
            "ce-type",
            "Plain text is published as a `message`; other types need JSON.",
        )
        .expecting("`message`, or the content type application/json"));
    }
    let body = input::read_body(headers, body, Limit::EVENT).await?;
    let message = Message {
        message: input::utf8(&body)?.to_owned(),
        timestamp: attributes.time_or(request.state.now()),
    };
    publish(request, attributes, Payload::Message(message).json()).await
}

async fn publish(
    request: &PublishRequest<'_>,
    attributes: ContextAttributes,
    data: Json,
) -> Result<Response, Problem> {
    let event = attributes.into_event(request, data)?;
    let published = store::publish_one(request.state, request.format.name(), event).await?;
    Ok(response::of_event(published))
}

/// The attributes in the `ce-` headers.
///
/// # Errors
/// If one of them is invalid, or repeats.
pub(super) fn from_headers(headers: &HeaderMap) -> Result<ContextAttributes, Problem> {
    let mut attributes = ContextAttributes::new(AttributeLocation::Headers);
    for header in headers.keys() {
        let Some(name) = header.as_str().strip_prefix("ce-") else {
            continue;
        };
        let mut values = headers.get_all(header).iter();
        if let Some(value) = values.next() {
            attributes.set(name, AttributeValue::Text(decoded(header, value)?))?;
        }
        if values.next().is_some() {
            return Err(duplicate_attribute(header.to_string()));
        }
    }
    Ok(attributes)
}

/// The text of a header in the encoding of the `CloudEvents` HTTP binding (1.0, section 3.1.3.2):
/// percent-encoded UTF-8, optionally in quotes.
fn decoded(name: &HeaderName, value: &HeaderValue) -> Result<String, Problem> {
    let invalid = || {
        Problem::input(name.to_string(), format!("`{name}` is not valid UTF-8."))
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
