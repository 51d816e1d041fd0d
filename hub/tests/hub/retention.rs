//! What is kept, what goes, and how exactly that is told.

use std::time::Duration;

use pulseboard_contract::{Gap, Timestamp};
use pulseboard_hub::{Filter, Limits, NewEvent, Order, Query, Retention, Start};

use crate::{Board, Client, event, filter, hub, id, keeping, now, numbered, retention};

fn with_rule(rule: &str, kept: u64) -> Retention {
    let mut retention = retention(kept);
    retention.add(rule.parse().unwrap());
    retention
}

async fn kept(board: &Board, filter: Filter, now: Timestamp) -> Vec<u64> {
    let query = Query {
        filter,
        after: None,
        before: None,
        order: Order::Ascending,
        limit: 100,
        max_bytes: usize::MAX,
        now,
    };
    board
        .history(query)
        .await
        .unwrap()
        .events
        .iter()
        .map(|event| event.data.read().unwrap())
        .collect()
}

fn later(by: Duration) -> Timestamp {
    Timestamp::from_millis(now().millis() + i64::try_from(by.as_millis()).unwrap()).unwrap()
}

async fn gap(client: &mut Client) -> Gap {
    let message = client.message().await.unwrap();
    assert_eq!(message.event_type, "gap", "{message:?}");
    serde_json::from_str(&message.data).unwrap()
}

#[tokio::test]
async fn a_rule_bounds_its_topics_together_and_leaves_the_others_alone() {
    let board = keeping(with_rule("host/** events=3", 100), 1);
    for n in 1..=10 {
        board
            .publish(vec![event(
                ["host/a", "host/b", "other"][n % 3],
                "count",
                &n.to_string(),
            )])
            .await
            .unwrap();
    }
    board.prune();
    assert_eq!(
        kept(&board, filter(&["host/*"], &[]), now()).await,
        [7, 9, 10]
    );
    assert_eq!(
        kept(&board, filter(&["other"], &[]), now()).await,
        [2, 5, 8]
    );
}

#[tokio::test]
async fn bytes_and_age_are_limits_as_well() {
    let limits = Limits {
        bytes: Some(5_000),
        ..Limits::default()
    };
    let board = keeping(
        Retention {
            whole: limits,
            ..Retention::default()
        },
        1,
    );
    let text = format!("{:?}", "x".repeat(900));
    for _ in 0..10 {
        board
            .publish(vec![event("a", "text", &text)])
            .await
            .unwrap();
    }
    board.prune();
    assert_eq!(board.log_count(), 5);

    let limits = Limits {
        age: Some(Duration::from_mins(1)),
        ..Limits::default()
    };
    let board = keeping(
        Retention {
            whole: limits,
            ..Retention::default()
        },
        1,
    );
    board.publish(vec![numbered(1)]).await.unwrap();
    board.prune_at(later(Duration::from_secs(59)));
    assert_eq!(board.log_count(), 1);
    board.prune_at(later(Duration::from_mins(1)));
    assert_eq!(board.log_count(), 0);
    let next = board.publish(vec![numbered(2)]).await.unwrap();
    assert_eq!(
        next[0].event_id,
        Some(id(2)),
        "no sequence is given twice, although the log was empty"
    );
}

#[tokio::test]
async fn a_topic_kept_latest_only_has_one_event_and_its_others_are_no_gap() {
    let board = keeping(
        Retention {
            latest_only: vec!["state/*".parse().unwrap()],
            ..retention(100)
        },
        1,
    );
    for n in 1..=20 {
        let event_type = if n % 2 == 0 { "count" } else { "tally" };
        board
            .publish(vec![
                event("state/door", event_type, &n.to_string()),
                event("log", "count", &n.to_string()),
            ])
            .await
            .unwrap();
    }
    assert_eq!(
        kept(&board, filter(&["state/door"], &[]), now()).await,
        [20]
    );
    assert_eq!(
        kept(&board, filter(&["log"], &[]), now()).await,
        (1..=20).collect::<Vec<_>>()
    );
    let mut client = Client::open(&board, filter(&["state/*"], &[]), Start::After(id(0)));
    assert_eq!(client.numbers(1).await, [20]);
    // All in one publish, and in one that goes back and forth between types.
    board
        .publish(
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
    assert_eq!(
        kept(&board, filter(&["state/door"], &[]), now()).await,
        [30]
    );
    assert_eq!(board.recent_topics(1)[0].count, 1);
}

#[tokio::test]
async fn what_has_expired_is_neither_replayed_nor_in_the_history_and_is_no_gap() {
    let board = hub(100, 1);
    let brief = |n: u64| NewEvent {
        expires: Some(later(Duration::from_mins(1))),
        ..numbered(n)
    };
    board
        .publish(vec![numbered(1), brief(2), numbered(3)])
        .await
        .unwrap();
    assert_eq!(kept(&board, Filter::all(), now()).await, [1, 2, 3]);
    let after = later(Duration::from_mins(1));
    assert_eq!(
        kept(&board, Filter::all(), after).await,
        [1, 3],
        "before it is pruned"
    );
    board.prune_at(after);
    assert_eq!(board.log_count(), 2);
    let mut client = Client::open(&board, Filter::all(), Start::After(id(0)));
    assert_eq!(client.numbers(2).await, [1, 3]);
}

#[tokio::test]
async fn a_gap_among_events_that_are_left_is_told_first_and_loses_none_of_them() {
    let board = keeping(with_rule("host/** events=2", 100), 1);
    for n in 1..=20 {
        board
            .publish(vec![event(
                ["other", "host/a"][n % 2],
                "count",
                &n.to_string(),
            )])
            .await
            .unwrap();
    }
    board.prune();
    // host/a has 17 and 19 left of 1, 3, … 19; every other event is there.
    let mut client = Client::open(&board, Filter::all(), Start::After(id(0)));
    let message = client.message().await.unwrap();
    let told: Gap = serde_json::from_str(&message.data).unwrap();
    assert_eq!(
        told,
        Gap {
            after: id(0),
            resumed_at: id(15),
            lost: Some(8)
        }
    );
    assert_eq!(
        message.last_event_id,
        id(1).to_string(),
        "a connection that drops here resumes before what is left"
    );
    assert_eq!(client.numbers(3).await, [2, 4, 6]);
    let mut again = Client::open(&board, Filter::all(), Start::After(id(6)));
    assert_eq!(
        gap(&mut again).await,
        Gap {
            after: id(6),
            resumed_at: id(15),
            lost: None
        }
    );
    assert_eq!(again.numbers(7).await, [8, 10, 12, 14, 16, 17, 18]);
    let mut others = Client::open(&board, filter(&["other"], &[]), Start::After(id(0)));
    assert_eq!(
        others.numbers(10).await,
        (2..=20).step_by(2).collect::<Vec<_>>(),
        "who lost nothing is told nothing"
    );
}

#[tokio::test]
async fn what_goes_while_a_stream_reads_is_told_as_well() {
    let board = keeping(with_rule("b events=1", 10_000), 1);
    let large = format!("\"{}\"", "x".repeat(4_000));
    // Two topics side by side, more than a page of each.
    for _ in 0..60 {
        board
            .publish(vec![event("a", "text", &large), event("b", "text", &large)])
            .await
            .unwrap();
    }
    let mut client = Client::open(&board, filter(&["b"], &[]), Start::After(id(0)));
    let first = client.event().await.event_id.unwrap().seq;
    assert_eq!(first, 2);
    board.prune();
    let mut seen = vec![first];
    let told = loop {
        let message = client.message().await.unwrap();
        if message.event_type == "gap" {
            break serde_json::from_str::<Gap>(&message.data).unwrap();
        }
        seen.push(
            message
                .last_event_id
                .parse::<pulseboard_contract::EventId>()
                .unwrap()
                .seq,
        );
    };
    assert_eq!(told.after.seq, *seen.last().unwrap());
    assert_eq!(told.resumed_at, id(118));
    assert_eq!(client.event().await.event_id, Some(id(120)));
}

#[tokio::test]
async fn whoever_asks_for_all_there_is_is_told_of_no_gap() {
    let board = hub(5, 1);
    for n in 1..=20 {
        board.publish(vec![numbered(n)]).await.unwrap();
    }
    board.prune();
    let mut client = Client::open(&board, Filter::all(), Start::Beginning);
    assert_eq!(client.numbers(5).await, [16, 17, 18, 19, 20]);
}

#[tokio::test]
async fn all_there_is_is_what_the_log_has_whatever_is_still_in_memory() {
    let board = keeping(
        Retention {
            latest_only: vec!["s".parse().unwrap()],
            ..retention(5)
        },
        1_000,
    );
    for n in 1..=20 {
        board
            .publish(vec![event(
                ["n", "s"][usize::from(n > 17)],
                "count",
                &n.to_string(),
            )])
            .await
            .unwrap();
    }
    board.prune();
    let mut client = Client::open(&board, Filter::all(), Start::Beginning);
    assert_eq!(client.numbers(5).await, [14, 15, 16, 17, 20]);
    board.publish(vec![numbered(21)]).await.unwrap();
    assert_eq!(client.numbers(1).await, [21], "and then what comes");
}

#[tokio::test]
async fn pruning_goes_in_steps_between_which_publishes_are_taken() {
    let board = hub(10, 10);
    for _ in 0..20 {
        board
            .publish((0..1_000).map(numbered).collect())
            .await
            .unwrap();
    }
    let mut steps = 0;
    let mut before = board.log_count();
    while pulseboard_hub::Log::maintain(&board.log, now()).unwrap() {
        let taken = before - board.log_count();
        assert!(taken <= 4_096, "step {steps} took {taken}");
        steps += 1;
        before = board
            .publish(vec![numbered(1)])
            .await
            .map(|_| board.log_count())
            .unwrap();
    }
    assert_eq!(board.log_count(), 10);
    assert!(steps >= 5, "{steps}");
}

#[tokio::test]
async fn what_was_meant_to_go_is_never_counted_as_lost() {
    let mut retention = Retention {
        latest_only: vec!["s".parse().unwrap()],
        ..retention(3)
    };
    retention.whole.age = None;
    let board = keeping(retention, 1);
    let brief = NewEvent {
        expires: Some(later(Duration::from_mins(1))),
        ..numbered(5)
    };
    board
        .publish(vec![
            numbered(1),
            event("s", "count", "2"),
            numbered(3),
            numbered(4),
            brief,
        ])
        .await
        .unwrap();
    board.prune_at(later(Duration::from_mins(1)));
    // Replaces the second event, after the fifth has expired.
    board
        .publish(vec![
            event("s", "count", "6"),
            numbered(7),
            numbered(8),
            numbered(9),
        ])
        .await
        .unwrap();
    board.prune_at(later(Duration::from_mins(1)));
    let mut client = Client::open(&board, Filter::all(), Start::After(id(3)));
    assert_eq!(
        gap(&mut client).await,
        Gap {
            after: id(3),
            resumed_at: id(6),
            lost: None
        }
    );
    assert_eq!(client.numbers(3).await, [7, 8, 9]);
}

#[tokio::test]
async fn a_clock_that_was_ahead_once_does_not_keep_what_came_after() {
    let limits = Limits {
        age: Some(Duration::from_mins(1)),
        ..Limits::default()
    };
    let board = keeping(
        Retention {
            whole: limits,
            ..Retention::default()
        },
        1,
    );
    let store = |n: u64, at: Timestamp| {
        pulseboard_hub::Log::append(&board.log, vec![numbered(n)], at).unwrap()
    };
    store(1, now());
    store(2, later(Duration::from_hours(10_000)));
    store(3, now());
    store(4, later(Duration::from_secs(90)));
    board.prune_at(later(Duration::from_secs(100)));
    assert_eq!(kept(&board, Filter::all(), now()).await, [4]);
}

#[tokio::test]
async fn a_loss_is_told_although_the_series_that_lost_it_is_forgotten() {
    let board = keeping(retention(1), 1);
    let once = |from: u64, to: u64| {
        (from..to)
            .map(|n| event(&format!("once/{n}"), "count", "1"))
            .collect::<Vec<_>>()
    };
    board.publish(once(0, 10_300)).await.unwrap();
    board.prune();
    let mut early = Client::open(&board, filter(&["once/7"], &[]), Start::After(id(0)));
    assert_eq!(gap(&mut early).await.after, id(0));

    // A stream that was told of all that, and then is behind while its topic comes, goes and is
    // forgotten.
    let mut stalled = Client::open(&board, filter(&["late"], &[]), Start::Now);
    board
        .publish(vec![event("late", "count", "1")])
        .await
        .unwrap();
    board.publish(once(10_300, 21_000)).await.unwrap();
    board.prune();
    let told = tokio::time::timeout(Duration::from_secs(10), gap(&mut stalled))
        .await
        .expect("it is told");
    assert!(told.resumed_at.seq > 10_300, "{told:?}");
}
