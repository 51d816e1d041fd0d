//! The rules for every published event, in whatever format it arrives.

use pulseboard_contract::{EventType, Json, Payload, Timestamp};
use pulseboard_hub::NewEvent;

use crate::{input::Limit, names, problem::Problem};

/// Where the attributes of an event are in the request. It decides how problems name them, and
/// which of them are required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttributeLocation {
    /// In headers, like `ce-type`. All attributes are optional; a plain publish has none.
    Headers,
    /// In the members of a JSON object, like `type`. The attributes that `CloudEvents` requires are
    /// required.
    Members,
}

impl AttributeLocation {
    /// The name of an attribute as the client wrote it.
    pub(crate) fn field(self, attribute: &str) -> String {
        match self {
            Self::Headers => format!("ce-{attribute}"),
            Self::Members => attribute.to_owned(),
        }
    }
}

/// Checks that an event may be published, and adds the time to its data if its type has a time and
/// the publisher left it out.
///
/// # Errors
/// If the data is too large or does not fit the type, or only the server may publish the type.
pub(crate) fn validate(
    location: AttributeLocation,
    mut event: NewEvent,
) -> Result<NewEvent, Problem> {
    if event.data.as_str().len() > Limit::DATA.bytes {
        return Err(Limit::DATA.exceeded_by("data"));
    }
    if let Some(known) = event.event_type.known() {
        if known.is_reserved() {
            let detail = format!(
                "Only the server publishes events of the type `{}`.",
                event.event_type
            );
            return Err(Problem::input(location.field("type"), detail));
        }
        event.data = with_time(known, event.data, event.time);
        let payload = Payload::parse(&event.event_type, &event.data).map_err(|error| {
            let example = known.example();
            Problem::input("data", error.to_string()).expecting(format!("JSON like {example}"))
        })?;
        check_words(&payload)?;
    }
    Ok(event)
}

/// The data with the time that its type has, if the publisher left it out. The time is inserted into
/// the text, so that the order of keys and numbers larger than a double stay as they are.
fn with_time(known: EventType, data: Json, time: Timestamp) -> Json {
    let Some(field) = known.time_field() else {
        return data;
    };
    let Ok(serde_json::Value::Object(object)) = data.read() else {
        return data;
    };
    // A `message` may be any JSON; only JSON in the form of our struct gets a time.
    let is_typed = known != EventType::Message
        || object
            .get("message")
            .is_some_and(serde_json::Value::is_string);
    let Some(open) = data
        .as_str()
        .strip_suffix('}')
        .filter(|_| is_typed && !object.contains_key(field))
    else {
        return data;
    };
    let comma = if object.is_empty() { "" } else { "," };
    // Valid JSON with one more member is valid JSON.
    Json::from_stored(&format!("{open}{comma}\"{field}\":\"{time}\"}}"))
}

/// User names and chat messages have limits, in whatever format they are published.
fn check_words(payload: &Payload) -> Result<(), Problem> {
    if let Payload::Chat(chat) = payload {
        names::check_user(&chat.user)?;
        names::check_text(&chat.text)?;
    }
    if let Payload::Typing(typing) = payload {
        names::check_user(&typing.user)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_time_is_added_and_nothing_else_changes() {
        let time: Timestamp = "2024-01-01T12:00:00Z".parse().unwrap();
        let fill = |known, text: &str| {
            with_time(known, Json::parse(text).unwrap(), time)
                .as_str()
                .to_owned()
        };
        assert_eq!(
            fill(
                EventType::Message,
                r#"{"z":12345678901234567890123,"message":"}","a":1.50}"#
            ),
            r#"{"z":12345678901234567890123,"message":"}","a":1.50,"timestamp":"2024-01-01T12:00:00Z"}"#
        );
        assert_eq!(
            fill(EventType::Chat, "{}"),
            r#"{"time":"2024-01-01T12:00:00Z"}"#
        );
        for text in [
            r#"{"message":1}"#,
            "{}",
            "[1]",
            "\"x\"",
            r#"{"message":"x","timestamp":null}"#,
        ] {
            assert_eq!(fill(EventType::Message, text), text);
        }
        assert_eq!(
            fill(EventType::Update, r#"{"content":"x"}"#),
            r#"{"content":"x"}"#
        );
    }
}
