//! Retention: which events stay, and which are removed.

use std::time::Duration;

use pulseboard_contract::Timestamp;
use pulseboard_hub::{Filter, Limits, Log, NewEvent, Order, Query, Retention, Start};

use crate::{Client, TestHub, event, filter, hub, id, keeping, now, numbered, retention};

pub(crate) fn with_rule(rule: &str, kept: u64) -> Retention {
    let mut retention = retention(kept);
    retention.add(rule.parse().unwrap());
    retention
}

async fn kept(hub: &TestHub, filter: Filter, now: Timestamp) -> Vec<u64> {
    let query = Query {
        filter,
        after: None,
        before: None,
        order: Order::Ascending,
        limit: 100,
        max_bytes: usize::MAX,
        now,
    };
    hub.history(query)
        .await
        .unwrap()
        .events
        .iter()
        .map(|event| event.data.read().unwrap())
        .collect()
}

pub(crate) fn later(by: Duration) -> Timestamp {
    Timestamp::from_millis(now().millis() + i64::try_from(by.as_millis()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_rule_limits_its_topics_together_and_leaves_the_others_alone() {
    let hub = keeping(with_rule("host/** events=3", 100), 1);
    for n in 1..=10 {
        hub.publish(vec![event(
            ["host/a", "host/b", "other"][n % 3],
            "count",
            &n.to_string(),
        )])
        .await
        .unwrap();
    }
    hub.prune();
    assert_eq!(
        kept(&hub, filter(&["host/*"], &[]), now()).await,
        [7, 9, 10]
    );
    assert_eq!(kept(&hub, filter(&["other"], &[]), now()).await, [2, 5, 8]);
}

#[tokio::test]
async fn bytes_and_age_are_limits_as_well() {
    let limits = Limits {
        bytes: Some(5_000),
        ..Limits::default()
    };
    let hub = keeping(
        Retention {
            whole: limits,
            ..Retention::default()
        },
        1,
    );
    let text = format!("{:?}", "x".repeat(900));
    for _ in 0..10 {
        hub.publish(vec![event("a", "text", &text)]).await.unwrap();
    }
    hub.prune();
    assert_eq!(hub.log_count(), 5);

    let limits = Limits {
        age: Some(Duration::from_mins(1)),
        ..Limits::default()
    };
    let hub = keeping(
        Retention {
            whole: limits,
            ..Retention::default()
        },
        1,
    );
    hub.publish(vec![numbered(1)]).await.unwrap();
    hub.prune_at(later(Duration::from_secs(59)));
    assert_eq!(hub.log_count(), 1);
    hub.prune_at(later(Duration::from_mins(1)));
    assert_eq!(hub.log_count(), 0);
    let next = hub.publish(vec![numbered(2)]).await.unwrap();
    assert_eq!(
        next[0].event_id,
        Some(id(2)),
        "no sequence is assigned twice, although the log was empty"
    );
}

#[tokio::test]
async fn a_latest_only_topic_has_one_event_and_the_replaced_ones_are_not_a_gap() {
    let hub = keeping(
        Retention {
            latest_only: vec!["state/*".parse().unwrap()],
            ..retention(100)
        },
        1,
    );
    for n in 1..=20 {
        let event_type = if n % 2 == 0 { "count" } else { "tally" };
        hub.publish(vec![
            event("state/door", event_type, &n.to_string()),
            event("log", "count", &n.to_string()),
        ])
        .await
        .unwrap();
    }
    assert_eq!(kept(&hub, filter(&["state/door"], &[]), now()).await, [20]);
    assert_eq!(
        kept(&hub, filter(&["log"], &[]), now()).await,
        (1..=20).collect::<Vec<_>>()
    );
    let mut client = Client::open(&hub, filter(&["state/*"], &[]), Start::After(id(0)));
    assert_eq!(client.numbers(1).await, [20]);
    // One publish that alternates between types.
    hub.publish(
        (21..=30)
            .map(|n| {
                event(
                    "state/door",
                    ["count", "tally", "sum"][n % 3],
                    &n.to_string(),
                )
            })
            .collect(),
    )
    .await
    .unwrap();
    assert_eq!(kept(&hub, filter(&["state/door"], &[]), now()).await, [30]);
    assert_eq!(hub.recent_topics(1)[0].count, 1);
}

#[tokio::test]
async fn an_expired_event_is_neither_replayed_nor_in_the_history_and_not_a_gap() {
    let hub = hub(100, 1);
    let brief = |n: u64| NewEvent {
        expires: Some(later(Duration::from_mins(1))),
        ..numbered(n)
    };
    hub.publish(vec![numbered(1), brief(2), numbered(3)])
        .await
        .unwrap();
    assert_eq!(kept(&hub, Filter::all(), now()).await, [1, 2, 3]);
    let after = later(Duration::from_mins(1));
    assert_eq!(
        kept(&hub, Filter::all(), after).await,
        [1, 3],
        "before it is pruned"
    );
    hub.prune_at(after);
    assert_eq!(hub.log_count(), 2);
    let mut client = Client::open(&hub, Filter::all(), Start::After(id(0)));
    assert_eq!(client.numbers(2).await, [1, 3]);
}

#[tokio::test]
async fn publishes_are_accepted_between_the_steps_of_pruning() {
    let hub = hub(10, 10);
    for _ in 0..20 {
        hub.publish((0..1_000).map(numbered).collect())
            .await
            .unwrap();
    }
    let mut steps = 0;
    let mut before = hub.log_count();
    while hub.log.maintain(now()).unwrap() {
        let taken = before - hub.log_count();
        assert!(taken <= 4_096, "step {steps} removed {taken}");
        steps += 1;
        // Once the log is within its limit, another event would call for another step, forever.
        if hub.log_count() > 10 {
            hub.publish(vec![numbered(1)]).await.unwrap();
        }
        before = hub.log_count();
    }
    assert_eq!(hub.log_count(), 10);
    assert!(steps >= 5, "{steps}");
}

#[tokio::test]
async fn events_stored_while_the_clock_was_ahead_do_not_keep_later_ones() {
    let limits = Limits {
        age: Some(Duration::from_mins(1)),
        ..Limits::default()
    };
    let hub = keeping(
        Retention {
            whole: limits,
            ..Retention::default()
        },
        1,
    );
    let store = |n: u64, at: Timestamp| hub.log.append(vec![numbered(n)], at).unwrap();
    store(1, now());
    store(2, later(Duration::from_hours(10_000)));
    store(3, now());
    store(4, later(Duration::from_secs(90)));
    hub.prune_at(later(Duration::from_secs(100)));
    assert_eq!(kept(&hub, Filter::all(), now()).await, [4]);
}
