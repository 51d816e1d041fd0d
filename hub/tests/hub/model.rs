//! The model: whatever the order of publish, subscribe, read, drop and prune, every stream is exactly the log.

use std::time::Duration;

use proptest::prelude::*;
use pulseboard::Gap;
use pulseboard_hub::{Filter, Hub, MemoryLog, Start};

use crate::{Client, hub, id, numbered};

#[derive(Clone, Debug)]
enum Step {
    Publish(u8),
    /// A new client, so many events behind the end.
    Subscribe(u8),
    /// The client of this index reads so many chunks' worth, if there are any.
    Read(u8, u8),
    /// The client of this index drops its connection and resumes with its cursor.
    Reconnect(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1u8..12).prop_map(Step::Publish),
        1 => (0u8..40).prop_map(Step::Subscribe),
        3 => (any::<u8>(), 1u8..20).prop_map(|(client, count)| Step::Read(client, count)),
        1 => any::<u8>().prop_map(Step::Reconnect),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A client and the sequence it must see next.
struct Follower {
    client: Client,
    next: u64,
}

impl Follower {
    /// Reads up to `count` messages that are there now. Each must be the next event, or a gap that says exactly what is
    /// missing before it.
    async fn read(&mut self, count: usize) -> Result<(), TestCaseError> {
        for _ in 0..count {
            // On a paused clock this waits for no time: it gives up as soon as nothing else can run.
            let Ok(message) = tokio::time::timeout(Duration::from_millis(1), self.client.message()).await else { break };
            let message = message.expect("the hub is open");
            match message.event_type.as_str() {
                "gap" => {
                    let gap: Gap = serde_json::from_str(&message.data).unwrap();
                    prop_assert_eq!(gap.after.seq + 1, self.next);
                    prop_assert!(gap.resumed_at.seq >= self.next, "a gap of nothing");
                    prop_assert_eq!(gap.lost, Some(gap.resumed_at.seq - gap.after.seq));
                    self.next = gap.resumed_at.seq + 1;
                }
                "heartbeat" => prop_assert_eq!(message.last_event_id, id(self.next - 1).to_string()),
                _ => {
                    prop_assert_eq!(&message.last_event_id, &id(self.next).to_string());
                    self.next += 1;
                }
            }
        }
        Ok(())
    }
}

async fn run(hub: Hub<MemoryLog>, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut followers: Vec<Follower> = Vec::new();
    let mut last = 0;
    for step in steps {
        match step {
            Step::Publish(count) => {
                hub.publish((0..u64::from(count)).map(|n| numbered(last + 1 + n)).collect()).await.unwrap();
                last += u64::from(count);
            }
            Step::Subscribe(behind) => {
                let start = last.saturating_sub(behind.into());
                let client = Client::open(&hub, Filter::all(), Start::After(id(start)));
                followers.push(Follower { client, next: start + 1 });
            }
            Step::Read(which, count) if !followers.is_empty() => {
                let which = usize::from(which) % followers.len();
                followers[which].read(count.into()).await?;
            }
            Step::Reconnect(which) if !followers.is_empty() => {
                let which = usize::from(which) % followers.len();
                let follower = &mut followers[which];
                follower.client = Client::open(&hub, Filter::all(), Start::After(id(follower.next - 1)));
            }
            Step::Read(..) | Step::Reconnect(_) => {}
        }
    }
    for follower in &mut followers {
        follower.read(usize::try_from(last).unwrap() + 2).await?;
        prop_assert_eq!(follower.next, last + 1, "a stream that is read to its end has everything");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn every_stream_is_exactly_the_log_or_says_what_is_missing(steps in steps(), kept in 1usize..60, ring in 1usize..30) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async { run(hub(kept, ring), steps).await })?;
    }
}

/// Publishers and reconnecting readers on real threads: the hand-over is crossed at whatever moment the scheduler picks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_that_reconnect_amid_publishes_see_every_event_once() {
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
