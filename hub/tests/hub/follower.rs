//! A follower: a client that checks each message against what the log has.

use std::collections::BTreeSet;

use proptest::prelude::*;
use pulseboard_contract::{Event, EventId, Framing, Gap, TopicPattern, sse::MessageEvent};
use pulseboard_hub::{Filter, Order, Query, Start, Subscription};

use crate::{
    Client, TestHub, filter, id, now,
    worker::{Reader, TestWorker},
};

const TOPICS: [&str; 3] = ["a/x", "a/y", "b"];

pub(crate) fn topic_of(seq: u64) -> &'static str {
    TOPICS[usize::try_from(seq % 3).unwrap()]
}

/// Where the messages of a follower come from.
enum Source {
    Pulled(Client),
    /// From a worker.
    Served(Reader),
}

/// How the streams of a schedule are transported.
pub(crate) enum Transport {
    Pull,
    /// Served by this worker, over connections with this much room.
    Serve(Box<TestWorker>, usize),
}

impl Transport {
    pub(crate) fn of(hub: &TestHub, room: Option<usize>) -> Self {
        room.map_or(Self::Pull, |room| {
            Self::Serve(Box::new(TestWorker::of(hub)), room)
        })
    }

    pub(crate) async fn drive(&mut self) {
        if let Self::Serve(worker, _) = self {
            worker.drive().await;
        }
    }
}

/// A client, the messages it has got, and the gaps it has been told of.
pub(crate) struct Follower {
    source: Source,
    pub(crate) patterns: &'static [&'static str],
    pub(crate) cursor: EventId,
    /// The last event it got, or its start.
    pub(crate) last: u64,
    /// The last gap, and how many events were skipped since.
    gap: Option<Gap>,
    skipped_count: u64,
}

impl Follower {
    pub(crate) fn new(
        hub: &TestHub,
        transport: &mut Transport,
        patterns: &'static [&'static str],
        after: u64,
    ) -> Self {
        let (filter, start) = (filter(patterns, &[]), Start::After(id(after)));
        let source = match transport {
            Transport::Pull => Source::Pulled(Client::open(hub, filter, start)),
            Transport::Serve(worker, room) => Source::Served(worker.open(
                hub.subscribe(Subscription::new(filter, Framing::Envelope, start)),
                *room,
            )),
        };
        Self {
            source,
            patterns,
            cursor: id(after),
            last: after,
            gap: None,
            skipped_count: 0,
        }
    }

    async fn message(&mut self, transport: &mut Transport) -> MessageEvent {
        let message = match (&mut self.source, transport) {
            (Source::Pulled(client), _) => client.message().await,
            (Source::Served(reader), Transport::Serve(worker, _)) => worker.message(reader).await,
            (Source::Served(_), Transport::Pull) => None,
        };
        message.expect("the hub is open")
    }

    fn wants(&self, seq: u64) -> bool {
        self.patterns.is_empty()
            || self.patterns.iter().any(|pattern| {
                pattern
                    .parse::<TopicPattern>()
                    .unwrap()
                    .matches(&topic_of(seq).parse().unwrap())
            })
    }

    fn covered(&self) -> u64 {
        self.gap.as_ref().map_or(0, |gap| gap.resumed_at.seq)
    }

    /// Whether a message must still come: an event, or the gap that replaces it.
    pub(crate) fn expects(&self, world: &World) -> bool {
        (self.last + 1..=world.last)
            .any(|seq| self.wants(seq) && (seq > self.covered() || world.held.contains(&seq)))
    }

    pub(crate) async fn read(
        &mut self,
        world: &World,
        transport: &mut Transport,
        count: usize,
    ) -> Result<(), TestCaseError> {
        for _ in 0..count {
            if !self.expects(world) {
                break;
            }
            let message = self.message(transport).await;
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
                    "a gap must end with a missing event: {:?}",
                    gap
                );
                self.gap = Some(gap);
                self.skipped_count = 0;
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
                    "{} was skipped without a gap before {}",
                    skipped,
                    seq
                );
                self.skipped_count += 1;
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
                    self.skipped_count,
                    "lost between {:?} and {:?}",
                    after,
                    resumed_at
                );
            }
        }
        Ok(())
    }

    /// Whether every event skipped before `seq` lies in the gap, so that its number is exact.
    fn wants_none_between(&self, after: u64, resumed_at: u64, seq: u64) -> bool {
        self.cursor.seq >= resumed_at
            && after <= resumed_at
            && (resumed_at + 1..seq).all(|seq| !self.wants(seq))
    }
}

/// What the log has.
pub(crate) struct World {
    /// The newest sequence.
    pub(crate) last: u64,
    /// The sequences it still has.
    pub(crate) held: BTreeSet<u64>,
}

impl World {
    pub(crate) async fn look(&mut self, hub: &TestHub) {
        let all = Query {
            filter: Filter::all(),
            after: None,
            before: None,
            order: Order::Ascending,
            limit: usize::MAX,
            max_bytes: usize::MAX,
            now: now(),
        };
        self.held = hub
            .history(all)
            .await
            .unwrap()
            .events
            .iter()
            .map(|event| event.event_id.unwrap().seq)
            .collect();
    }
}
