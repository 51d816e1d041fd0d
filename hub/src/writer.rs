//! The writer: the one thread that appends to the log and fans out, so that both have one order.
//!
//! It is a thread and no task because the log blocks: between a publish that arrives and its commit
//! nothing is handed over.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use pulseboard_contract::{Event, EventId};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::{
    hub::Shared,
    log::{Appended, Log, LogError, NewEvent},
    ring::Entry,
};

/// The most publishes, and bytes, one append takes in. Under load many share one commit; the bounds
/// keep their answers prompt. One publish is never split, however large.
const GROUP: usize = 512;
const GROUP_BYTES: usize = 2 * 1024 * 1024;
/// While publishes keep coming, pruning takes a step this often.
const PRUNE_PAUSE: Duration = Duration::from_millis(15);

/// What became of one published event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its position; none for an ephemeral event.
    pub event_id: Option<EventId>,
    /// Whether it was there already, so that nothing was stored or sent now.
    pub is_duplicate: bool,
}

/// The event was not published.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The hub is shutting down.
    #[error("the hub is shutting down")]
    Closed,
    /// The log refused it.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What the writer is asked for.
pub(crate) enum Request {
    Publish(Publish),
    /// Tell whether the log takes appends.
    Check(oneshot::Sender<Result<(), LogError>>),
    /// Look whether maintenance is due.
    Wake,
    /// Take no more; end when what is queued has been written.
    Close,
}

/// A publish on its way to the log.
pub(crate) struct Publish {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) bytes: usize,
    pub(crate) answer: oneshot::Sender<Result<Vec<Published>, PublishError>>,
    /// Its share of what may be queued.
    pub(crate) _room: OwnedSemaphorePermit,
}

/// Runs until every sender of `requests` is gone or the hub is closed; what was queued by then is
/// still written.
pub(crate) fn run<L: Log>(shared: &Arc<Shared<L>>, mut requests: mpsc::Receiver<Request>) {
    let _closing = CloseOnDrop(shared);
    let mut writer = Writer {
        shared,
        ephemeral_count: 0,
        group: Vec::new(),
        group_bytes: 0,
    };
    let mut inbox = Vec::with_capacity(GROUP);
    let mut checks = Vec::new();
    let mut is_pruning = false;
    let mut is_closing = false;
    let mut pruned_at = Instant::now();
    loop {
        let count = if is_pruning {
            receive_now(&mut requests, &mut inbox)
        } else {
            requests.blocking_recv_many(&mut inbox, GROUP)
        };
        if count == 0 && !is_pruning {
            return;
        }
        for request in inbox.drain(..) {
            match request {
                Request::Publish(publish) => writer.take(publish),
                Request::Check(answer) => checks.push(answer),
                Request::Wake => {}
                Request::Close => {
                    is_closing = true;
                    requests.close();
                }
            }
        }
        let written = writer.write();
        if !checks.is_empty() {
            // However many ask, and whether or not something was published just now, it is one
            // write.
            let checked = written.and_then(|()| shared.log.check());
            for answer in checks.drain(..) {
                // Whoever asked may have gone away.
                let _ = answer.send(checked.clone());
            }
        }
        is_pruning |= shared.is_maintenance_due.swap(false, Ordering::AcqRel);
        // The end waits for what was accepted, not for what could be pruned.
        is_pruning &= !is_closing && !requests.is_closed();
        if is_pruning && (count == 0 || pruned_at.elapsed() >= PRUNE_PAUSE) {
            is_pruning = prune(shared);
            pruned_at = Instant::now();
        }
    }
}

/// What is queued at this moment, up to a group.
fn receive_now(requests: &mut mpsc::Receiver<Request>, inbox: &mut Vec<Request>) -> usize {
    while inbox.len() < GROUP
        && let Ok(request) = requests.try_recv()
    {
        inbox.push(request);
    }
    inbox.len()
}

/// Takes a step of pruning; tells whether there is more to do at once.
fn prune<L: Log>(shared: &Shared<L>) -> bool {
    shared.log.maintain(shared.now()).unwrap_or_else(|error| {
        // The next tick tries again.
        tracing::warn!(%error, "pruning failed");
        false
    })
}

/// However the writer ends, by the last handle, by a close, or by a panic in the log: streams must
/// not wait for ever.
struct CloseOnDrop<'a, L>(&'a Shared<L>);

impl<L> Drop for CloseOnDrop<'_, L> {
    fn drop(&mut self) {
        self.0.has_closed();
    }
}

struct Writer<'a, L> {
    shared: &'a Shared<L>,
    ephemeral_count: u64,
    group: Vec<Publish>,
    group_bytes: usize,
}

/// An event between its publish and its answer.
enum Slot {
    Stored,
    Ephemeral(NewEvent),
}

impl<L: Log> Writer<'_, L> {
    fn take(&mut self, publish: Publish) {
        self.group_bytes += publish.bytes;
        self.group.push(publish);
        if self.group_bytes >= GROUP_BYTES {
            // Whoever published has been answered.
            let _ = self.write();
        }
    }

    /// Appends the group and fans it out; tells how the log took it.
    fn write(&mut self) -> Result<(), LogError> {
        if self.group.is_empty() {
            return Ok(());
        }
        let metrics = &self.shared.metrics;
        self.group_bytes = 0;
        let mut stored = Vec::with_capacity(self.group.len());
        let mut slots = Vec::with_capacity(self.group.len());
        for publish in &mut self.group {
            let take = |event: NewEvent| {
                if event
                    .event_type
                    .known()
                    .is_some_and(pulseboard_contract::EventType::is_ephemeral)
                {
                    Slot::Ephemeral(event)
                } else {
                    stored.push(event);
                    Slot::Stored
                }
            };
            slots.push(publish.events.drain(..).map(take).collect::<Vec<_>>());
        }
        // Nothing to store must not cost a commit: a room full of people typing is no reason to
        // sync a disk.
        let count = stored.len() as u64;
        let appended = if count == 0 {
            Ok(Vec::new())
        } else {
            self.shared.log.append(stored, self.shared.now())
        };
        let (appended, refusal) = match appended {
            Ok(appended) => (appended, None),
            Err(error) => {
                tracing::error!(%error, "publishes were refused");
                metrics.refused.inc_by(count);
                (Vec::new(), Some(error))
            }
        };
        let mut appended = appended.into_iter();

        let mut answers = Vec::with_capacity(self.group.len());
        self.shared.fan_out(|ring| {
            for (publish, slots) in self.group.drain(..).zip(slots) {
                // What has nothing to store needs no disk.
                if let Some(error) = &refusal
                    && slots.iter().any(|slot| matches!(slot, Slot::Stored))
                {
                    answers.push((publish.answer, Err(error.clone().into())));
                    continue;
                }
                let mut published = Vec::with_capacity(slots.len());
                for slot in slots {
                    published.push(match slot {
                        Slot::Ephemeral(event) => {
                            self.ephemeral_count += 1;
                            metrics.ephemeral.inc();
                            let position = ring.position();
                            ring.push(Entry::event(
                                Arc::new(ephemeral(event, self.ephemeral_count)),
                                position,
                            ));
                            Published {
                                event_id: None,
                                is_duplicate: false,
                            }
                        }
                        // The log answers each event it was given.
                        Slot::Stored => match appended.next() {
                            Some(Appended::Stored(event)) => {
                                metrics.stored.inc();
                                let position = event.event_id.unwrap_or(ring.position());
                                ring.push(Entry::event(event, position));
                                Published {
                                    event_id: Some(position),
                                    is_duplicate: false,
                                }
                            }
                            Some(Appended::Duplicate(event_id)) => {
                                metrics.duplicates.inc();
                                Published {
                                    event_id: Some(event_id),
                                    is_duplicate: true,
                                }
                            }
                            None => continue,
                        },
                    });
                }
                answers.push((publish.answer, Ok(published)));
            }
        });
        for (answer, published) in answers {
            // A publisher that has gone away needs no answer.
            let _ = answer.send(published);
        }
        refusal.map_or(Ok(()), Err)
    }
}

/// `CloudEvents` want an id of every event; one that is never stored gets a number that lasts as
/// long as the process.
fn ephemeral(event: NewEvent, number: u64) -> Event {
    Event {
        event_id: None,
        id: event.id.unwrap_or_else(|| format!("ephemeral-{number}")),
        source: event.source,
        event_type: event.event_type,
        topic: event.topic,
        time: event.time,
        expires: event.expires,
        attributes: event.attributes,
        data: event.data,
    }
}
