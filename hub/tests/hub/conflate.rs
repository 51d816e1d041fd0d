//! Conflated streams: only the newest event of each topic.

use pulseboard_contract::{Framing, sse::Decoder};
use pulseboard_hub::{Filter, Start, Subscription};

use crate::{SqliteHub, event, event_of, hub, id, worker::TestWorker};

async fn publish(hub: &SqliteHub, topic: &str, n: u64) {
    hub.publish(vec![event(topic, "count", &n.to_string())])
        .await
        .unwrap();
}

fn latest(start: Start) -> Subscription {
    Subscription {
        conflate: true,
        ..Subscription::new(Filter::all(), Framing::Envelope, start)
    }
}

#[tokio::test]
async fn a_conflated_replay_sends_only_the_newest_event_of_each_topic_from_memory_and_from_the_log()
{
    for ring in [1_000, 3] {
        let hub = hub(1_000, ring);
        for n in 1..=30 {
            publish(&hub, if n % 3 == 0 { "a" } else { "b" }, n).await;
        }
        publish(&hub, "c", 31).await;
        for n in 32..=40 {
            publish(&hub, "b", n).await;
        }
        let mut subscriber = hub.subscribe(latest(Start::Beginning));
        let (mut decoder, mut numbers, mut cursors) = (Decoder::default(), Vec::new(), Vec::new());
        while numbers.last() != Some(&40) {
            let bytes = subscriber.next().await.unwrap();
            decoder
                .push(&bytes, |message| {
                    numbers.push(event_of(&message).data.read::<u64>().unwrap());
                    cursors.push(message.last_event_id);
                })
                .unwrap();
        }
        assert_eq!(numbers, [30, 31, 40], "ring of {ring}");
        assert_eq!(cursors.last(), Some(&id(40).to_string()));
    }
}

#[tokio::test]
async fn a_stream_whose_connection_was_full_gets_the_newest_event() {
    let hub = hub(10_000, 10_000);
    let mut worker = TestWorker::of(&hub);
    let mut reader = worker.open(hub.subscribe(latest(Start::Now)), 1 << 30);
    worker.drive().await;
    reader.pipe.fill();
    for n in 0..20 {
        publish(&hub, "a", n).await;
        worker.flush();
    }
    reader.pipe.make_room();
    assert_eq!(
        event_of(&worker.message(&mut reader).await.unwrap())
            .data
            .read::<u64>()
            .unwrap(),
        19
    );
}

#[tokio::test]
async fn a_reader_that_keeps_up_gets_every_event_and_a_slow_one_the_newest() {
    let hub = hub(10_000, 10_000);
    let mut worker = TestWorker::of(&hub);
    let mut quick = worker.open(hub.subscribe(latest(Start::Now)), 1 << 30);
    let mut slow = worker.open(hub.subscribe(latest(Start::Now)), 300);
    worker.drive().await;
    let mut seen = Vec::new();
    for n in 0..200 {
        publish(&hub, if n % 2 == 0 { "even" } else { "odd" }, n).await;
        worker.drive().await;
        let message = worker.message(&mut quick).await.unwrap();
        seen.push(event_of(&message).data.read::<u64>().unwrap());
    }
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
    let mut got = Vec::new();
    while got.last() != Some(&199) {
        got.push(
            event_of(&worker.message(&mut slow).await.unwrap())
                .data
                .read::<u64>()
                .unwrap(),
        );
    }
    assert!(
        got.len() <= 6,
        "a few that were already written, and the newest of two topics: {got:?}"
    );
    assert_eq!(got[got.len() - 2..], [198, 199]);
    assert!(got.is_sorted());
}
