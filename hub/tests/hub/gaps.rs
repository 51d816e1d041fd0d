//! Gaps: how a stream is told exactly what retention has removed.

use std::time::Duration;

use pulseboard_contract::{EventId, Gap};
use pulseboard_hub::{Filter, NewEvent, Retention, Start};

use crate::{
    Client, HANG_GUARD, event, filter, hub, id, keeping, numbered, retention,
    retention::{later, with_rule},
};

async fn gap(client: &mut Client) -> Gap {
    let message = client.message().await.unwrap();
    assert_eq!(message.event_type, "gap", "{message:?}");
    serde_json::from_str(&message.data).unwrap()
}

#[tokio::test]
async fn a_gap_among_remaining_events_is_sent_first_and_loses_none_of_them() {
    let hub = keeping(with_rule("host/** events=2", 100), 1);
    for n in 1..=20 {
        hub.publish(vec![event(
            ["other", "host/a"][n % 2],
            "count",
            &n.to_string(),
        )])
        .await
        .unwrap();
    }
    hub.prune();
    // Of 1, 3, … 19, host/a still has 17 and 19. The other topic has all its events.
    let mut client = Client::open(&hub, Filter::all(), Start::After(id(0)));
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
        "a connection that drops here resumes before the remaining events"
    );
    assert_eq!(client.numbers(3).await, [2, 4, 6]);
    let mut again = Client::open(&hub, Filter::all(), Start::After(id(6)));
    assert_eq!(
        gap(&mut again).await,
        Gap {
            after: id(6),
            resumed_at: id(15),
            lost: None
        }
    );
    assert_eq!(again.numbers(7).await, [8, 10, 12, 14, 16, 17, 18]);
    let mut others = Client::open(&hub, filter(&["other"], &[]), Start::After(id(0)));
    assert_eq!(
        others.numbers(10).await,
        (2..=20).step_by(2).collect::<Vec<_>>(),
        "a stream that lost nothing gets no gap"
    );
}

#[tokio::test]
async fn events_pruned_while_a_stream_reads_cause_a_gap() {
    let hub = keeping(with_rule("b events=1", 10_000), 1);
    let large = format!("\"{}\"", "x".repeat(4_000));
    // Two topics in turn, more than a page of each.
    for _ in 0..60 {
        hub.publish(vec![event("a", "text", &large), event("b", "text", &large)])
            .await
            .unwrap();
    }
    let mut client = Client::open(&hub, filter(&["b"], &[]), Start::After(id(0)));
    let first = client.event().await.event_id.unwrap().seq;
    assert_eq!(first, 2);
    hub.prune();
    let mut seen = vec![first];
    let told = loop {
        let message = client.message().await.unwrap();
        if message.event_type == "gap" {
            break serde_json::from_str::<Gap>(&message.data).unwrap();
        }
        seen.push(message.last_event_id.parse::<EventId>().unwrap().seq);
    };
    assert_eq!(told.after.seq, *seen.last().unwrap());
    assert_eq!(told.resumed_at, id(118));
    assert_eq!(client.event().await.event_id, Some(id(120)));
}

#[tokio::test]
async fn a_stream_from_the_beginning_gets_no_gap() {
    let hub = hub(5, 1);
    for n in 1..=20 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    hub.prune();
    let mut client = Client::open(&hub, Filter::all(), Start::Beginning);
    assert_eq!(client.numbers(5).await, [16, 17, 18, 19, 20]);
}

#[tokio::test]
async fn a_stream_from_the_beginning_gets_what_the_log_has_whatever_the_ring_still_has() {
    let hub = keeping(
        Retention {
            latest_only: vec!["s".parse().unwrap()],
            ..retention(5)
        },
        1_000,
    );
    for n in 1..=20 {
        hub.publish(vec![event(
            ["n", "s"][usize::from(n > 17)],
            "count",
            &n.to_string(),
        )])
        .await
        .unwrap();
    }
    hub.prune();
    let mut client = Client::open(&hub, Filter::all(), Start::Beginning);
    assert_eq!(client.numbers(5).await, [14, 15, 16, 17, 20]);
    hub.publish(vec![numbered(21)]).await.unwrap();
    assert_eq!(client.numbers(1).await, [21], "and then new events");
}

#[tokio::test]
async fn expired_and_replaced_events_never_count_as_lost() {
    let mut retention = Retention {
        latest_only: vec!["s".parse().unwrap()],
        ..retention(3)
    };
    retention.whole.age = None;
    let hub = keeping(retention, 1);
    let brief = NewEvent {
        expires: Some(later(Duration::from_mins(1))),
        ..numbered(5)
    };
    hub.publish(vec![
        numbered(1),
        event("s", "count", "2"),
        numbered(3),
        numbered(4),
        brief,
    ])
    .await
    .unwrap();
    hub.prune_at(later(Duration::from_mins(1)));
    // This replaces the second event, after the fifth has expired.
    hub.publish(vec![
        event("s", "count", "6"),
        numbered(7),
        numbered(8),
        numbered(9),
    ])
    .await
    .unwrap();
    hub.prune_at(later(Duration::from_mins(1)));
    let mut client = Client::open(&hub, Filter::all(), Start::After(id(3)));
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
async fn a_loss_is_reported_although_the_log_has_forgotten_the_topic_type() {
    let hub = keeping(retention(1), 1);
    let once = |from: u64, to: u64| {
        (from..to)
            .map(|n| event(&format!("once/{n}"), "count", "1"))
            .collect::<Vec<_>>()
    };
    hub.publish(once(0, 10_300)).await.unwrap();
    hub.prune();
    let mut early = Client::open(&hub, filter(&["once/7"], &[]), Start::After(id(0)));
    assert_eq!(gap(&mut early).await.after, id(0));

    // This stream is told of that loss. Then it is behind while its topic appears, is pruned, and is
    // forgotten.
    let mut stalled = Client::open(&hub, filter(&["late"], &[]), Start::Now);
    hub.publish(vec![event("late", "count", "1")])
        .await
        .unwrap();
    hub.publish(once(10_300, 21_000)).await.unwrap();
    hub.prune();
    let told = tokio::time::timeout(HANG_GUARD, gap(&mut stalled))
        .await
        .expect("the gap is sent");
    assert!(told.resumed_at.seq > 10_300, "{told:?}");
}
