//! The in-memory log: reading, idempotency, bounds.

use pulseboard_hub::{Filter, NewEvent, Order, Query};

use crate::{event, filter, hub, id, numbered};

fn query(filter: Filter, order: Order, limit: usize) -> Query {
    Query { filter, after: None, before: None, order, limit, max_bytes: usize::MAX }
}

fn numbers(page: &pulseboard_hub::Page) -> Vec<u64> {
    page.events.iter().map(|event| event.data.read().unwrap()).collect()
}

#[tokio::test]
async fn the_same_source_and_id_again_is_answered_with_the_first_event() {
    let hub = hub(10, 10);
    let with_id = |n: u64| NewEvent { id: Some("build-77".into()), ..numbered(n) };
    let first = hub.publish(vec![with_id(1)]).await.unwrap()[0];
    hub.publish(vec![numbered(2)]).await.unwrap();
    let again = hub.publish(vec![with_id(3)]).await.unwrap()[0];
    assert_eq!((first.event_id, first.is_duplicate), (Some(id(1)), false));
    assert_eq!((again.event_id, again.is_duplicate), (Some(id(1)), true));
    let other_source = NewEvent { source: "/other".into(), ..with_id(4) };
    assert_eq!(hub.publish(vec![other_source]).await.unwrap()[0].event_id, Some(id(3)));
    assert_eq!(numbers(&hub.history(query(Filter::all(), Order::Ascending, 10)).await.unwrap()), [1, 2, 4]);
}

#[tokio::test]
async fn history_pages_in_both_directions_without_hole_or_overlap() {
    let hub = hub(1_000, 1);
    for n in 1..=100 {
        hub.publish(vec![event(if n % 2 == 0 { "even" } else { "odd" }, "count", &n.to_string())]).await.unwrap();
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
async fn a_page_has_a_byte_budget_but_never_none_of_an_event() {
    let hub = hub(100, 100);
    for _ in 0..5 {
        hub.publish(vec![event("big", "text", &format!("{:?}", "x".repeat(1_000)))]).await.unwrap();
    }
    let page = |max_bytes| hub.history(Query { max_bytes, ..query(Filter::all(), Order::Ascending, 100) });
    assert_eq!(page(2_500).await.unwrap().events.len(), 2);
    assert_eq!(page(1).await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn topics_are_listed_with_what_they_still_have() {
    let hub = hub(3, 3);
    for new in [event("a", "count", "1"), event("b", "count", "2"), event("a", "count", "3"), event("c", "count", "4")] {
        hub.publish(vec![new]).await.unwrap();
    }
    let topics = hub.topics().await.unwrap();
    let listed: Vec<_> = topics.iter().map(|t| (t.topic.as_str(), t.count, t.last.data.as_str())).collect();
    assert_eq!(listed, [("a", 1, "3"), ("b", 1, "2"), ("c", 1, "4")]);
    for n in 0..3 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    let names: Vec<_> = hub.topics().await.unwrap().iter().map(|t| t.topic.to_string()).collect();
    assert_eq!(names, ["n"], "a topic without events is no topic");
}
