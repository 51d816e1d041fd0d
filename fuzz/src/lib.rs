//! Fuzz targets of the contract. Each function takes any bytes and panics where a promise is broken.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cargo +nightly fuzz run sse --features libfuzzer     # or json, topics, cursors
//! ```
//!
//! The inputs worth keeping are in `corpus/`; `cargo test -p pulseboard-fuzz` replays them without a
//! nightly compiler. Add an input that found a fault to the corpus together with the fix.

// A panic is how a target reports a broken promise.
#![allow(clippy::missing_panics_doc, clippy::panic)]

use pulseboard_contract::{Event, EventId, Json, Topic, TopicPattern, sse::Decoder};

/// Decodes a stream whole and one byte at a time; both give the same messages.
pub fn sse(input: &[u8]) {
    let decode = |chunk: usize| {
        let mut decoder = Decoder::default();
        let mut messages = Vec::new();
        for part in input.chunks(chunk.max(1)) {
            let pushed = decoder.push(part, |message| {
                messages.push((message.event_type, message.data, message.last_event_id));
            });
            if pushed.is_err() {
                return None;
            }
        }
        Some(messages)
    };
    assert_eq!(
        decode(input.len()),
        decode(1),
        "the messages depend on where the stream is cut"
    );
}

/// Parses JSON. Valid JSON keeps its text, and an envelope is written as it was read.
pub fn json(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(json) = Json::parse(text) else { return };
    assert_eq!(
        Json::parse(json.as_str()).ok().as_ref(),
        Some(&json),
        "parsed JSON cannot be parsed again"
    );
    if let Ok(event) = json.read::<Event>() {
        let written = event.to_json();
        match written.read::<Event>() {
            Ok(read) => assert_eq!(read, event, "an envelope changes when it is written"),
            Err(error) => panic!("a written envelope cannot be read: {error}"),
        }
    }
}

/// Parses a topic and a pattern, one a line. A topic matches itself, and everything matches `**`.
pub fn topics(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let (topic, pattern) = text.split_once('\n').unwrap_or((text, text));
    let topic = Topic::new(topic);
    if let Ok(topic) = &topic {
        assert!(TopicPattern::from(topic).matches(topic));
        assert!(TopicPattern::all().matches(topic));
    }
    if let (Ok(topic), Ok(pattern)) = (&topic, pattern.parse::<TopicPattern>())
        && pattern.matches(topic)
    {
        assert!(
            topic.as_str().starts_with(pattern.literal_prefix()),
            "{pattern} matches {topic} without its literal prefix"
        );
    }
}

/// Parses an event id. A valid one is written as it was read, but for the case of its digits.
pub fn cursors(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(id) = text.parse::<EventId>() {
        assert_eq!(
            id.to_string().parse(),
            Ok(id),
            "a written event id cannot be read"
        );
    }
}
