//! The feed as a whole, and events for the tests of its modules.

use pulseboard_contract::{Attributes, Epoch, Heartbeat, Json, TypeName, limits::BOARD_TOPICS};

use super::*;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_704_110_400_000 + seconds * 1_000).unwrap()
}

pub(crate) fn event(seq: u64, topic: &str, event_type: &str, data: &str) -> Event {
    let event_id = (seq > 0).then_some(EventId {
        epoch: Epoch::new(7),
        seq,
    });
    Event {
        event_id,
        id: seq.to_string(),
        source: "/test".into(),
        event_type: TypeName::new(event_type).unwrap(),
        topic: Topic::new(topic).unwrap(),
        time: at(i64::try_from(seq).unwrap()),
        expires: None,
        attributes: Attributes::default(),
        data: Json::parse(data).unwrap(),
    }
}

pub(super) fn feed(events: Vec<Event>) -> Feed {
    let seq = events
        .iter()
        .filter_map(|event| event.event_id)
        .map(|id| id.seq)
        .max()
        .unwrap_or(0);
    Feed::from_snapshot(&Snapshot {
        now: at(0),
        position: EventId {
            epoch: Epoch::new(7),
            seq,
        },
        events,
        presence: Vec::new(),
        history: None,
        topics: Vec::new(),
    })
}

#[test]
fn the_stream_goes_on_where_the_snapshot_ended() {
    let mut feed = feed(vec![event(1, "a", "update", r#"{"content":"one"}"#)]);
    for seq in [1, 2, 2, 1] {
        feed.apply(Incoming::Event(event(
            seq,
            "a",
            "update",
            r#"{"content":"x"}"#,
        )));
    }
    assert_eq!(
        feed.recent().count(),
        2,
        "an event that was passed already changes nothing"
    );
    assert_eq!(feed.position().seq, 2);
    assert_eq!(feed.received(), 1);
}

#[test]
fn a_gap_and_a_heartbeat_move_the_position() {
    let mut feed = feed(vec![event(1, "a", "update", r#"{"content":"one"}"#)]);
    let position = |bits, seq| EventId {
        epoch: Epoch::new(bits),
        seq,
    };
    let heartbeat = Heartbeat {
        status: pulseboard_contract::HeartbeatStatus::Ok,
        time: at(9),
    };
    feed.apply(Incoming::Heartbeat(heartbeat, Some(position(7, 40))));
    assert_eq!(feed.position(), position(7, 40));
    let gap = Gap {
        after: position(7, 40),
        resumed_at: position(8, 0),
        lost: None,
    };
    feed.apply(Incoming::Gap(gap.clone()));
    assert_eq!(feed.gaps(), [gap]);
    let restarted = Event {
        event_id: Some(position(8, 1)),
        ..event(1, "a", "update", r#"{"content":"new"}"#)
    };
    feed.apply(Incoming::Event(restarted));
    assert_eq!(
        feed.recent().count(),
        2,
        "the new log begins at 1 again and its events are new"
    );
}

#[test]
fn lists_are_bounded() {
    let mut feed = feed(vec![]);
    for seq in 1..7_000 {
        feed.apply(Incoming::Event(event(
            seq,
            "a",
            "notification",
            r#"{"type":"info","message":"x"}"#,
        )));
    }
    assert_eq!(
        (feed.recent().count(), feed.notices().count()),
        (ring::MOST, NOTICES)
    );
}

#[test]
fn topics_are_bounded_and_the_silent_ones_are_dropped_first() {
    let mut feed = feed(vec![]);
    for seq in 1..=300 {
        feed.apply(Incoming::Event(event(
            seq,
            &format!("t{seq}"),
            "update",
            r#"{"content":"x"}"#,
        )));
        feed.apply(Incoming::Event(event(
            seq + 300,
            "busy",
            "update",
            r#"{"content":"x"}"#,
        )));
        feed.position.seq = seq;
    }
    let names: Vec<_> = feed
        .topics()
        .map(|topic| topic.topic().to_string())
        .collect();
    assert_eq!(names.len(), BOARD_TOPICS);
    assert!(
        names.contains(&"busy".to_owned())
            && names.contains(&"t300".to_owned())
            && !names.contains(&"t1".to_owned())
    );
}

#[test]
fn a_room_opens_with_the_messages_in_memory_and_continues_live() {
    let said = |seq| {
        event(
            seq,
            "chat/a",
            "chat",
            r#"{"user":"Ada","text":"x","time":"2024-01-01T12:00:00Z"}"#,
        )
    };
    let mut feed = feed(vec![
        said(1),
        event(
            2,
            "chat/a",
            "notification",
            r#"{"type":"info","message":"Ada left"}"#,
        ),
        said(3),
    ]);
    feed.open_room(Topic::new("chat/a").unwrap());
    feed.apply(Incoming::Event(said(4)));
    feed.apply(Incoming::Event(event(
        5,
        "chat/a",
        "notification",
        r#"{"type":"info","message":"Ada joined"}"#,
    )));
    let history = feed.history().unwrap();
    let seqs: Vec<_> = history
        .events()
        .filter_map(|event| event.event_id)
        .map(|id| id.seq)
        .collect();
    assert_eq!(seqs, [4, 3, 1], "only messages");
    assert!(history.has_older() && !history.has_newer());
}

#[test]
fn a_conversation_is_at_its_live_end_whatever_else_happens_on_its_topic() {
    let mut feed = feed(vec![]);
    let said = |seq| {
        event(
            seq,
            "chat/a",
            "chat",
            r#"{"user":"Ada","text":"x","time":"2024-01-01T12:00:00Z"}"#,
        )
    };
    feed.apply(Incoming::Event(said(1)));
    for seq in 2..2_000 {
        feed.apply(Incoming::Event(event(
            seq,
            "chat/a",
            "notification",
            r#"{"type":"info","message":"Ada joined"}"#,
        )));
    }
    let address = HistoryAddress::of_chat(Topic::new("chat/a").unwrap());
    feed.open(HistorySlice {
        address,
        events: vec![said(1)],
        has_older: false,
        has_newer: false,
    });
    assert!(
        !feed.history().unwrap().has_newer(),
        "all messages are here"
    );
}

#[test]
fn events_that_the_stream_will_bring_are_not_backfilled() {
    let mut feed = feed(vec![event(1, "a", "update", r#"{"content":"one"}"#)]);
    let later = event(2, "a", "update", r#"{"content":"two"}"#);
    feed.backfill(vec![later.clone()]);
    feed.apply(Incoming::Event(later));
    let topic = feed.topics().next().unwrap();
    assert_eq!(
        topic
            .rows()
            .map(|row| row.text.as_str())
            .collect::<Vec<_>>(),
        ["two", "one"]
    );
}

#[test]
fn presence_is_state_and_not_a_tile() {
    let mut feed = feed(vec![]);
    let room = Topic::new("chat/general").unwrap();
    feed.apply(Incoming::Event(event(
        0,
        "chat/general",
        "presence",
        r#"{"users":["Ada"],"watching":2}"#,
    )));
    assert_eq!(feed.presence(&room).users, ["Ada"]);
    assert_eq!(feed.topics().count(), 0);
    feed.apply(Incoming::Event(event(
        0,
        "chat/general",
        "presence",
        r#"{"users":[],"watching":0}"#,
    )));
    assert_eq!(feed.presence(&room), Presence::default());
}

#[test]
fn an_invalid_message_is_an_error_and_not_an_event() {
    let parse = |event_type: &str, data: &str| Incoming::parse(event_type, data, "");
    assert!(parse("message", "hello").is_err());
    assert!(parse("gap", "{}").is_err());
    let json = event(1, "a", "update", r#"{"content":"x"}"#).to_json();
    assert!(parse("message", json.as_str()).is_ok());
}
