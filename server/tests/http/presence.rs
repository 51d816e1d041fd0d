//! Presence: people join, leave, and return within the grace period.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Stream, TestServer};

const LONG: Duration = Duration::from_hours(1);

async fn enter(server: &TestServer, query: &str) -> Stream {
    server
        .stream(&format!("/events?topic=chat/general&room=general{query}"))
        .await
}

/// The next presence that differs from the one before. The same state may be told several times.
async fn next(stream: &mut Stream, before: &Value) -> Value {
    loop {
        let presence = stream.data("presence").await;
        if presence != *before {
            return presence;
        }
    }
}

#[tokio::test]
async fn a_stream_begins_with_who_is_present_itself_included() {
    let server = TestServer::start().await;
    let mut ada = enter(&server, "&user=Ada").await;
    let first = ada.chunk().await.unwrap();
    assert!(
        first.contains("event: presence\ndata: {\"users\":[\"Ada\"],\"watching\":1}"),
        "{first}"
    );
    let mut nobody = enter(&server, "").await;
    assert_eq!(
        nobody.data("presence").await,
        json!({"users": ["Ada"], "watching": 2})
    );
}

#[tokio::test]
async fn joining_and_leaving_is_told_to_the_room_and_stored() {
    let server = TestServer::start().await;
    let mut watcher = enter(&server, "").await;
    let alone = json!({"users": [], "watching": 1});
    assert_eq!(watcher.data("presence").await, alone);
    let grace = enter(&server, "&user=Grace").await;
    assert_eq!(
        watcher.data("notification").await,
        json!({"type": "info", "message": "Grace joined general"})
    );
    let with_grace = next(&mut watcher, &alone).await;
    assert_eq!(with_grace, json!({"users": ["Grace"], "watching": 2}));
    let ada = enter(&server, "&user=Ada").await;
    let with_both = next(&mut watcher, &with_grace).await;
    assert_eq!(with_both, json!({"users": ["Ada", "Grace"], "watching": 3}));

    drop(grace);
    assert_eq!(
        next(&mut watcher, &with_both).await,
        json!({"users": ["Ada"], "watching": 2})
    );
    drop(ada);
    let words: Vec<Value> = server
        .stored()
        .await
        .iter()
        .map(|event| event.data.read::<Value>().unwrap()["message"].clone())
        .collect();
    assert_eq!(
        words[..3],
        [
            "Grace joined general",
            "Ada joined general",
            "Grace left general"
        ]
    );
    let stored = server.stored().await;
    assert!(
        stored
            .iter()
            .all(|event| event.source == "/presence" && event.topic.as_str() == "chat/general")
    );
}

#[tokio::test]
async fn a_second_tab_of_the_same_person_does_not_join_again() {
    let server = TestServer::start().await;
    let mut first = enter(&server, "&user=Ada").await;
    let one = json!({"users": ["Ada"], "watching": 1});
    assert_eq!(first.data("presence").await, one);
    let second = enter(&server, "&user=Ada").await;
    let two = next(&mut first, &one).await;
    assert_eq!(two, json!({"users": ["Ada"], "watching": 2}));
    drop(second);
    assert_eq!(
        next(&mut first, &two).await,
        one,
        "Ada still has one tab open"
    );
    let stored: Vec<_> = server
        .stored()
        .await
        .iter()
        .map(|event| event.data.to_string())
        .collect();
    assert_eq!(
        stored,
        [r#"{"type":"info","message":"Ada joined general"}"#]
    );
}

#[tokio::test]
async fn returning_within_the_grace_period_is_not_told() {
    let server = TestServer::start_with(|options| options.presence_grace = LONG).await;
    let mut watcher = enter(&server, "").await;
    let ada = enter(&server, "&user=Ada").await;
    watcher.of_type("notification").await;
    assert_eq!(
        watcher.data("presence").await,
        json!({"users": ["Ada"], "watching": 2})
    );
    drop(ada);
    // The server has noticed that she left once two streams are counted: this one and the watcher.
    let mut counting = server.stream("/events?topic=board").await;
    while counting.data("presence").await["watching"] != 2 {}
    let _ada = enter(&server, "&user=Ada").await;
    let _grace = enter(&server, "&user=Grace").await;
    let next = watcher.message().await.unwrap();
    assert!(
        next.data.contains("Grace joined general"),
        "nothing else was told: {next:?}"
    );
    assert_eq!(
        watcher.data("presence").await,
        json!({"users": ["Ada", "Grace"], "watching": 3})
    );
    assert_eq!(server.stored().await.len(), 2);
}

#[tokio::test]
async fn all_open_streams_of_events_are_counted_on_the_board() {
    let server = TestServer::start().await;
    let mut first = server.stream("/events?topic=board").await;
    let one = first.data("presence").await;
    assert_eq!(one, json!({"users": [], "watching": 1}));
    let second = server.stream("/events").await.opened().await;
    let two = next(&mut first, &one).await;
    assert_eq!(two, json!({"users": [], "watching": 2}));
    drop(second);
    assert_eq!(next(&mut first, &two).await, one);
}

#[tokio::test]
async fn the_chat_stream_makes_present_and_has_chat_only() {
    let server = TestServer::start().await;
    let mut watcher = enter(&server, "").await;
    let mut chat = server.stream("/chat-stream?user=Ada").await.opened().await;
    assert_eq!(
        watcher.data("notification").await["message"],
        "Ada joined general"
    );
    server
        .post("/chat/general")
        .json(&json!({"user": "Ada", "text": "hi"}))
        .send()
        .await
        .unwrap();
    assert_eq!(chat.data("message").await["text"], "hi");
}

#[tokio::test]
async fn a_count_that_went_up_and_down_again_is_told_to_a_stream_that_began_with_it() {
    let server = TestServer::start().await;
    let count = |watching: u64| json!({"users": [], "watching": watching});
    let mut first = server.stream("/events?topic=board").await;
    assert_eq!(
        [first.data("presence").await, first.data("presence").await],
        [count(1), count(1)],
        "greeted, then told"
    );
    // Within a second, as when a page replaces its stream by another.
    let mut second = server.stream("/events?topic=board").await;
    assert_eq!(second.data("presence").await, count(2));
    drop(first);
    assert_eq!(next(&mut second, &count(2)).await, count(1));
}

#[tokio::test]
async fn one_stream_is_present_in_every_room_it_names() {
    let server = TestServer::start().await;
    let stream = server
        .stream("/events?room=general&room=ops&room=ops&room=&user=Ada")
        .await;
    let mut ops = server.stream("/events?topic=chat/ops").await;
    let there = json!({"users": ["Ada"], "watching": 1});
    assert_eq!(ops.data("presence").await, there);
    assert_eq!(
        enter(&server, "").await.data("presence").await,
        json!({"users": ["Ada"], "watching": 2})
    );
    drop(stream);
    assert_eq!(
        next(&mut ops, &there).await,
        json!({"users": [], "watching": 0})
    );
}

#[tokio::test]
async fn a_stream_in_too_many_rooms_is_refused() {
    let server = TestServer::start().await;
    let rooms = (0..17)
        .map(|n| format!("&room=r{n}"))
        .collect::<Vec<_>>()
        .concat();
    crate::check_problem(
        400,
        Some("room"),
        server
            .get(&format!("/events?topic=x{rooms}"))
            .send()
            .await
            .unwrap(),
    )
    .await;
}
