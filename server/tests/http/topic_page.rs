//! The page of a topic: which part of the history each URL shows.

use pulseboard_contract::Timestamp;
use pulseboard_feed::{Anchor, HistorySlice, Snapshot};
use pulseboard_hub::NewEvent;

use crate::{
    TestServer, check_problem, header, noon,
    pages::{page, snapshot},
    snapshot::numbered,
};

fn seqs(excerpt: &HistorySlice) -> Vec<u64> {
    excerpt
        .events
        .iter()
        .map(|event| event.event_id.unwrap().seq)
        .collect()
}

async fn excerpt(server: &TestServer, path: &str) -> HistorySlice {
    snapshot(&page(server, path).await)
        .history
        .expect("the page of a topic carries its history")
}

/// The id of an event in the log of these tests.
fn id(seq: u64) -> String {
    format!("{:08x}-{seq}", crate::EPOCH)
}

/// How many rows of the page contain this text.
fn says(html: &str, words: &str) -> usize {
    html.matches(&format!("<span class=\"text\">{words}<"))
        .count()
}

#[tokio::test]
async fn the_page_shows_the_newest_events_and_links_to_older_ones() {
    let server = TestServer::start().await;
    server.count(1..=120).await;
    let html = page(&server, "/topics/n").await;
    let Snapshot {
        history: excerpt,
        topics,
        ..
    } = snapshot(&html);
    let excerpt = excerpt.unwrap();
    assert_eq!(seqs(&excerpt), (71..=120).collect::<Vec<_>>());
    assert!(excerpt.has_older && !excerpt.has_newer);
    assert_eq!(topics.first().map(|topic| topic.count), Some(120));
    let newest_first =
        html.find("class=\"text\">120<").unwrap() < html.find("class=\"text\">71<").unwrap();
    assert!(newest_first && says(&html, "70") == 0);
    assert!(
        html.contains(&format!("href=\"/topics/n?before={}\"", id(71))),
        "the way to older events needs no script"
    );

    let html = page(&server, &format!("/topics/n?before={}", id(71))).await;
    let excerpt = snapshot(&html).history.unwrap();
    assert_eq!(seqs(&excerpt), (21..=70).collect::<Vec<_>>());
    assert!(excerpt.has_older && excerpt.has_newer);
    assert!(
        html.contains(&format!("href=\"/topics/n?after={}\"", id(70))),
        "and back"
    );
    assert!(html.contains("href=\"/topics/n\""), "and to the live end");
}

#[tokio::test]
async fn the_link_of_an_event_shows_the_events_around_it() {
    let server = TestServer::start().await;
    server.count(1..=120).await;
    let html = page(&server, &format!("/topics/n?event={}", id(60))).await;
    let excerpt = snapshot(&html).history.unwrap();
    assert_eq!(seqs(&excerpt), (35..=84).collect::<Vec<_>>());
    assert!(excerpt.has_older && excerpt.has_newer);
    assert_eq!(
        html.matches("aria-current=\"true\"").count(),
        1,
        "one event is marked"
    );
    let row = &html[html.find(&format!("id=\"{}\"", id(60))).unwrap()..];
    let tag = &row[..row.find('>').unwrap()];
    assert!(tag.contains("aria-current=\"true\""), "{tag}");
    assert_eq!(
        html.matches(" autofocus").count(),
        1,
        "and the browser goes there without script"
    );
}

#[tokio::test]
async fn an_event_near_the_end_is_shown_live_and_a_pruned_one_by_its_neighbours() {
    let server = TestServer::start().await;
    let expired = |number| NewEvent {
        expires: Timestamp::from_millis(noon().millis() - 1).ok(),
        ..numbered(number)
    };
    server
        .running
        .hub()
        .publish((1..=60).map(expired).collect())
        .await
        .unwrap();
    server.count(61..=100).await;
    let near = excerpt(&server, &format!("/topics/n?event={}", id(99))).await;
    assert_eq!(
        (
            near.events.last().unwrap().event_id.unwrap().seq,
            near.has_newer
        ),
        (100, false)
    );
    let html = page(&server, &format!("/topics/n?event={}", id(5))).await;
    let gone = snapshot(&html).history.unwrap();
    assert_eq!(
        seqs(&gone),
        (61..=85).collect::<Vec<_>>(),
        "the oldest that are kept"
    );
    assert!(!gone.has_older && gone.has_newer);
    assert!(html.contains("The linked event is no longer stored"));
    let other_log = excerpt(&server, "/topics/n?event=00000000-5").await;
    assert_eq!(other_log.events.last().unwrap().event_id.unwrap().seq, 100);
}

#[tokio::test]
async fn types_in_the_url_filter_the_page_and_invalid_parameters_are_ignored() {
    let server = TestServer::start().await;
    for (event_type, text) in [("update", "one"), ("largeöß", "two"), ("update", "three")] {
        let data = serde_json::json!({ "content": text }).to_string();
        let request = server.publish("mixed", &event_type.replace("öß", "%C3%B6%C3%9F"), &data);
        assert_eq!(request.send().await.unwrap().status(), 201);
    }
    for (query, expected) in [
        ("", vec![1, 2, 3]),
        ("?type=update", vec![1, 3]),
        ("?type=large%C3%B6%C3%9F", vec![2]),
        ("?type=update&type=large%C3%B6%C3%9F", vec![1, 2, 3]),
        ("?type=never", vec![]),
        ("?type=a%20b&event=x&before=&after=9", vec![1, 2, 3]),
    ] {
        let excerpt = excerpt(&server, &format!("/topics/mixed{query}")).await;
        assert_eq!(seqs(&excerpt), expected, "{query}");
    }
    let html = page(&server, "/topics/mixed?type=never").await;
    assert!(html.contains("No events of this type") && html.contains("href=\"/topics/mixed\""));
}

#[tokio::test]
async fn a_topic_without_events_shows_how_to_publish_to_it() {
    let server = TestServer::start().await;
    let html = page(&server, "/topics/never/published").await;
    assert!(
        html.contains("http://127.0.0.1:3000/topics/never/published"),
        "the curl line"
    );
    let excerpt = snapshot(&html).history.unwrap();
    assert!(
        excerpt.events.is_empty() && !excerpt.has_older && excerpt.address.anchor == Anchor::Newest
    );
}

#[tokio::test]
async fn an_invalid_topic_is_not_found() {
    let server = TestServer::start().await;
    for path in [
        "/topics/a%20b",
        "/topics/a//b",
        "/topics/a/",
        "/topics/",
        "/topics",
        "/topics/%2e%2e%20",
        "/topics/%ff",
    ] {
        let response = server
            .get(path)
            .header("accept", "text/html")
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "content-type").as_str()
            ),
            (404, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(
            response.text().await.unwrap().contains("Page not found"),
            "{path}"
        );
        check_problem(404, None, server.get(path).send().await.unwrap()).await;
    }
}

#[tokio::test]
async fn large_events_shorten_the_page_but_not_the_history() {
    let server = TestServer::start().await;
    let data = format!("\"{}\"", "x".repeat(30_000));
    for _ in 0..6 {
        server
            .publish("big", "message", &data)
            .send()
            .await
            .unwrap();
    }
    let first = excerpt(&server, "/topics/big").await;
    assert_eq!((seqs(&first), first.has_older), (vec![5, 6], true));
    let older = excerpt(&server, &format!("/topics/big?before={}", id(5))).await;
    assert_eq!(seqs(&older), [3, 4]);
}

/// With several threads and a publisher that does not wait for HTTP, events are published while a
/// page is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_history_ends_where_the_stream_begins() {
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
        }
    });
    let mut midway = 0;
    for _ in 0..30 {
        let Snapshot {
            history: excerpt,
            position,
            ..
        } = snapshot(&page(&server, "/topics/n").await);
        let seqs = seqs(&excerpt.unwrap());
        assert_eq!(
            seqs,
            ((position.seq + 1).saturating_sub(50).max(1)..=position.seq).collect::<Vec<_>>()
        );
        midway += usize::from(position.seq > 50);
    }
    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    publishing.await.unwrap();
    assert!(midway > 10, "pages were read midway");
}
