//! The model: whatever the order of publish, subscribe, read, drop, prune and restart, every stream
//! is exactly the log, or says what is missing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use pulseboard_contract::{Event, EventId, Framing, Gap, sse::MessageEvent};
use pulseboard_hub::{Filter, Options, Order, Query, Retention, Start, Subscription};
use tempfile::TempDir;

use crate::{
    Board, Client,
    delivery::{Reader, Wire},
    durable::reopened,
    event, filter, hub, id, now, numbered, options, retention,
};

#[derive(Clone, Debug)]
enum Step {
    /// So many events, on the topics in turn.
    Publish(u8),
    /// A new client, so many events behind the end, for one of the filters.
    Subscribe(u8, u8),
    /// The client of this index reads so many messages, if there are any.
    Read(u8, u8),
    /// The client of this index drops its connection and resumes with its cursor.
    Reconnect(u8),
    /// Whatever is over a limit goes.
    Prune,
    /// The hub ends and another one begins with the same file.
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

const TOPICS: [&str; 3] = ["a/x", "a/y", "b"];
const FILTERS: [&[&str]; 4] = [&[], &["a/*"], &["b"], &["a/y", "b"]];

fn topic_of(seq: u64) -> &'static str {
    TOPICS[usize::try_from(seq % 3).unwrap()]
}

/// How a stream reaches its client.
enum Source {
    Pulled(Client),
    /// By a delivery.
    Served(Reader),
}

/// How streams are opened.
enum Way {
    Pull,
    /// By this delivery, over connections with so much room.
    Serve(Box<Wire>, usize),
}

impl Way {
    fn of(board: &Board, room: Option<usize>) -> Self {
        room.map_or(Self::Pull, |room| {
            Self::Serve(Box::new(Wire::of(board)), room)
        })
    }

    async fn drive(&mut self) {
        if let Self::Serve(wire, _) = self {
            wire.drive().await;
        }
    }
}

/// A client, what it has been sent, and what it has been told is missing.
struct Follower {
    source: Source,
    patterns: &'static [&'static str],
    cursor: EventId,
    /// The last event it got, or where it began.
    last: u64,
    /// The gap told last, and how many events were passed over since.
    gap: Option<Gap>,
    passed_over: u64,
}

impl Follower {
    fn new(board: &Board, way: &mut Way, patterns: &'static [&'static str], after: u64) -> Self {
        let (filter, start) = (filter(patterns, &[]), Start::After(id(after)));
        let source = match way {
            Way::Pull => Source::Pulled(Client::open(board, filter, start)),
            Way::Serve(wire, room) => Source::Served(wire.open(
                board.subscribe(Subscription::new(filter, Framing::Envelope, start)),
                *room,
            )),
        };
        Self {
            source,
            patterns,
            cursor: id(after),
            last: after,
            gap: None,
            passed_over: 0,
        }
    }

    async fn message(&mut self, way: &mut Way) -> MessageEvent {
        let message = match (&mut self.source, way) {
            (Source::Pulled(client), _) => client.message().await,
            (Source::Served(reader), Way::Serve(wire, _)) => wire.message(reader).await,
            (Source::Served(_), Way::Pull) => None,
        };
        message.expect("the hub is open")
    }

    fn wants(&self, seq: u64) -> bool {
        self.patterns.is_empty()
            || self.patterns.iter().any(|pattern| {
                pattern
                    .parse::<pulseboard_contract::TopicPattern>()
                    .unwrap()
                    .matches(&topic_of(seq).parse().unwrap())
            })
    }

    fn covered(&self) -> u64 {
        self.gap.as_ref().map_or(0, |gap| gap.resumed_at.seq)
    }

    /// Whether a message must still come: an event that is there, or the news that it is not.
    fn expects(&self, world: &World) -> bool {
        (self.last + 1..=world.last)
            .any(|seq| self.wants(seq) && (seq > self.covered() || world.held.contains(&seq)))
    }

    async fn read(
        &mut self,
        world: &World,
        way: &mut Way,
        count: usize,
    ) -> Result<(), TestCaseError> {
        for _ in 0..count {
            if !self.expects(world) {
                break;
            }
            let message = self.message(way).await;
            self.cursor = message.last_event_id.parse().unwrap();
            if message.event_type == "gap" {
                let gap: Gap = serde_json::from_str(&message.data).unwrap();
                let missing = |seq: &u64| self.wants(*seq) && !world.held.contains(seq);
                prop_assert!(gap.after.seq >= self.last, "{gap:?} after {}", self.last);
                prop_assert!(
                    (gap.after.seq + 1..=gap.resumed_at.seq).any(|seq| missing(&seq)),
                    "a gap of nothing: {:?}",
                    gap
                );
                prop_assert!(
                    missing(&gap.resumed_at.seq),
                    "it ends with something that is missing: {:?}",
                    gap
                );
                self.gap = Some(gap);
                self.passed_over = 0;
                continue;
            }
            let event: Event = serde_json::from_str(&message.data).unwrap();
            let seq = event.event_id.unwrap().seq;
            prop_assert_eq!(event.topic.as_str(), topic_of(seq));
            prop_assert!(
                seq > self.last && self.wants(seq),
                "{seq} after {}",
                self.last
            );
            let skipped: Vec<u64> = (self.last + 1..seq)
                .filter(|&skipped| self.wants(skipped))
                .collect();
            for skipped in skipped {
                prop_assert!(
                    skipped <= self.covered(),
                    "{} was passed over in silence before {}",
                    skipped,
                    seq
                );
                self.passed_over += 1;
            }
            self.last = seq;
            if let Some(Gap {
                after,
                resumed_at,
                lost: Some(lost),
            }) = self.gap.clone()
                && seq > resumed_at.seq
                && self.wants_none_between(after.seq, resumed_at.seq, seq)
            {
                prop_assert_eq!(
                    lost,
                    self.passed_over,
                    "what {:?} to {:?} lost",
                    after,
                    resumed_at
                );
            }
        }
        Ok(())
    }

    /// Whether everything passed over before `seq` lies in the gap, so that its number is all of
    /// them.
    fn wants_none_between(&self, after: u64, resumed_at: u64, seq: u64) -> bool {
        self.cursor.seq >= resumed_at
            && after <= resumed_at
            && (resumed_at + 1..seq).all(|seq| !self.wants(seq))
    }
}

/// What there is.
struct World {
    last: u64,
    held: BTreeSet<u64>,
}

impl World {
    async fn look(&mut self, board: &Board) {
        let all = Query {
            filter: Filter::all(),
            after: None,
            before: None,
            order: Order::Ascending,
            limit: usize::MAX,
            max_bytes: usize::MAX,
            now: now(),
        };
        self.held = board
            .history(all)
            .await
            .unwrap()
            .events
            .iter()
            .map(|event| event.event_id.unwrap().seq)
            .collect();
    }
}

async fn run(
    retention: Retention,
    ring: usize,
    room: Option<usize>,
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let directory = TempDir::new().unwrap();
    let open = || reopened(directory.path(), &retention);
    // So little that a slow stream is left to itself soon.
    let options = || Options {
        feed_bytes: 1_000,
        ..options(ring)
    };
    let mut board = Board::over(open().await, options());
    let mut way = Way::of(&board, room);
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
                board.publish(events.collect()).await.unwrap();
                world.last += u64::from(count);
                world.look(&board).await;
                if count % 2 == 0 {
                    way.drive().await;
                }
            }
            Step::Subscribe(behind, which) => {
                let patterns = FILTERS[usize::from(which) % FILTERS.len()];
                followers.push(Follower::new(
                    &board,
                    &mut way,
                    patterns,
                    world.last.saturating_sub(behind.into()),
                ));
            }
            Step::Read(which, count) if !followers.is_empty() => {
                let which = usize::from(which) % followers.len();
                followers[which]
                    .read(&world, &mut way, count.into())
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
                let follower = Follower::new(&board, &mut way, patterns, cursor.seq);
                followers[which] = Follower {
                    last: follower.last.max(last),
                    ..follower
                };
            }
            Step::Prune => {
                board.prune();
                world.look(&board).await;
            }
            Step::Restart => {
                board.close();
                board.closed().await;
                // The streams hold the hub, and the hub the file.
                let left: Vec<_> = followers
                    .drain(..)
                    .map(|left| (left.patterns, left.cursor.seq, left.last))
                    .collect();
                drop((board, way));
                board = Board::over(open().await, options());
                way = Way::of(&board, room);
                followers.extend(left.into_iter().map(|(patterns, cursor, last)| {
                    let follower = Follower::new(&board, &mut way, patterns, cursor);
                    Follower {
                        last: follower.last.max(last),
                        ..follower
                    }
                }));
                world.look(&board).await;
            }
            Step::Read(..) | Step::Reconnect(_) => {}
        }
    }
    for follower in &mut followers {
        follower
            .read(
                &world,
                &mut way,
                usize::try_from(world.last).unwrap() * 2 + 2,
            )
            .await?;
        prop_assert!(
            !follower.expects(&world),
            "a stream that is read to its end has everything"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn every_stream_is_exactly_the_log_or_says_what_is_missing(
        steps in steps(),
        kept in 1u64..60,
        kept_of_a in proptest::option::of(1u64..10),
        ring in 1usize..30,
        // Pulled, or served over connections with so much room.
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

/// Publishers and reconnecting readers on real threads: the hand-over is crossed at whatever moment
/// the scheduler picks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_that_reconnect_amid_publishes_see_every_event_once() {
    const COUNT: u64 = 5_000;
    let board = hub(100_000, 8);
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let hub = board.clone();
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
            let hub = board.clone();
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
