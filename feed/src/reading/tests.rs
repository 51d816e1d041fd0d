//! What events say.

use proptest::prelude::*;
use pulseboard_contract::{Event, EventType, Topic, TypeName};

use super::*;
use crate::{
    Feed, Incoming,
    tests::{event, feed},
};

/// The states that an event is read as.
fn states(event_type: &str, data: &str) -> Option<String> {
    match Reading::of(&event(1, "t", event_type, data).payload()) {
        Reading::Values { states, .. } => Some(
            states
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(" "),
        ),
        Reading::Line { .. } | Reading::Chat(_) | Reading::Typing(_) | Reading::Nothing => None,
    }
}

#[test]
fn switches_and_short_words_are_states() {
    for (data, expected) in [
        (r#"{"online":true}"#, Some("online=yes")),
        (r#"{"door":"open"}"#, Some("door=open")),
        (
            r#"{"door":"open","lock":"closed"}"#,
            Some("door=open lock=closed"),
        ),
        ("false", Some("value=no")),
        (r#"{"queue":1,"note":"short"}"#, Some("note=short")),
        (r#"{"message":"short"}"#, None),
        (
            r#"{"door":"open since the wind blew it out of its frame"}"#,
            None,
        ),
        (r#"{"door":"open","history":[]}"#, None),
        (r"{}", None),
    ] {
        assert_eq!(states("message", data).as_deref(), expected, "{data}");
    }
}

#[test]
fn words_under_a_type_of_their_own_are_a_line_unless_there_is_a_switch() {
    assert_eq!(
        states("com.ci.deploy", r#"{"service":"api","status":"done"}"#),
        None
    );
    assert_eq!(states("com.ci.deploy", r#"{"status":"done"}"#), None);
    assert_eq!(
        states("com.home.lamp", r#"{"room":"west","on":true}"#).as_deref(),
        Some("room=west on=yes")
    );
}

#[test]
fn every_payload_has_a_headline() {
    for (event_type, data, text) in [
        (
            "message",
            r#"{"message":"one","timestamp":"2024-01-01T12:00:00Z"}"#,
            "one",
        ),
        ("update", r#"{"content":"two"}"#, "two"),
        (
            "notification",
            r#"{"type":"error","message":"three"}"#,
            "three",
        ),
        (
            "chat",
            r#"{"user":"Ada","text":"four","time":"2024-01-01T12:00:00Z"}"#,
            "Ada: four",
        ),
        (
            "metrics",
            r#"{"cpu":2000,"load":0.123456}"#,
            "cpu 2000, load 0.12",
        ),
        (
            "com.ci.deploy",
            r#"{"service":"api","steps":["a"]}"#,
            r#"service api, steps ["a"]"#,
        ),
        ("message", r#""five""#, "five"),
        ("x", "[6]", "[6]"),
    ] {
        assert_eq!(Headline::of(&event(1, "t", event_type, data)).text, text);
    }
    let notice = event(1, "t", "notification", r#"{"type":"error","message":""}"#);
    assert_eq!(Headline::of(&notice).severity, Some(Severity::Error));
}

/// A new event type that shows nothing would be worse than an unknown one.
#[test]
fn every_stored_event_type_shows_a_value_a_row_or_a_chat_line() {
    for &event_type in EventType::ALL.iter().filter(|known| !known.is_ephemeral()) {
        let example = event(1, "t", event_type.name(), event_type.example());
        let mut feed = feed(vec![]);
        feed.apply(Incoming::Event(example));
        let topic = feed.topic(&Topic::new("t").unwrap()).unwrap();
        let shown = topic.series().len()
            + topic.states().len()
            + topic.rows().len()
            + topic.room().lines().len();
        assert!(shown > 0, "{event_type:?} shows nothing");
        assert!(!feed.widgets().is_empty() || topic.room().lines().len() > 0);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let name = prop_oneof![".{0,8}", "(type|message|user|text|time|content|status)"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_the_reading_panic(
        name in prop_oneof![
            proptest::sample::select(EventType::ALL).prop_map(TypeName::from),
            Just(TypeName::new("com.example.any").unwrap()),
        ],
        data in any_json(),
    ) {
        let any = Event {
            event_type: name,
            data: Json::of(&data).unwrap(),
            ..event(1, "t", "message", "null")
        };
        let _ = Headline::of(&any);
        let _ = Reading::of(&any.payload());
        let mut feed: Feed = feed(vec![]);
        feed.apply(Incoming::Event(any));
        let _ = feed.widgets();
    }
}
