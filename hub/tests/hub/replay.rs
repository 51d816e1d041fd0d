//! Resuming: the exact hand-over from the log to live, and gaps.

use pulseboard_contract::{Epoch, EventId, Framing, Gap, sse};
use pulseboard_hub::{Filter, Start, Subscription};

use crate::{Client, SqliteHub, event, filter, hub, id, numbered};

async fn gap(client: &mut Client) -> Gap {
    let message = client.message().await.unwrap();
    assert_eq!(message.event_type, "gap", "{message:?}");
    serde_json::from_str(&message.data).unwrap()
}

#[tokio::test]
async fn the_first_block_has_the_retry_hint_and_the_position_of_the_stream() {
    let hub = hub(100, 100);
    hub.publish(vec![numbered(1)]).await.unwrap();
    let subscription = Subscription {
        retry_millis: Some(2_345),
        ..Subscription::new(Filter::all(), Framing::Named, Start::Now)
    };
    let first = hub.subscribe(subscription).next().await.unwrap();
    assert_eq!(first, format!("retry: 2345\nid: {}\n\n", id(1)));
}

#[tokio::test]
async fn a_resumed_stream_gets_exactly_what_it_missed_and_then_new_events() {
    for ring in [1, 3, 1_000] {
        let hub = hub(1_000, ring);
        for n in 1..=500 {
            hub.publish(vec![numbered(n)]).await.unwrap();
        }
        let mut client = Client::open(&hub, Filter::all(), Start::After(id(120)));
        assert_eq!(
            client.numbers(380).await,
            (121..=500).collect::<Vec<_>>(),
            "ring of {ring}"
        );
        hub.publish(vec![numbered(501)]).await.unwrap();
        assert_eq!(client.numbers(1).await, [501]);
    }
}

#[tokio::test]
async fn a_filtered_replay_selects_as_the_live_stream_does() {
    let hub = hub(1_000, 2);
    for n in 0..100 {
        hub.publish(vec![event(
            if n % 10 == 0 { "tens" } else { "others" },
            "count",
            &n.to_string(),
        )])
        .await
        .unwrap();
    }
    let mut client = Client::open(&hub, filter(&["tens"], &[]), Start::After(id(0)));
    assert_eq!(
        client.numbers(10).await,
        (0..100).step_by(10).collect::<Vec<_>>()
    );
    hub.publish(vec![
        event("others", "count", "100"),
        event("tens", "count", "101"),
    ])
    .await
    .unwrap();
    assert_eq!(client.numbers(1).await, [101]);
}

#[tokio::test]
async fn a_slow_subscriber_resumes_from_the_log_without_gap() {
    let hub = hub(20_000, 1);
    let mut client = Client::open(&hub, Filter::all(), Start::Now);
    for n in 0..10_000 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    assert_eq!(
        client.numbers(10_000).await,
        (0..10_000).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn pruned_events_are_reported_once_and_counted() {
    let hub = hub(10, 5);
    for n in 1..=50 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    hub.prune();
    let mut client = Client::open(&hub, Filter::all(), Start::After(id(7)));
    assert_eq!(
        gap(&mut client).await,
        Gap {
            after: id(7),
            resumed_at: id(40),
            lost: Some(33)
        }
    );
    assert_eq!(client.numbers(10).await, (41..=50).collect::<Vec<_>>());

    let mut again = Client::open(&hub, Filter::all(), Start::After(client.cursor()));
    hub.publish(vec![numbered(51)]).await.unwrap();
    assert_eq!(
        again.numbers(1).await,
        [51],
        "the gap is not reported twice"
    );
}

#[tokio::test]
async fn the_gap_itself_moves_the_cursor() {
    let hub = hub(10, 5);
    for n in 1..=50 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    hub.prune();
    let mut client = Client::open(&hub, Filter::all(), Start::After(id(7)));
    assert_eq!(
        client.message().await.unwrap().last_event_id,
        id(40).to_string()
    );
}

#[tokio::test]
async fn the_number_of_lost_events_is_left_out_if_it_is_unknown() {
    let hub = hub(10, 5);
    for n in 1..=50 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    hub.prune();
    let mut client = Client::open(&hub, filter(&["n"], &[]), Start::After(id(7)));
    assert_eq!(
        gap(&mut client).await,
        Gap {
            after: id(7),
            resumed_at: id(40),
            lost: None
        }
    );
}

#[tokio::test]
async fn a_cursor_of_another_log_gets_a_gap_and_every_event() {
    let hub = hub(100, 5);
    for n in 1..=20 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    let foreign = EventId {
        epoch: Epoch::new(1),
        seq: 900,
    };
    let mut client = Client::open(&hub, Filter::all(), Start::After(foreign));
    assert_eq!(
        gap(&mut client).await,
        Gap {
            after: foreign,
            resumed_at: id(0),
            lost: None
        }
    );
    assert_eq!(client.numbers(20).await, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cursor_beyond_the_log_gets_a_gap_and_continues_live() {
    let hub = hub(100, 5);
    hub.publish(vec![numbered(1)]).await.unwrap();
    let mut client = Client::open(&hub, Filter::all(), Start::After(id(1_000)));
    assert_eq!(
        gap(&mut client).await,
        Gap {
            after: id(1_000),
            resumed_at: id(1),
            lost: None
        }
    );
    hub.publish(vec![numbered(2)]).await.unwrap();
    assert_eq!(client.numbers(1).await, [2]);
}

#[tokio::test]
async fn a_stream_dropped_while_replaying_resumes_where_it_was() {
    let hub = hub(1_000, 4);
    for n in 1..=100 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    // Only the first block has arrived when the connection drops.
    let mut decoder = sse::Decoder::default();
    let mut subscriber = hub.subscribe(Subscription::new(
        Filter::all(),
        Framing::Named,
        Start::After(id(30)),
    ));
    decoder
        .push(&subscriber.next().await.unwrap(), |_| {})
        .unwrap();
    let cursor = decoder.last_event_id().parse().unwrap();
    let mut client = Client::open(&hub, Filter::all(), Start::After(cursor));
    assert_eq!(client.numbers(70).await, (31..=100).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_want_the_same_range_share_its_pages() {
    let hub = hub(100_000, 1);
    let large = format!("\"{}\"", "x".repeat(1_000));
    hub.publish((0..2_000).map(|_| event("n", "text", &large)).collect())
        .await
        .unwrap();
    let read = |start: u64| {
        let mut client = Client::open(&hub, Filter::all(), Start::After(id(start)));
        async move {
            for seq in start + 1..=2_000 {
                assert_eq!(client.event().await.event_id, Some(id(seq)));
            }
        }
    };
    // Two start elsewhere and soon read the same pages as the others.
    futures_util::future::join_all((0..50).map(|n| read([0, 0, 0, 37, 555][n % 5]))).await;
    let read = metric(&hub, "replay_pages_read_total");
    let shared = metric(&hub, "replay_pages_shared_total");
    assert!(
        read < 35,
        "{read} pages read, although one stream needs some 20"
    );
    assert!(shared > 700, "{shared} pages shared");
    assert_eq!(
        metric(&hub, "replayed_events_total"),
        50 * 2_000 - 10 * 37 - 10 * 555
    );
}

/// A metric of the hub.
fn metric(hub: &SqliteHub, name: &str) -> u64 {
    let mut registry = prometheus_client::registry::Registry::default();
    hub.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")))
        .expect("the metric exists");
    line.rsplit(' ').next().unwrap().parse().unwrap()
}
