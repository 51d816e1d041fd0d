//! Delivery: one thread serves many streams. Whatever room their connections have, each gets what it
//! would have pulled.

use std::sync::Arc;

use pulseboard_contract::{Epoch, Framing, sse::Decoder, sse::MessageEvent};
use pulseboard_hub::{Filter, NewEvent, Options, SqliteLog, Start, Subscriber, Subscription};

use crate::{
    SqliteHub, TestHub, event, event_of, filter, hub, numbered, options, retention,
    worker::{AMPLE, Reader, TestWorker},
};

fn enveloped(hub: &SqliteHub, filter: Filter, start: Start) -> Subscriber<Arc<SqliteLog>> {
    hub.subscribe(Subscription::new(filter, Framing::Envelope, start))
}

fn big(number: u64, bytes: usize) -> NewEvent {
    event(
        "n",
        "count",
        &format!(r#"[{number},"{}"]"#, "x".repeat(bytes)),
    )
}

fn number_of_big(message: &MessageEvent) -> u64 {
    event_of(message).data.read::<(u64, String)>().unwrap().0
}

#[tokio::test]
async fn a_flush_writes_once_per_stream_however_many_events_there_are() {
    let hub = hub(1_000, 1_000);
    let mut worker = TestWorker::of(&hub);
    let mut readers: Vec<_> = (0..3)
        .map(|_| worker.open(enveloped(&hub, Filter::all(), Start::Now), AMPLE))
        .collect();
    worker.drive().await;
    let before = readers[0].pipe.contents().writes;
    for n in 0..100 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    assert!(worker.delivery.has_news());
    worker.delivery.flush();
    assert!(!worker.delivery.has_news());
    for reader in &mut readers {
        assert_eq!(reader.pipe.contents().writes, before + 1);
        assert_eq!(reader.numbers(), (0..100).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_stream_gets_what_its_filter_selects_and_nothing_else() {
    let hub = hub(1_000, 1_000);
    let mut worker = TestWorker::of(&hub);
    let filters = [
        filter(&["a"], &[]),
        filter(&["a", "b", "a"], &[]),
        filter(&["*"], &[]),
        filter(&[], &["y"]),
        filter(&["b"], &["y"]),
    ];
    let mut readers: Vec<_> = filters
        .iter()
        .map(|filter| worker.open(enveloped(&hub, filter.clone(), Start::Now), AMPLE))
        .collect();
    worker.drive().await;
    for (n, (topic, event_type)) in [("a", "x"), ("b", "x"), ("b", "y"), ("c/d", "y"), ("a", "y")]
        .into_iter()
        .enumerate()
    {
        hub.publish(vec![event(topic, event_type, &n.to_string())])
            .await
            .unwrap();
        worker.delivery.flush();
    }
    let got: Vec<_> = readers.iter_mut().map(Reader::numbers).collect();
    assert_eq!(
        got,
        [
            vec![0, 4],
            vec![0, 1, 2, 4],
            vec![0, 1, 2, 4],
            vec![2, 3, 4],
            vec![2]
        ]
    );
    // A later stream shares the chain, and a stream that leaves takes nothing along.
    let mut late = worker.open(enveloped(&hub, filter(&["b"], &["y"]), Start::Now), AMPLE);
    worker.drive().await;
    let left = worker.ids[&4];
    assert!(worker.delivery.leave(left).is_some());
    assert!(worker.delivery.leave(left).is_none());
    hub.publish(vec![event("b", "y", "5")]).await.unwrap();
    worker.delivery.flush();
    assert_eq!((late.numbers(), readers[4].numbers()), (vec![5], vec![]));
}

#[tokio::test]
async fn a_full_connection_delays_no_other_stream_and_misses_nothing() {
    for (chain_bytes, ring) in [(AMPLE, 10_000), (4_000, 10_000), (4_000, 20)] {
        let hub = TestHub::over(
            SqliteLog::in_memory(Epoch::new(1), retention(10_000)).unwrap(),
            Options {
                chain_bytes,
                ..options(ring)
            },
        );
        let mut worker = TestWorker::of(&hub);
        let mut slow = worker.open(enveloped(&hub, Filter::all(), Start::Now), 700);
        let mut quick = worker.open(enveloped(&hub, Filter::all(), Start::Now), AMPLE);
        worker.drive().await;
        for n in 0..300 {
            hub.publish(vec![numbered(n)]).await.unwrap();
            worker.drive().await;
            assert_eq!(quick.numbers(), [n]);
        }
        for n in 0..300 {
            let message = worker.message(&mut slow).await.expect("it comes");
            assert_eq!(
                event_of(&message).data.read::<u64>().unwrap(),
                n,
                "{chain_bytes} {ring}"
            );
        }
        assert_eq!(
            worker.behind > 0,
            ring == 20,
            "neither chain nor ring held everything for the slow stream: {chain_bytes} {ring}"
        );
    }
}

#[tokio::test]
async fn large_events_cross_pieces_and_segments_intact() {
    let hub = TestHub::over(
        SqliteLog::in_memory(Epoch::new(1), retention(10_000)).unwrap(),
        Options {
            chain_bytes: 300_000,
            ..options(10_000)
        },
    );
    let mut worker = TestWorker::of(&hub);
    let mut readers = [AMPLE, 50_000, 999]
        .map(|room| worker.open(enveloped(&hub, Filter::all(), Start::Now), room));
    worker.drive().await;
    for n in 0..60 {
        let events = (0..10)
            .map(|m| {
                big(
                    n * 10 + m,
                    usize::try_from(n * 37 % 20_000 + m * 511).unwrap(),
                )
            })
            .collect();
        hub.publish(events).await.unwrap();
        if n % 7 == 0 {
            worker.drive().await;
        }
    }
    for reader in &mut readers {
        for n in 0..600 {
            let message = worker.message(reader).await.expect("it comes");
            assert_eq!(number_of_big(&message), n);
        }
    }
}

#[tokio::test]
async fn a_stream_that_stops_between_two_segments_resumes_there() {
    let hub = TestHub::over(
        SqliteLog::in_memory(Epoch::new(1), retention(10_000)).unwrap(),
        Options {
            chain_bytes: 1_000,
            ..options(10_000)
        },
    );
    let mut worker = TestWorker::of(&hub);
    let mut reader = worker.open(enveloped(&hub, Filter::all(), Start::Now), AMPLE);
    worker.drive().await;
    for n in 0..50 {
        if n == 3 {
            reader.pipe.fill();
        }
        hub.publish(vec![numbered(n)]).await.unwrap();
        worker.drive().await;
    }
    reader.pipe.make_room();
    worker.drive().await;
    assert_eq!(reader.numbers(), (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_replay_from_memory_has_every_large_event_once() {
    let hub = hub(10_000, 10_000);
    for n in 0..60 {
        hub.publish(vec![big(
            n,
            3_000 + usize::try_from(n % 7).unwrap() * 5_000,
        )])
        .await
        .unwrap();
    }
    let mut pulled = enveloped(&hub, Filter::all(), Start::Beginning);
    let (mut decoder, mut numbers) = (Decoder::default(), Vec::new());
    while numbers.len() < 60 {
        let bytes = pulled.next().await.unwrap();
        decoder
            .push(&bytes, |message| numbers.push(number_of_big(&message)))
            .unwrap();
    }
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    let mut worker = TestWorker::of(&hub);
    let mut served = worker.open(enveloped(&hub, Filter::all(), Start::Beginning), AMPLE);
    worker.drive().await;
    served.read();
    assert_eq!(
        served
            .received
            .iter()
            .map(number_of_big)
            .collect::<Vec<_>>(),
        (0..60).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_thread_that_falls_behind_the_ring_loses_nothing() {
    let hub = hub(10_000, 16);
    let mut worker = TestWorker::of(&hub);
    let mut slow = worker.open(enveloped(&hub, Filter::all(), Start::Now), 500);
    let mut quick = worker.open(enveloped(&hub, Filter::all(), Start::Now), AMPLE);
    let mut other = worker.open(enveloped(&hub, filter(&["m"], &[]), Start::Now), AMPLE);
    worker.drive().await;
    for n in 0..5 {
        hub.publish(vec![numbered(n)]).await.unwrap();
        worker.delivery.flush();
    }
    for n in 5..200 {
        hub.publish(vec![numbered(n)]).await.unwrap();
    }
    hub.publish(vec![event("m", "count", "1")]).await.unwrap();
    for (reader, expected) in [
        (&mut quick, 0..200),
        (&mut slow, 0..200),
        (&mut other, 1..2),
    ] {
        for n in expected {
            let message = loop {
                let message = worker.message(reader).await.expect("it comes");
                if event_of(&message).topic.as_str() == "n" || n == 1 {
                    break message;
                }
            };
            assert_eq!(event_of(&message).data.read::<u64>().unwrap(), n);
        }
    }
}

#[tokio::test]
async fn a_broken_connection_is_reported_apart_from_an_ended_one() {
    let hub = hub(100, 100);
    let mut worker = TestWorker::of(&hub);
    let readers = [AMPLE, AMPLE, 10]
        .map(|room| worker.open(enveloped(&hub, Filter::all(), Start::Now), room));
    worker.drive().await;
    readers[0].pipe.contents().is_broken = true;
    hub.publish(vec![numbered(1)]).await.unwrap();
    worker.drive().await;
    assert_eq!((&*worker.broken, &*worker.ended), (&[0][..], &[][..]));
    hub.close();
    hub.closed().await;
    assert!(worker.delivery.has_news(), "the end is news");
    let [_, mut quick, mut slow] = readers;
    while !slow.has_ended || !quick.has_ended {
        worker.drive().await;
        slow.read();
        quick.read();
    }
    assert_eq!((slow.numbers(), quick.numbers()), (vec![1], vec![1]));
    assert!(worker.delivery.is_empty());
    let mut late = worker.open(enveloped(&hub, Filter::all(), Start::Now), AMPLE);
    worker.drive().await;
    late.read();
    assert!(late.has_ended, "a stream that joins after the end is ended");
}

#[tokio::test]
async fn an_event_that_expires_before_the_flush_is_not_sent() {
    let hub = hub(100, 100);
    let mut worker = TestWorker::of(&hub);
    let mut reader = worker.open(enveloped(&hub, Filter::all(), Start::Now), AMPLE);
    worker.drive().await;
    hub.publish(vec![
        NewEvent {
            expires: Some(crate::now()),
            ..numbered(1)
        },
        numbered(2),
    ])
    .await
    .unwrap();
    worker.drive().await;
    assert_eq!(reader.numbers(), [2]);
}
