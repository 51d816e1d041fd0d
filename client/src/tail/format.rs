//! Formats an event as one line: text for people, JSON for programs. Both are safe on a terminal.

use pulseboard_contract::{Content, Event, EventType, Json, Payload, Severity};
use serde::Deserialize;

use crate::escape;

/// How events are printed.
#[derive(Clone, Copy, Debug)]
pub(super) enum OutputFormat {
    /// Time, topic, type and the text of the payload.
    Text { color: bool },
    /// The envelope as JSON.
    Json,
}

/// Text styles of a terminal (ECMA-48, "select graphic rendition").
const DIM: &str = "2";
const CYAN: &str = "36";
const YELLOW: &str = "33";
const RED: &str = "31";
const GREEN: &str = "32";
const PLAIN: &str = "";

impl OutputFormat {
    /// The line for an envelope.
    pub(super) fn line(self, envelope: &Json) -> String {
        match self {
            Self::Json => escape::json(envelope.as_str()),
            // A newer server may send envelopes that this client cannot parse; they are shown as JSON.
            Self::Text { color } => match envelope.read::<Event>() {
                Ok(event) => colored_line(&event, color),
                Err(_) => escape::json(envelope.as_str()),
            },
        }
    }
}

/// Whether the envelope is a presence event.
pub(super) fn is_presence(envelope: &Json) -> bool {
    #[derive(Deserialize)]
    struct Typed {
        r#type: String,
    }
    envelope
        .read::<Typed>()
        .is_ok_and(|typed| typed.r#type == EventType::Presence.name())
}

fn colored_line(event: &Event, color: bool) -> String {
    let (text, style) = text_and_style(&event.payload());
    let paint = |style: &str, text: &str| {
        // Every part is escaped here, so that no caller can forget it.
        let text = escape::plain(text);
        if color && !style.is_empty() {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text
        }
    };
    format!(
        "{} {} {} {}",
        paint(DIM, &event.time.to_string()),
        paint(CYAN, event.topic.as_str()),
        paint(DIM, event.event_type.as_str()),
        paint(style, &text)
    )
}

/// The text of the payload, and its style.
fn text_and_style(payload: &Payload) -> (String, &'static str) {
    let content = payload.content();
    let style = match &content {
        Content::Notice(notice) => match notice.severity {
            Severity::Info => CYAN,
            Severity::Success => GREEN,
            Severity::Warning => YELLOW,
            Severity::Error => RED,
        },
        Content::Presence(_) | Content::Typing(_) => DIM,
        Content::Line(_)
        | Content::Numbers(_)
        | Content::Chat(_)
        | Content::Stream(_)
        | Content::Data(_) => PLAIN,
    };
    (content.into_text(), style)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn envelope(event_type: &str, data: &str) -> Json {
        let text = format!(
            r#"{{"specversion":"1.0","id":"1","source":"/ci","type":"{event_type}","time":"2024-01-01T12:00:00Z","datacontenttype":"application/json","topic":"a/b","eventid":"9f2c41d7-5","data":{data}}}"#
        );
        Json::parse(&text).unwrap()
    }

    #[track_caller]
    fn check(event_type: &str, data: &str, words: &str) {
        let line = OutputFormat::Text { color: false }.line(&envelope(event_type, data));
        assert_eq!(
            line,
            format!("2024-01-01T12:00:00Z a/b {event_type} {words}")
        );
    }

    #[test]
    fn each_type_has_its_own_text() {
        check(
            "message",
            r#"{"message":"hello","timestamp":"2024-01-01T12:00:00Z"}"#,
            "hello",
        );
        check(
            "message",
            r#"{"any":["json",1.50]}"#,
            r#"{"any":["json",1.50]}"#,
        );
        check(
            "notification",
            r#"{"type":"warning","message":"disk"}"#,
            "warning: disk",
        );
        check(
            "chat",
            r#"{"user":"ann","text":"hi","time":"2024-01-01T12:00:00Z"}"#,
            "ann: hi",
        );
        check("metrics", r#"{"cpu":23.4,"ram":1}"#, "cpu=23.4 ram=1");
        check(
            "com.ci.deploy",
            r#"{"service":"api"}"#,
            r#"{"service":"api"}"#,
        );
    }

    #[test]
    fn presence_is_distinguished_from_other_events() {
        assert!(is_presence(&envelope(
            "presence",
            r#"{"users":[],"watching":1}"#
        )));
        assert!(!is_presence(&envelope("message", r#"{"type":"presence"}"#)));
    }

    #[test]
    fn no_event_can_control_the_terminal() {
        let hostile = r#"{"message":"\u001b]0;owned\u0007\u009b2J\r\nfake line","timestamp":"2024-01-01T12:00:00Z"}"#;
        check(
            "message",
            hostile,
            r"\u{1b}]0;owned\u{7}\u{9b}2J\r\nfake line",
        );
        for (event_type, data) in [
            (
                "chat",
                "{\"user\":\"a\u{9b}b\",\"text\":\"\\u001b[31m\",\"time\":\"2024-01-01T12:00:00Z\"}",
            ),
            ("metrics", "{\"\\u001b[2J\":1}"),
            ("other", "{\"\u{9b}2J\u{7f}\":\"\u{202e}\"}"),
        ] {
            for format in [OutputFormat::Text { color: false }, OutputFormat::Json] {
                let line = format.line(&envelope(event_type, data));
                assert!(
                    !line.chars().any(|c| c.is_control() || c == '\u{202e}'),
                    "{line:?}"
                );
            }
        }
        // With colors, the only escape sequences are ours.
        let line = OutputFormat::Text { color: true }.line(&envelope("message", hostile));
        assert_eq!(line.matches('\u{1b}').count(), 6, "{line:?}");
    }

    #[test]
    fn an_envelope_that_cannot_be_parsed_is_shown_as_json() {
        let odd = Json::parse("{\"specversion\":\"2.0\",\"data\":\"\u{9b}\"}").unwrap();
        assert_eq!(
            OutputFormat::Text { color: false }.line(&odd),
            r#"{"specversion":"2.0","data":"\u009b"}"#
        );
    }
}
