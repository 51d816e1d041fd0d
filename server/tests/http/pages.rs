//! The pages and the snapshot they carry.

use std::collections::BTreeSet;

use pulseboard_app::{PATHS, Page, PageContext, Theme};
use pulseboard_contract::{Attributes, Json, Topic};
use pulseboard_feed::Snapshot;
use pulseboard_hub::NewEvent;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    task::JoinSet,
};

use crate::{Stream, TestServer, client, header, noon};

/// The snapshot in a page.
pub(crate) fn snapshot(html: &str) -> Snapshot {
    context(html).snapshot
}

/// The context in a page. It is a JavaScript string of JSON; for ASCII that is a JSON string of
/// JSON.
fn context(html: &str) -> PageContext {
    let from = html
        .find("__RESOLVED_RESOURCES[0] = ")
        .expect("the page carries its context")
        + 26;
    let literal = &html[from..from + html[from..].find(";</script>").unwrap()];
    let text: String = serde_json::from_str(literal).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) async fn page(server: &TestServer, path: &str) -> String {
    let response = server.get(path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn every_page_is_rendered_and_never_cached() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/chat/general",
        "/chat/gr%C3%B6%C3%9Fe",
        "/inspector",
        "/guide",
        "/topics/gr%C3%B6%C3%9Fe/a",
    ] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "content-type").as_str()
            ),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert!(response.text().await.unwrap().contains("<main"), "{path}");
    }
    for (path, room) in [
        ("/chat", "/chat/general"),
        ("/chat?room=gr%C3%B6%C3%9Fe", "/chat/gr%C3%B6%C3%9Fe"),
    ] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "location").as_str()
            ),
            (307, room)
        );
    }
}

#[tokio::test]
async fn every_path_of_the_table_is_answered_with_its_page_and_others_are_not() {
    let server = TestServer::start().await;
    for path in PATHS {
        let (parameter, heading) = match path.page {
            Page::Board => ("", "Board</h1>"),
            Page::Chat => ("größe", "Room größe"),
            Page::Topic => ("größe/a", "größe</a>"),
            Page::Inspector => ("", "Inspector</h1>"),
            Page::Guide => ("", "Server-Sent Events, live"),
        };
        let href = path.page.href(parameter);
        let html = page(&server, &href).await;
        assert!(html.contains(heading), "{href}");
        let below = format!("{}/below/%20", href.trim_end_matches('/'));
        let response = server.get(&below).send().await.unwrap();
        assert_eq!(response.status(), 404, "{below}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_page_leads_to_the_page() {
    let server = TestServer::start().await;
    for (path, page) in [
        ("/guide/", "/guide"),
        ("/inspector/?q=a%20b", "/inspector?q=a%20b"),
        ("/chat/gr%C3%B6%C3%9Fe/", "/chat/gr%C3%B6%C3%9Fe"),
    ] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "location").as_str()
            ),
            (308, page),
            "{path}"
        );
    }
    for path in ["//example.org/", "/chat/", "/topics/", "/api/docs/"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn large_pages_read_slowly_side_by_side_all_arrive_whole() {
    let server = TestServer::start().await;
    // Larger than what a connection buffers.
    for _ in 0..40 {
        let words = serde_json::json!({"user": "Ada", "text": "x".repeat(3_500)});
        assert_eq!(
            server
                .post("/chat/general")
                .json(&words)
                .send()
                .await
                .unwrap()
                .status(),
            201
        );
    }
    let mut readers = JoinSet::new();
    for path in ["/", "/chat/general", "/inspector", "/guide", "/nope"]
        .into_iter()
        .cycle()
        .take(40)
    {
        let address = server.running.address();
        readers.spawn(async move {
            // A small window, so that the server has to wait for the client.
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4 * 1024).unwrap();
            let mut connection = socket.connect(address).await.unwrap();
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/html\r\nconnection: close\r\n\r\n"
            );
            connection.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            connection.read_to_end(&mut answer).await.unwrap();
            let answer = String::from_utf8(answer).unwrap();
            let (head, html) = answer.split_once("\r\n\r\n").unwrap();
            let length = format!("content-length: {}", html.len());
            assert!(
                head.contains(&length) || html.ends_with("0\r\n\r\n"),
                "{path} is cut off: {head}"
            );
        });
    }
    readers.join_all().await;
}

#[tokio::test]
async fn the_policy_names_the_nonce_that_every_script_carries() {
    let server = TestServer::start().await;
    let mut nonces = BTreeSet::new();
    for _ in 0..2 {
        let response = server.get("/").send().await.unwrap();
        let policy = header(&response, "content-security-policy");
        let nonce = policy
            .split_once("'nonce-")
            .and_then(|(_, rest)| rest.split_once('\''))
            .unwrap()
            .0
            .to_owned();
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("connect-src 'self';"),
            "{policy}"
        );
        let html = response.text().await.unwrap();
        let scripts: Vec<_> = html
            .match_indices("<script")
            .map(|(at, _)| &html[at..at + html[at..].find('>').unwrap()])
            .collect();
        assert!(
            scripts.len() > 1
                && scripts
                    .iter()
                    .all(|tag| tag.contains(&format!("nonce=\"{nonce}\""))),
            "{scripts:?}"
        );
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 2, "each answer has its own");
}

#[tokio::test]
async fn the_snapshot_says_who_asks_as_far_as_their_cookies_make_sense() {
    let server = TestServer::start().await;
    let visitor = async |cookie: &str| {
        let response = server
            .get("/")
            .header("cookie", cookie)
            .send()
            .await
            .unwrap();
        context(&response.text().await.unwrap()).visitor
    };
    let known = visitor("a=b; name=Ada%20L; theme=dark").await;
    assert_eq!(
        (known.name.as_deref(), known.theme),
        (Some("Ada L"), Some(Theme::Dark))
    );
    for cookie in ["name=%0a; theme=pink", "name=; theme", "name=%ff", "x"] {
        let nobody = visitor(cookie).await;
        assert_eq!((nobody.name, nobody.theme), (None, None), "{cookie}");
    }
}

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
async fn busy_topics_leave_room_for_all_others() {
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
async fn a_rooms_page_has_the_room_first() {
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

/// Several threads, and a publisher that does not wait for HTTP: only then does anything happen
/// while a page is read.
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
        // On a connection of its own: one that is not read holds up what shares its connection.
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
        // A few suffice: what a stream does later on is the hub's promise.
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
async fn words_of_people_never_become_markup() {
    let server = TestServer::start().await;
    let attack = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--\u{2028}'\"";
    let said = server
        .post("/chat/general")
        .json(&serde_json::json!({"user": "<b>Eve</b>", "text": attack}))
        .send()
        .await
        .unwrap();
    assert_eq!(said.status(), 201);
    server
        .publish(
            "a%3Cb",
            "notification",
            r#"{"type":"info","message":"<script>alert(3)</script>"}"#,
        )
        .send()
        .await
        .unwrap();
    for path in ["/", "/chat/general", "/inspector", "/topics/chat/general"] {
        let html = page(&server, path).await;
        for raw in ["<script>alert", "<img src=x", "<b>Eve", "<!--\u{2028}"] {
            assert!(!html.contains(raw), "{path} has {raw:?} in it");
        }
        assert!(html.contains("alert(1)"), "{path} does carry the words");
    }
}

#[tokio::test]
async fn large_events_of_one_topic_leave_the_others_on_the_page() {
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
