//! `GET /api/history` and `/api/topics`.

use crate::{Board, EPOCH, check_problem, json};

#[tokio::test]
async fn pages_of_history_join_to_the_whole_in_both_orders() {
    let board = Board::start().await;
    board.count(1..=7).await;
    board.publish("other", "x", "0").send().await.unwrap();
    for (order, cursor, expected) in [("asc", "after", [1, 2, 3, 4, 5, 6, 7]), ("desc", "before", [7, 6, 5, 4, 3, 2, 1])] {
        let (mut numbers, mut from) = (Vec::new(), String::new());
        loop {
            let page = json(board.get(&format!("/api/history?topic=n&order={order}&limit=3{from}")).send().await.unwrap()).await;
            let events = page["events"].as_array().unwrap();
            assert!(events.len() <= 3 && events.iter().all(|event| event["topic"] == "n"));
            numbers.extend(events.iter().map(|event| event["data"].as_u64().unwrap()));
            match page["next"].as_str() {
                Some(next) => from = format!("&{cursor}={next}"),
                None => break,
            }
        }
        assert_eq!(numbers, expected);
    }
}

#[tokio::test]
async fn history_takes_the_filters_of_a_stream_and_both_bounds() {
    let board = Board::start().await;
    board.count(1..=5).await;
    let page =
        json(board.get(&format!("/api/history?type=count&after={EPOCH:x}-1&before={EPOCH:x}-4")).send().await.unwrap()).await;
    let numbers: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| event["data"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2, 3]);
    let none = json(board.get("/api/history?type=absent").send().await.unwrap()).await;
    assert_eq!(none, serde_json::json!({"events": [], "next": null}));
}

#[tokio::test]
async fn what_history_cannot_be_asked_is_refused() {
    let board = Board::start().await;
    for (field, query) in [
        ("after", "after=00000001-1"),
        ("before", "before=00000001-1"),
        ("after", "after=1"),
        ("limit", "limit=0"),
        ("limit", "limit=1001"),
        ("limit", "limit=many"),
        ("order", "order=random"),
        ("topic", "topic=a%20b"),
        ("type", "type=a%20b"),
        ("query", "type=%ff"),
    ] {
        check_problem(400, Some(field), board.get(&format!("/api/history?{query}")).send().await.unwrap()).await;
    }
}

#[tokio::test]
async fn the_topics_are_listed_with_count_last_event_and_time() {
    let board = Board::start().await;
    assert_eq!(json(board.get("/api/topics").send().await.unwrap()).await, serde_json::json!({"topics": []}));
    board.count(1..=2).await;
    board.publish("a", "x", "true").send().await.unwrap();
    let topics = json(board.get("/api/topics").send().await.unwrap()).await["topics"].clone();
    let row = |index: usize, name: &str| topics[index][name].clone();
    assert_eq!((row(0, "topic"), row(0, "count")), ("a".into(), 1.into()));
    assert_eq!((row(1, "topic"), row(1, "count"), row(1, "time")), ("n".into(), 2.into(), "2024-01-01T12:00:00Z".into()));
    assert_eq!(row(1, "last")["data"], 2);
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_who_takes_it() {
    let board = Board::start().await;
    board.count(1..=20).await;
    let response = board.get("/api/history").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(crate::header(&response, "content-encoding"), "gzip");
}
