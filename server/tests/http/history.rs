//! `GET /api/history` and `/api/topics`.

use crate::{EPOCH, TestServer, check_problem, header, json};

#[tokio::test]
async fn the_pages_of_history_have_all_events_in_both_orders() {
    let server = TestServer::start().await;
    server.count(1..=7).await;
    server.publish("other", "x", "0").send().await.unwrap();
    for (order, cursor, expected) in [
        ("asc", "after", [1, 2, 3, 4, 5, 6, 7]),
        ("desc", "before", [7, 6, 5, 4, 3, 2, 1]),
    ] {
        let (mut numbers, mut from) = (Vec::new(), String::new());
        loop {
            let page = json(
                server
                    .get(&format!("/api/history?topic=n&order={order}&limit=3{from}"))
                    .send()
                    .await
                    .unwrap(),
            )
            .await;
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
async fn history_accepts_the_filters_of_a_stream_and_both_bounds() {
    let server = TestServer::start().await;
    server.count(1..=5).await;
    let page = json(
        server
            .get(&format!(
                "/api/history?type=count&after={EPOCH:x}-1&before={EPOCH:x}-4"
            ))
            .send()
            .await
            .unwrap(),
    )
    .await;
    let numbers: Vec<_> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["data"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [2, 3]);
    let none = json(server.get("/api/history?type=absent").send().await.unwrap()).await;
    assert_eq!(none, serde_json::json!({"events": [], "next": null}));
}

#[tokio::test]
async fn an_invalid_history_request_is_rejected() {
    let server = TestServer::start().await;
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
        check_problem(
            400,
            Some(field),
            server
                .get(&format!("/api/history?{query}"))
                .send()
                .await
                .unwrap(),
        )
        .await;
    }
}

#[tokio::test]
async fn the_topics_are_listed_with_count_last_event_and_time() {
    let server = TestServer::start().await;
    assert_eq!(
        json(server.get("/api/topics").send().await.unwrap()).await,
        serde_json::json!({"topics": [], "next": null})
    );
    server.count(1..=2).await;
    server.publish("a", "x", "true").send().await.unwrap();
    let topics = json(server.get("/api/topics").send().await.unwrap()).await["topics"].clone();
    let row = |index: usize, name: &str| topics[index][name].clone();
    assert_eq!((row(0, "topic"), row(0, "count")), ("a".into(), 1.into()));
    assert_eq!(
        (row(1, "topic"), row(1, "count"), row(1, "time")),
        ("n".into(), 2.into(), "2024-01-01T12:00:00Z".into())
    );
    assert_eq!(row(1, "last")["data"], 2);
}

#[tokio::test]
async fn the_pages_of_topics_have_all_topics_with_the_prefix() {
    let server = TestServer::start().await;
    for topic in [
        "host/b",
        "a",
        "host/c",
        "hosts",
        "z",
        "host/a/1",
        "host/größe",
    ] {
        server.publish(topic, "x", "1").send().await.unwrap();
    }
    for (prefix, expected) in [
        (
            "",
            &[
                "a",
                "host/a/1",
                "host/b",
                "host/c",
                "host/größe",
                "hosts",
                "z",
            ][..],
        ),
        ("host/", &["host/a/1", "host/b", "host/c", "host/größe"]),
        (
            "host",
            &["host/a/1", "host/b", "host/c", "host/größe", "hosts"],
        ),
        ("nothing", &[]),
    ] {
        for limit in [1, 2, 4, 100] {
            let (mut names, mut after) = (Vec::new(), String::new());
            loop {
                let path = format!("/api/topics?prefix={prefix}&limit={limit}{after}");
                let page = json(server.get(&path).send().await.unwrap()).await;
                let rows = page["topics"].as_array().unwrap();
                assert!(rows.len() <= limit);
                names.extend(
                    rows.iter()
                        .map(|row| row["topic"].as_str().unwrap().to_owned()),
                );
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
            assert_eq!(names, expected, "{prefix} {limit}");
        }
    }
    for (field, query) in [
        ("after", "after=a//b"),
        ("limit", "limit=0"),
        ("limit", "limit=1001"),
        ("prefix", "prefix=a&prefix=b"),
        ("query", "prefix=%ff"),
    ] {
        check_problem(
            400,
            Some(field),
            server
                .get(&format!("/api/topics?{query}"))
                .send()
                .await
                .unwrap(),
        )
        .await;
    }
}

#[tokio::test]
async fn a_page_of_topics_is_limited_by_its_data_too() {
    let server = TestServer::start().await;
    for number in 10..30 {
        server
            .publish(
                &format!("t/{number}"),
                "x",
                &format!("\"{}\"", "x".repeat(60_000)),
            )
            .send()
            .await
            .unwrap();
    }
    let page = json(server.get("/api/topics").send().await.unwrap()).await;
    assert_eq!(
        (
            page["topics"].as_array().unwrap().len(),
            page["next"].as_str()
        ),
        (17, Some("t/26"))
    );
}

#[tokio::test]
async fn a_page_of_history_is_sent_again_only_after_a_change() {
    let server = TestServer::start().await;
    server.count(1..=5).await;
    let get = |query: &str, known: &str| {
        server
            .get(&format!("/api/history?{query}"))
            .header("if-none-match", known.to_owned())
            .send()
    };
    let first = get("topic=n&limit=3", "").await.unwrap();
    let tag = header(&first, "etag");
    assert!(tag.starts_with('"') && tag.len() > 10, "{tag}");
    assert_eq!(header(&first, "cache-control"), "no-cache");

    // Events outside the page or on other topics do not change it.
    server.count(6..=7).await;
    server.publish("other", "x", "0").send().await.unwrap();
    let known = get("topic=n&limit=3", &format!("\"a\", W/{tag}"))
        .await
        .unwrap();
    assert_eq!(
        (known.status().as_u16(), header(&known, "etag")),
        (304, tag.clone())
    );
    assert_eq!(known.text().await.unwrap(), "");

    // Another page, another end, and a page that grew have other tags.
    for (query, known) in [
        ("topic=n&limit=4", &tag),
        ("topic=n&limit=3&order=desc", &tag),
    ] {
        let other = get(query, known).await.unwrap();
        assert_eq!(other.status(), 200, "{query}");
        assert_ne!(header(&other, "etag"), tag, "{query}");
    }
    let all = header(&get("topic=n", "").await.unwrap(), "etag");
    let full = header(&get("topic=n&limit=7", "").await.unwrap(), "etag");
    server.count(8..=8).await;
    assert_eq!(
        get("topic=n", &all).await.unwrap().status(),
        200,
        "the page has one more"
    );
    assert_eq!(
        get("topic=n&limit=7", &full).await.unwrap().status(),
        200,
        "now there is a next page"
    );
}

#[tokio::test]
async fn each_encoding_of_a_page_has_its_own_tag_and_all_are_recognized() {
    let server = TestServer::start().await;
    server.count(1..=20).await;
    let mut tags = std::collections::BTreeSet::new();
    for encoding in ["identity", "gzip", "br"] {
        let get = || {
            server
                .get("/api/history")
                .header("accept-encoding", encoding)
        };
        let tag = header(&get().send().await.unwrap(), "etag");
        let again = get().header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(
            (again.status().as_u16(), header(&again, "etag")),
            (304, tag.clone())
        );
        tags.insert(tag);
    }
    assert_eq!(tags.len(), 3, "{tags:?}");
}

#[tokio::test]
async fn a_large_response_is_compressed_if_the_client_accepts_it() {
    let server = TestServer::start().await;
    server.count(1..=20).await;
    let response = server
        .get("/api/history")
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&response, "content-encoding"), "gzip");
}
