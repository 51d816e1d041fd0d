//! What a topic takes in.

use pulseboard_contract::limits::CHART_FIELDS;

use super::*;
use crate::{
    Incoming,
    tests::{event, feed},
};

fn topic(events: &[(&str, &str)]) -> TopicFeed {
    let mut feed = feed(vec![]);
    for (seq, (event_type, data)) in events.iter().enumerate() {
        feed.apply(Incoming::Event(event(
            seq as u64 + 1,
            "t",
            event_type,
            data,
        )));
    }
    feed.topic(&Topic::new("t").unwrap()).unwrap().clone()
}

#[test]
fn numbers_become_series_whatever_the_type_is_called() {
    for event_type in ["metrics", "message", "com.example.sensor"] {
        let topic = topic(&[
            (event_type, r#"{"temperature":21.4,"co2":600}"#),
            (event_type, r#"{"temperature":21.6}"#),
        ]);
        assert_eq!(topic.value("temperature"), Some(21.6), "{event_type}");
        assert_eq!(topic.value("co2"), Some(600.0));
        assert_eq!(topic.rows().count(), 0);
    }
}

#[test]
fn words_beside_numbers_become_states_and_words_alone_a_line() {
    let mixed = topic(&[("message", r#"{"queue":12,"state":"busy","paused":false}"#)]);
    assert_eq!(mixed.states().get("state").map(States::value), Some("busy"));
    assert_eq!(mixed.states().get("paused").map(States::value), Some("no"));
    let words = topic(&[("com.ci.deploy", r#"{"service":"api","status":"done"}"#)]);
    assert_eq!(
        words.rows().next().map(|row| row.text.as_str()),
        Some("service api, status done")
    );
}

#[test]
fn text_becomes_lines_newest_first() {
    let topic = topic(&[
        (
            "message",
            r#"{"message":"one","timestamp":"2024-01-01T12:00:00Z"}"#,
        ),
        ("update", r#"{"content":"two"}"#),
        ("message", r#""three""#),
        ("message", "[4]"),
    ]);
    assert_eq!(
        topic
            .rows()
            .map(|row| row.text.as_str())
            .collect::<Vec<_>>(),
        ["[4]", "three", "two", "one"]
    );
}

#[test]
fn an_object_with_endless_fields_is_bounded() {
    let fields: Vec<_> = (0..1_000).map(|n| format!("\"f{n}\":{n}")).collect();
    assert_eq!(
        topic(&[("metrics", &format!("{{{}}}", fields.join(",")))])
            .series()
            .len(),
        CHART_FIELDS
    );
}

#[test]
fn history_is_put_before_what_is_there() {
    let mut feed = feed(vec![]);
    for seq in 5..8 {
        feed.apply(Incoming::Event(event(
            seq,
            "t",
            "update",
            &format!(r#"{{"content":"{seq}"}}"#),
        )));
    }
    feed.apply(Incoming::Event(event(
        9,
        "elsewhere",
        "update",
        r#"{"content":"x"}"#,
    )));
    feed.backfill(
        (2..7)
            .map(|seq| event(seq, "t", "update", &format!(r#"{{"content":"{seq}"}}"#)))
            .collect(),
    );
    let topic = feed.topic(&Topic::new("t").unwrap()).unwrap();
    assert_eq!(
        topic
            .rows()
            .map(|row| row.text.as_str())
            .collect::<Vec<_>>(),
        ["7", "6", "5", "4", "3", "2"]
    );
}
