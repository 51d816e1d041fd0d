//! Exports events as text: a `curl` command that publishes one event again, and an NDJSON file of
//! many. Pure.

use std::fmt::Write;

use pulseboard_contract::{Event, Timestamp};

use pulseboard_feed::Recent;

/// The command that publishes the same event again, to the server at `origin`.
pub(super) fn as_curl(event: &Event, origin: &str) -> String {
    let mut command = "curl".to_owned();
    header(&mut command, "Content-Type", "application/json");
    header(&mut command, "ce-type", event.event_type.as_str());
    for (name, value) in event.attributes.iter() {
        // Headers are ASCII. The CloudEvents HTTP binding percent-encodes all other characters.
        header(
            &mut command,
            &format!("ce-{name}"),
            &header_value(&value.to_string()),
        );
    }
    // Writing to a string cannot fail.
    let _ = write!(
        command,
        " \\\n  -d {} \\\n  {origin}/topics/{}",
        quoted(event.data.as_str()),
        event.topic
    );
    command
}

fn header(command: &mut String, name: &str, value: &str) {
    let _ = write!(command, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
}

/// Quotes text for a shell. Only the quote itself is special between single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// An attribute's value as a header: spaces, quotes, percent signs and characters outside ASCII become
/// `%XX`.
pub(super) fn header_value(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'"' && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// One `CloudEvents` JSON object per line, oldest first: the format of `pulseboard export` and
/// `pulseboard import`.
pub(super) fn as_ndjson(newest_first: &[Recent]) -> String {
    let mut lines = String::new();
    for recent in newest_first.iter().rev() {
        lines.push_str(recent.event.to_json().as_str());
        lines.push('\n');
    }
    lines
}

/// The name of the exported file. It has no colons, which some systems reject in file names.
pub(super) fn file_name(now: Timestamp) -> String {
    let time: String = now
        .to_string()
        .chars()
        .take(19)
        .map(|c| if c == ':' { '-' } else { c })
        .collect();
    format!("pulseboard-{time}.ndjson")
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{AttributeValue, Attributes, Json, Topic, TypeName};

    use super::*;

    fn event(data: &str) -> Event {
        Event {
            event_id: None,
            id: "1".into(),
            source: "/test".into(),
            event_type: TypeName::new("update").unwrap(),
            topic: Topic::new("page").unwrap(),
            time: Timestamp::from_millis(0).unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(data).unwrap(),
        }
    }

    #[test]
    fn a_quote_in_the_payload_is_escaped_for_the_shell() {
        let curl = as_curl(&event(r#"{"content":"it's"}"#), "http://board");
        assert!(
            curl.contains(r#"-d '{"content":"it'\''s"}'"#)
                && curl.ends_with("http://board/topics/page"),
            "{curl}"
        );
    }

    #[test]
    fn the_command_includes_the_attributes() {
        let mut event = event("1");
        event
            .attributes
            .insert("subject", AttributeValue::Text("Größe 7".into()))
            .unwrap();
        assert!(as_curl(&event, "").contains("-H 'ce-subject: Gr%C3%B6%C3%9Fe%207'"));
    }

    #[test]
    fn the_file_has_one_line_per_event_oldest_first() {
        let recent = |number, data: &str| Recent {
            number,
            event: event(data).into(),
            came: None,
        };
        let lines = as_ndjson(&[recent(2, r#""new""#), recent(1, r#""old""#)]);
        let data: Vec<_> = lines
            .lines()
            .map(|line| {
                serde_json::from_str::<Event>(line)
                    .unwrap()
                    .data
                    .to_string()
            })
            .collect();
        assert_eq!(data, [r#""old""#, r#""new""#]);
        assert_eq!(
            file_name(Timestamp::from_millis(0).unwrap()),
            "pulseboard-1970-01-01T00-00-00.ndjson"
        );
    }
}
