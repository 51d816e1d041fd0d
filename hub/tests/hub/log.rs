//! The log through the hub: history, idempotency, topics.

use pulseboard_hub::{Filter, NewEvent, Order, Query, TopicQuery};

use crate::{TestHub, event, filter, hub, id, now, numbered};

fn query(filter: Filter, order: Order, limit: usize) -> Query {
    Query {
        filter,
        after: None,
        before: None,
        order,
        limit,
        max_bytes: usize::MAX,
        now: now(),
    }
}

fn numbers(page: &pulseboard_hub::Page) -> Vec<u64> {
    page.events
        .iter()
        .map(|event| event.data.read().unwrap())
        .collect()
}

#[tokio::test]
async fn the_same_source_and_id_again_returns_the_first_event() {
    let hub = hub(10, 10);
    let with_id = |n: u64| NewEvent {
        id: Some("build-77".into()),
        ..numbered(n)
    };
    let first = hub.publish(vec![with_id(1)]).await.unwrap()[0];
    hub.publish(vec![numbered(2)]).await.unwrap();
    let again = hub.publish(vec![with_id(3)]).await.unwrap()[0];
    assert_eq!((first.event_id, first.is_duplicate), (Some(id(1)), false));
    assert_eq!((again.event_id, again.is_duplicate), (Some(id(1)), true));
    let other_source = NewEvent {
        source: "/other".into(),
        ..with_id(4)
    };
    assert_eq!(
        hub.publish(vec![other_source]).await.unwrap()[0].event_id,
        Some(id(3))
    );
    assert_eq!(
        numbers(
            &hub.history(query(Filter::all(), Order::Ascending, 10))
                .await
                .unwrap()
        ),
        [1, 2, 4]
    );
}

#[tokio::test]
async fn history_pages_in_both_directions_without_gap_or_overlap() {
    let hub = hub(1_000, 1);
    for n in 1..=100 {
        hub.publish(vec![event(
            if n % 2 == 0 { "even" } else { "odd" },
            "count",
            &n.to_string(),
        )])
        .await
        .unwrap();
    }
    for order in [Order::Ascending, Order::Descending] {
        let mut all = Vec::new();
        let mut next = None;
        loop {
            let mut query = query(filter(&["even"], &[]), order, 7);
            match order {
                Order::Ascending => query.after = next,
                Order::Descending => query.before = next,
            }
            let page = hub.history(query).await.unwrap();
            all.extend(numbers(&page));
            next = Some(page.through);
            if !page.has_more {
                break;
            }
        }
        let mut expected: Vec<u64> = (2..=100).step_by(2).collect();
        if order == Order::Descending {
            expected.reverse();
        }
        assert_eq!(all, expected, "{order:?}");
    }
}

#[tokio::test]
async fn a_page_has_a_byte_limit_but_always_one_event() {
    let hub = hub(100, 100);
    for _ in 0..5 {
        hub.publish(vec![event(
            "big",
            "text",
            &format!("{:?}", "x".repeat(1_000)),
        )])
        .await
        .unwrap();
    }
    let page = |max_bytes| {
        hub.history(Query {
            max_bytes,
            ..query(Filter::all(), Order::Ascending, 100)
        })
    };
    assert_eq!(page(2_500).await.unwrap().events.len(), 2);
    assert_eq!(page(1).await.unwrap().events.len(), 1);
}

async fn topics(
    hub: &TestHub,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> (Vec<(String, u64, String)>, bool) {
    let after = after.map(|topic| topic.parse().unwrap());
    let page = hub
        .topics(TopicQuery {
            prefix: prefix.to_owned(),
            after,
            limit,
        })
        .await
        .unwrap();
    let row = |(summary, last): &(
        pulseboard_hub::TopicSummary,
        std::sync::Arc<pulseboard_contract::Event>,
    )| {
        assert_eq!(last.event_id, Some(id(summary.last)));
        (
            summary.topic.to_string(),
            summary.count,
            last.data.to_string(),
        )
    };
    (page.topics.iter().map(row).collect(), page.has_more)
}

fn row(topic: &str, count: u64, last: &str) -> (String, u64, String) {
    (topic.to_owned(), count, last.to_owned())
}

#[tokio::test]
async fn topics_are_listed_with_the_events_they_still_have() {
    let hub = hub(3, 3);
    for new in [
        event("a", "count", "1"),
        event("b", "count", "2"),
        event("a", "other", "3"),
        event("c", "count", "4"),
    ] {
        hub.publish(vec![new]).await.unwrap();
    }
    hub.prune();
    assert_eq!(
        topics(&hub, "", None, 9).await.0,
        [row("a", 1, "3"), row("b", 1, "2"), row("c", 1, "4")]
    );
    let recent: Vec<_> = hub
        .recent_topics(2)
        .into_iter()
        .map(|summary| summary.topic.to_string())
        .collect();
    assert_eq!(recent, ["c", "a"], "the newest first");
    for n in 0..3 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    hub.prune();
    assert_eq!(
        topics(&hub, "", None, 9).await.0,
        [row("n", 3, "2")],
        "a topic without events is not listed"
    );
}

#[tokio::test]
async fn topics_are_listed_by_prefix_a_page_at_a_time() {
    let hub = hub(100, 3);
    for topic in ["host", "host/a", "host/b", "host/c", "hosts", "z"] {
        hub.publish(vec![event(topic, "count", "1")]).await.unwrap();
    }
    let names = |(rows, has_more): (Vec<(String, u64, String)>, bool)| {
        (
            rows.into_iter()
                .map(|(topic, ..)| topic)
                .collect::<Vec<_>>()
                .join(" "),
            has_more,
        )
    };
    assert_eq!(
        names(topics(&hub, "host/", None, 2).await),
        ("host/a host/b".to_owned(), true)
    );
    assert_eq!(
        names(topics(&hub, "host/", Some("host/b"), 2).await),
        ("host/c".to_owned(), false)
    );
    assert_eq!(
        names(topics(&hub, "host/", Some("a"), 9).await).0,
        "host/a host/b host/c",
        "a topic before the prefix skips nothing"
    );
    assert_eq!(
        names(topics(&hub, "", None, 9).await).0,
        "host host/a host/b host/c hosts z"
    );
}

/// Every plan finds what a check of each event finds.
#[tokio::test]
async fn a_filter_finds_the_same_however_rare_its_topics_are() {
    let hub = hub(100_000, 1);
    let topic = |n: u64| match n % 100 {
        0 => format!("rare/{}", n % 7),
        1..10 => "some/x".to_owned(),
        _ => format!("many/{}", n % 13),
    };
    let events: Vec<_> = (1..=3_000u64)
        .map(|n| {
            event(
                &topic(n),
                ["count", "tally"][usize::from(n % 3 == 0)],
                &n.to_string(),
            )
        })
        .collect();
    hub.publish(events.clone()).await.unwrap();
    for (patterns, types) in [
        (&["rare/*"][..], &[][..]),
        (&["rare/3"], &["tally"]),
        (&["some/x"], &[]),
        (&["many/**", "rare/**"], &["count"]),
        (&["many/5", "some/*", "some/x"], &[]),
        (&[], &["tally"]),
        (&["nothing"], &[]),
    ] {
        let filter = filter(patterns, types);
        let selected: Vec<u64> = events
            .iter()
            .filter(|event| filter.selects_name(&event.topic, &event.event_type))
            .map(|event| event.data.read().unwrap())
            .collect();
        for (after, before, limit) in [
            (0, 9_999, 5_000),
            (500, 2_500, 5_000),
            (0, 9_999, 10),
            (2_999, 9_999, 3),
        ] {
            let mut expected: Vec<u64> = selected
                .iter()
                .copied()
                .filter(|&n| n > after && n < before)
                .collect();
            for order in [Order::Ascending, Order::Descending] {
                let mut found = Vec::new();
                let (mut from, mut to) = (after, before);
                loop {
                    let query = Query {
                        after: Some(from),
                        before: Some(to),
                        ..query(filter.clone(), order, limit)
                    };
                    let page = hub.history(query).await.unwrap();
                    assert!(page.events.len() <= limit);
                    found.extend(numbers(&page));
                    if !page.has_more {
                        break;
                    }
                    match order {
                        Order::Ascending => from = page.through,
                        Order::Descending => to = page.through,
                    }
                }
                assert_eq!(
                    found, expected,
                    "{patterns:?} {types:?} {after} {before} {order:?}"
                );
                expected.reverse();
            }
        }
    }
}
