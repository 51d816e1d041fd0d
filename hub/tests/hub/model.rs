//! The model: whatever the order of publish, subscribe, read, drop, prune and restart, every stream
//! is exactly the log, or reports what is missing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use pulseboard_hub::{Filter, Options, Retention, Start};
use tempfile::TempDir;

use crate::{
    Client, TestHub,
    durable::reopened,
    event,
    follower::{Follower, Transport, World, topic_of},
    hub, id, numbered, options, retention,
};

#[derive(Clone, Debug)]
enum Step {
    /// Publishes this many events, on the topics in turn.
    Publish(u8),
    /// Opens a stream this many events before the end, with one of the filters.
    Subscribe(u8, u8),
    /// The client with this index reads this many messages, if there are any.
    Read(u8, u8),
    /// The client with this index drops its connection and resumes with its cursor.
    Reconnect(u8),
    /// Prunes until no limit is exceeded.
    Prune,
    /// Closes the hub and opens another one with the same file.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1u8..12).prop_map(Step::Publish),
        2 => (0u8..40, any::<u8>()).prop_map(|(behind, filter)| Step::Subscribe(behind, filter)),
        6 => (any::<u8>(), 1u8..20).prop_map(|(client, count)| Step::Read(client, count)),
        2 => any::<u8>().prop_map(Step::Reconnect),
        2 => Just(Step::Prune),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..60)
}

const FILTERS: [&[&str]; 4] = [&[], &["a/*"], &["b"], &["a/y", "b"]];

async fn run(
    retention: Retention,
    ring: usize,
    room: Option<usize>,
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let directory = TempDir::new().unwrap();
    let open = || reopened(directory.path(), &retention);
    // So little that a slow stream soon leaves its chain.
    let options = || Options {
        chain_bytes: 1_000,
        ..options(ring)
    };
    let mut hub = TestHub::over(open().await, options());
    let mut transport = Transport::of(&hub, room);
    let mut followers: Vec<Follower> = Vec::new();
    let mut world = World {
        last: 0,
        held: BTreeSet::new(),
    };
    for step in steps {
        match step {
            Step::Publish(count) => {
                let events = (1..=u64::from(count)).map(|n| {
                    event(
                        topic_of(world.last + n),
                        "count",
                        &(world.last + n).to_string(),
                    )
                });
                hub.publish(events.collect()).await.unwrap();
                world.last += u64::from(count);
                world.look(&hub).await;
                if count % 2 == 0 {
                    transport.drive().await;
                }
            }
            Step::Subscribe(behind, which) => {
                let patterns = FILTERS[usize::from(which) % FILTERS.len()];
                followers.push(Follower::new(
                    &hub,
                    &mut transport,
                    patterns,
                    world.last.saturating_sub(behind.into()),
                ));
            }
            Step::Read(which, count) if !followers.is_empty() => {
                let which = usize::from(which) % followers.len();
                followers[which]
                    .read(&world, &mut transport, count.into())
                    .await?;
            }
            Step::Reconnect(which) if !followers.is_empty() => {
                let which = usize::from(which) % followers.len();
                let Follower {
                    patterns,
                    cursor,
                    last,
                    ..
                } = followers[which];
                let mut follower = Follower::new(&hub, &mut transport, patterns, cursor.seq);
                follower.last = follower.last.max(last);
                followers[which] = follower;
            }
            Step::Prune => {
                hub.prune();
                world.look(&hub).await;
            }
            Step::Restart => {
                hub.close();
                hub.closed().await;
                // The streams hold the hub, and the hub holds the file.
                let left: Vec<_> = followers
                    .drain(..)
                    .map(|left| (left.patterns, left.cursor.seq, left.last))
                    .collect();
                drop((hub, transport));
                hub = TestHub::over(open().await, options());
                transport = Transport::of(&hub, room);
                followers.extend(left.into_iter().map(|(patterns, cursor, last)| {
                    let mut follower = Follower::new(&hub, &mut transport, patterns, cursor);
                    follower.last = follower.last.max(last);
                    follower
                }));
                world.look(&hub).await;
            }
            Step::Read(..) | Step::Reconnect(_) => {}
        }
    }
    for follower in &mut followers {
        follower
            .read(
                &world,
                &mut transport,
                usize::try_from(world.last).unwrap() * 2 + 2,
            )
            .await?;
        prop_assert!(
            !follower.expects(&world),
            "a stream that is read to its end has every event"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn every_stream_is_exactly_the_log_or_reports_what_is_missing(
        steps in steps(),
        kept in 1u64..60,
        kept_of_a in proptest::option::of(1u64..10),
        ring in 1usize..30,
        // Pulled, or served over connections with this much room.
        room in proptest::option::of(60usize..3_000),
    ) {
        let mut retention = retention(kept);
        if let Some(kept) = kept_of_a {
            retention.add(format!("a/* events={kept}").parse().unwrap());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(run(retention, ring, room, steps))?;
    }
}

/// Publishers and reconnecting readers on real threads: the scheduler picks the moment of the
/// hand-over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_that_reconnect_during_publishes_see_every_event_once() {
    const COUNT: u64 = 5_000;
    let hub = hub(100_000, 8);
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let hub = hub.clone();
            tokio::spawn(async move {
                let mut cursor = id(0);
                let mut seen = 0;
                while seen < COUNT {
                    let mut client = Client::open(&hub, Filter::all(), Start::After(cursor));
                    for _ in 0..37 {
                        if seen == COUNT {
                            break;
                        }
                        let message = client.message().await.unwrap();
                        if message.event_type == "message" {
                            seen += 1;
                            assert_eq!(message.last_event_id, id(seen).to_string());
                        }
                        cursor = message.last_event_id.parse().unwrap();
                    }
                }
            })
        })
        .collect();
    let publishers: Vec<_> = (0..4)
        .map(|_| {
            let hub = hub.clone();
            tokio::spawn(async move {
                for n in 0..COUNT / 4 {
                    hub.publish(vec![numbered(n)]).await.unwrap();
                }
            })
        })
        .collect();
    for task in publishers.into_iter().chain(readers) {
        task.await.unwrap();
    }
}
