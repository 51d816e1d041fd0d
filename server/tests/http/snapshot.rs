//! The snapshot from which a page is rendered.

use std::collections::BTreeSet;

use pulseboard_app::PageContext;
use pulseboard_contract::{Attributes, Json, Topic};
use pulseboard_hub::NewEvent;

use crate::{
    Stream, TestServer, client, noon,
    pages::{context, page, snapshot},
};

#[tokio::test]
async fn the_snapshot_has_the_newest_events_of_each_topic_oldest_first() {
    let server = TestServer::start().await;
    server.publish("quiet", "x", "0").send().await.unwrap();
    server.count(1..=150).await;
    let PageContext {
        snapshot,
        heartbeat_millis,
        ..
    } = context(&page(&server, "/").await);
    assert_eq!((snapshot.now, heartbeat_millis), (noon(), 15_000));
    assert_eq!(snapshot.position.seq, 151);
    let seqs: Vec<_> = snapshot
        .events
        .iter()
        .map(|event| event.event_id.unwrap().seq)
        .collect();
    assert_eq!(
        seqs,
        std::iter::once(1).chain(32..=151).collect::<Vec<_>>(),
        "120 of the busy topic, all of the quiet one"
    );
    let topics: Vec<_> = snapshot
        .topics
        .iter()
        .map(|topic| (topic.topic.as_str(), topic.count))
        .collect();
    assert_eq!(topics, [("n", 150), ("quiet", 1)]);
}

#[tokio::test]
async fn the_snapshot_stays_within_its_budget() {
    let server = TestServer::start().await;
    let data = format!("\"{}\"", "x".repeat(30_000));
    for topic in 1..=8 {
        for _ in 0..2 {
            server
                .publish(&format!("big/{topic}"), "x", &data)
                .send()
                .await
                .unwrap();
        }
    }
    let snapshot = snapshot(&page(&server, "/").await);
    let seqs: Vec<_> = snapshot
        .events
        .iter()
        .map(|event| event.event_id.unwrap().seq)
        .collect();
    assert_eq!(
        seqs,
        [8, 10, 12, 14, 16],
        "the newest that fit: 56 KiB a topic, 160 KiB in all"
    );
}

#[tokio::test]
async fn busy_topics_leave_room_for_quiet_ones() {
    let server = TestServer::start().await;
    for topic in 1..=40 {
        server
            .publish(&format!("quiet/{topic}"), "x", "1")
            .send()
            .await
            .unwrap();
    }
    let line = Json::parse(&format!("\"{}\"", "x".repeat(500))).unwrap();
    let busy = |number: u64| NewEvent {
        topic: Topic::new(&format!("busy/{}", number % 5)).unwrap(),
        data: line.clone(),
        ..numbered(number)
    };
    server
        .running
        .hub()
        .publish((0..2_500).map(busy).collect())
        .await
        .unwrap();
    let snapshot = snapshot(&page(&server, "/").await);
    let of = |topic: &str| {
        snapshot
            .events
            .iter()
            .filter(|event| event.topic.as_str() == topic)
            .count()
    };
    assert_eq!(
        (1..=40)
            .map(|topic| of(&format!("quiet/{topic}")))
            .collect::<Vec<_>>(),
        [1; 40]
    );
    assert_eq!(snapshot.topics.len(), 45, "and each says how much there is");
    let counts: Vec<_> = (0..5).map(|topic| of(&format!("busy/{topic}"))).collect();
    assert!(
        counts.iter().sum::<usize>() * 500 > 120_000,
        "what room there is is used: {counts:?}"
    );
}

#[tokio::test]
async fn the_page_of_a_room_has_its_events_before_others() {
    let server = TestServer::start().await;
    let say = |text: String| {
        server
            .post("/chat/general")
            .json(&serde_json::json!({"user": "Ada", "text": text}))
            .send()
    };
    for number in 0..110 {
        say(number.to_string()).await.unwrap();
    }
    server.count(1..=3).await;
    let snapshot = snapshot(&page(&server, "/chat/general").await);
    let of_room = snapshot
        .events
        .iter()
        .filter(|event| event.topic.as_str() == "chat/general")
        .count();
    assert_eq!((of_room, snapshot.events.len()), (100, 103));
}

/// With several threads and a publisher that does not wait for HTTP, events are published while a
/// page is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_page_and_the_stream_after_it_have_every_event_exactly_once() {
    let server = TestServer::start().await;
    let (hub, is_over) = (
        server.running.hub().clone(),
        std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)),
    );
    let publishing = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            let mut last = 0;
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                last += 1;
                hub.publish(vec![numbered(last)]).await.unwrap();
            }
            last
        }
    });
    let mut pages = Vec::new();
    for _ in 0..100 {
        let snapshot = snapshot(&page(&server, "/").await);
        let path = format!(
            "/events?topic=n&framing=envelope&last_event_id={}",
            snapshot.position
        );
        // On a connection of its own: a stream that is not read blocks others on its connection.
        pages.push((snapshot, Stream::of(client().get(server.url(&path))).await));
    }
    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    let last = publishing.await.unwrap();

    assert!(
        pages
            .iter()
            .filter(|(snapshot, _)| (1..last).contains(&snapshot.position.seq))
            .count()
            > 50,
        "pages were read midway"
    );
    for (snapshot, mut stream) in pages {
        let position = snapshot.position.seq;
        let numbers: Vec<u64> = snapshot
            .events
            .iter()
            .map(|event| event.data.read().unwrap())
            .collect();
        assert_eq!(
            numbers,
            (position.saturating_sub(119).max(1)..=position).collect::<Vec<_>>(),
            "the newest up to {position}"
        );
        assert_eq!(
            snapshot.topics.iter().map(|topic| topic.count).sum::<u64>(),
            position,
            "and counted up to there"
        );
        // A few events suffice. The tests of the hub cover the rest of a stream.
        for next in (position + 1..=last).take(20) {
            assert_eq!(number(&mut stream).await, next, "handed over at {position}");
        }
    }
}

pub(crate) fn numbered(number: u64) -> NewEvent {
    NewEvent {
        id: None,
        source: "/test".into(),
        event_type: "count".parse().unwrap(),
        topic: Topic::new("n").unwrap(),
        time: noon(),
        expires: None,
        attributes: Attributes::default(),
        data: Json::parse(&number.to_string()).unwrap(),
    }
}

async fn number(stream: &mut Stream) -> u64 {
    stream.data("message").await["data"].as_u64().unwrap()
}

#[tokio::test]
async fn large_events_of_one_topic_leave_room_for_others() {
    let server = TestServer::start().await;
    server
        .publish("deploys", "update", r#"{"content":"still here"}"#)
        .send()
        .await
        .unwrap();
    for _ in 0..6 {
        let large = Json::of(&"x".repeat(60 * 1024)).unwrap();
        assert_eq!(
            server
                .publish("large", "message", large.as_str())
                .send()
                .await
                .unwrap()
                .status(),
            201
        );
    }
    let snapshot = snapshot(&page(&server, "/").await);
    let topics: BTreeSet<_> = snapshot
        .events
        .iter()
        .map(|event| event.topic.as_str().to_owned())
        .collect();
    assert!(topics.contains("deploys"), "{topics:?}");
}
