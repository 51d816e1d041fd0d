//! Live events: which subscriber gets which event, and in which form.

use std::time::Duration;

use futures_util::FutureExt;
use pulseboard_contract::{Framing, Payload};
use pulseboard_hub::{Filter, Start, TopicQuery};

use crate::{Client, PERIOD, event, filter, hub, id, numbered};

#[tokio::test]
async fn every_subscriber_gets_every_event_in_order_once() {
    let hub = hub(10_000, 64);
    let mut clients: Vec<_> = (0..20)
        .map(|_| Client::open(&hub, Filter::all(), Start::Now))
        .collect();
    for n in 0..300 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    for client in &mut clients {
        assert_eq!(client.numbers(300).await, (0..300).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_filter_selects_by_topic_pattern_and_by_type() {
    let hub = hub(100, 100);
    let mut host = Client::open(&hub, filter(&["host/*"], &[]), Start::Now);
    let mut chats = Client::open(&hub, filter(&["chat/**", "ops"], &["chat"]), Start::Now);
    let chat = r#"{"user":"Ada","text":"hi","time":"2024-01-01T12:00:00Z"}"#;
    for new in [
        event("chat/general", "chat", chat),
        event("host/web-1", "metrics", r#"{"cpu":1}"#),
        event(
            "chat/general",
            "notification",
            r#"{"type":"info","message":"x"}"#,
        ),
        event("ops", "chat", chat),
        event("host/web-1/disk", "metrics", r#"{"used":1}"#),
        event("host/web-2", "metrics", r#"{"cpu":2}"#),
    ] {
        hub.publish(vec![new]).await.unwrap();
    }
    assert_eq!(
        [
            host.event().await.topic.as_str(),
            host.event().await.topic.as_str()
        ],
        ["host/web-1", "host/web-2"]
    );
    assert_eq!(
        [
            chats.event().await.topic.as_str(),
            chats.event().await.topic.as_str()
        ],
        ["chat/general", "ops"]
    );
}

#[tokio::test]
async fn each_framing_carries_the_same_event() {
    let hub = hub(100, 100);
    let mut clients =
        Framing::ALL.map(|framing| Client::with_framing(&hub, Filter::all(), Start::Now, framing));
    hub.publish(vec![event("page", "update", r#"{"content":"x"}"#)])
        .await
        .unwrap();
    let [named, unnamed, envelope] = &mut clients;
    let (named, unnamed) = (
        named.message().await.unwrap(),
        unnamed.message().await.unwrap(),
    );
    assert_eq!(
        (named.event_type.as_str(), named.data.as_str()),
        ("update", r#"{"content":"x"}"#)
    );
    assert_eq!(
        (unnamed.event_type.as_str(), unnamed.data.as_str()),
        ("message", r#"{"content":"x"}"#)
    );
    assert_eq!(envelope.event().await.event_id, Some(id(1)));
    assert_eq!(
        [named.last_event_id, unnamed.last_event_id],
        [id(1).to_string(), id(1).to_string()]
    );
}

#[tokio::test]
async fn an_ephemeral_event_is_sent_and_not_stored() {
    let hub = hub(100, 100);
    let mut client = Client::open(&hub, Filter::all(), Start::Now);
    let typing = hub
        .publish(vec![event("chat/general", "typing", r#"{"user":"Ada"}"#)])
        .await
        .unwrap();
    assert_eq!(typing[0].event_id, None);
    assert_eq!(client.event().await.event_type.as_str(), "typing");
    assert_eq!(client.cursor(), id(0), "it moves no cursor");
    let counted = hub.publish(vec![numbered(1)]).await.unwrap();
    assert_eq!(counted[0].event_id, Some(id(1)));
    assert_eq!(client.numbers(1).await, [1]);
    assert_eq!(
        Client::open(&hub, Filter::all(), Start::After(id(0)))
            .numbers(1)
            .await,
        [1],
        "and is not replayed"
    );
}

#[tokio::test]
async fn events_of_one_publish_stay_together_and_in_order() {
    let hub = hub(1_000, 1_000);
    let mut client = Client::open(&hub, Filter::all(), Start::Now);
    let publish = |base: u64| hub.publish((base..base + 10).map(numbered).collect());
    let (a, b) = tokio::join!(publish(0), publish(100));
    a.unwrap();
    b.unwrap();
    let numbers = client.numbers(20).await;
    assert_eq!(numbers, (0..10).chain(100..110).collect::<Vec<_>>());
}

/// Advances the hub's timers. Between the calls time is real: paused time would run on by itself
/// while a publish waits for the writer's thread.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_quiet_stream_gets_a_heartbeat_with_the_position_it_has_passed() {
    let hub = hub(100, 100);
    let mut client =
        Client::with_framing(&hub, filter(&["quiet"], &[]), Start::Now, Framing::Unnamed);
    hub.publish(vec![numbered(1), numbered(2)]).await.unwrap();
    pass(Duration::from_hours(23)).await;
    let early = client.message().now_or_never();
    assert_eq!(early, None, "not before its time");
    pass(Duration::from_hours(1)).await;
    let message = client.message().await.unwrap();
    assert_eq!(
        (message.event_type.as_str(), message.data.as_str()),
        (
            "heartbeat",
            r#"{"status":"ok","time":"2024-01-01T12:00:00Z"}"#
        )
    );
    assert_eq!(
        message.last_event_id,
        id(2).to_string(),
        "although it selected neither event"
    );
}

#[tokio::test]
async fn heartbeats_before_a_stream_was_opened_are_not_replayed() {
    let hub = hub(100, 100);
    let mut early = Client::open(&hub, filter(&["quiet"], &[]), Start::Now);
    hub.publish(vec![numbered(1)]).await.unwrap();
    pass(PERIOD).await;
    assert_eq!(early.message().await.unwrap().event_type, "heartbeat");
    hub.publish(vec![numbered(2)]).await.unwrap();
    let mut late = Client::open(&hub, Filter::all(), Start::After(id(0)));
    assert_eq!(late.numbers(2).await, [1, 2]);
    pass(PERIOD).await;
    assert_eq!(
        late.message().await.unwrap().event_type,
        "heartbeat",
        "later ones are sent"
    );
}

#[tokio::test]
async fn a_dropped_subscriber_is_counted_no_more() {
    let hub = hub(100, 100);
    let clients: Vec<_> = (0..100)
        .map(|_| Client::open(&hub, Filter::all(), Start::Now))
        .collect();
    assert_eq!(hub.subscribers(), 100);
    drop(clients);
    assert_eq!(hub.subscribers(), 0);
}

#[tokio::test]
async fn a_greeting_reaches_its_subscriber_alone() {
    let hub = hub(100, 100);
    hub.publish(vec![event("chat/general", "update", r#"{"content":"a"}"#)])
        .await
        .unwrap();
    let page = hub
        .topics(TopicQuery {
            prefix: String::new(),
            after: None,
            limit: 1,
        })
        .await
        .unwrap();
    let greeting = pulseboard_contract::Event {
        event_id: None,
        ..(*page.topics[0].1).clone()
    };
    let mut other = Client::open(&hub, Filter::all(), Start::Now);
    let mut subscriber = hub.subscribe(pulseboard_hub::Subscription::new(
        Filter::all(),
        Framing::Named,
        Start::Now,
    ));
    subscriber.greet(&[greeting]);
    let preface = subscriber.next().await.unwrap();
    assert!(
        preface.ends_with(b"event: update\ndata: {\"content\":\"a\"}\n\n"),
        "{preface:?}"
    );
    hub.publish(vec![numbered(2)]).await.unwrap();
    let first = other.event().await;
    assert!(
        matches!(first.payload(), Payload::Other { .. }),
        "the other subscriber sees only what was published: {first:?}"
    );
}
