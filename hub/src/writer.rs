//! The writer: the one thread that appends to the log and fans out, so that both have one order.
//!
//! It is a thread and not a task because the log blocks, and so that no scheduler runs between a
//! publish and its commit. Between publishes it takes the pruning steps of retention
//! (`log/retention.rs` lists the other places of that concern).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pulseboard_contract::{Event, EventType};
use tokio::sync::{mpsc, oneshot};

use crate::{
    entry::Entry,
    log::{Appended, Log, LogError, NewEvent},
    publish::{Publish, PublishError, Published, Request},
    ring::Ring,
    state::HubState,
};

/// The most publishes and bytes that share one append. Under load many publishes share one commit;
/// the limits keep their replies prompt. One publish is never split, however large.
const GROUP: usize = 512;
const GROUP_BYTES: usize = 2 * 1024 * 1024;
/// While publishes keep coming, the writer takes one pruning step per pause.
const PRUNE_PAUSE: Duration = Duration::from_millis(15);

/// Runs until every sender of `requests` is gone or the hub closes. The queue of that moment is
/// still written.
pub(crate) fn run<L: Log>(state: &Arc<HubState<L>>, mut requests: mpsc::Receiver<Request>) {
    let _closing = CloseOnDrop(state);
    let mut writer = Writer {
        state,
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
                Request::Check(reply) => checks.push(reply),
                Request::Wake => {}
                Request::Close => {
                    is_closing = true;
                    requests.close();
                }
            }
        }
        let written = writer.write();
        if !checks.is_empty() {
            // One write answers all checks, whether or not this group stored an event.
            let checked = written.and_then(|()| state.log.check());
            for reply in checks.drain(..) {
                // The receiver may be gone.
                let _ = reply.send(checked.clone());
            }
        }
        is_pruning |= state.take_maintenance_request();
        // Closing waits for accepted publishes, not for pruning.
        is_pruning &= !is_closing && !requests.is_closed();
        if is_pruning && (count == 0 || pruned_at.elapsed() >= PRUNE_PAUSE) {
            is_pruning = prune(state);
            pruned_at = Instant::now();
        }
    }
}

/// Receives the requests that are queued now, up to a group.
fn receive_now(requests: &mut mpsc::Receiver<Request>, inbox: &mut Vec<Request>) -> usize {
    while inbox.len() < GROUP
        && let Ok(request) = requests.try_recv()
    {
        inbox.push(request);
    }
    inbox.len()
}

/// Takes one pruning step; returns whether more steps are due.
fn prune<L: Log>(state: &HubState<L>) -> bool {
    state.log.maintain(state.now()).unwrap_or_else(|error| {
        // The next tick tries again.
        tracing::warn!(%error, "pruning failed");
        false
    })
}

/// Marks the hub as closed when the writer ends: after the last handle, after a close, or after a
/// panic in the log. Otherwise streams would wait forever.
struct CloseOnDrop<'a, L>(&'a HubState<L>);

impl<L> Drop for CloseOnDrop<'_, L> {
    fn drop(&mut self) {
        self.0.mark_closed();
    }
}

struct Writer<'a, L> {
    state: &'a HubState<L>,
    ephemeral_count: u64,
    group: Vec<Publish>,
    group_bytes: usize,
}

/// An event between its append and its reply.
enum Pending {
    /// The log has it; its result stands in the results of the append.
    Stored,
    Ephemeral(NewEvent),
}

/// The reply to one publish, and where to send it.
type Reply = (
    oneshot::Sender<Result<Vec<Published>, PublishError>>,
    Result<Vec<Published>, PublishError>,
);

impl<L: Log> Writer<'_, L> {
    fn take(&mut self, publish: Publish) {
        self.group_bytes += publish.bytes;
        self.group.push(publish);
        if self.group_bytes >= GROUP_BYTES {
            // The replies carry the error.
            let _ = self.write();
        }
    }

    /// Appends the group, fans it out and sends the replies; returns the result of the append.
    fn write(&mut self) -> Result<(), LogError> {
        if self.group.is_empty() {
            return Ok(());
        }
        self.group_bytes = 0;
        let mut stored = Vec::with_capacity(self.group.len());
        let mut pending = Vec::with_capacity(self.group.len());
        for publish in &mut self.group {
            pending.push(split(publish, &mut stored));
        }
        let (appended, rejection) = match self.append(stored) {
            Ok(appended) => (appended, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        for (reply, published) in self.fan_out(pending, appended, rejection.as_ref()) {
            // The publisher may be gone.
            let _ = reply.send(published);
        }
        rejection.map_or(Ok(()), Err)
    }

    fn append(&self, stored: Vec<NewEvent>) -> Result<Vec<Appended>, LogError> {
        // A group of ephemeral events needs no commit: a room full of people typing must not sync
        // the disk.
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let count = stored.len() as u64;
        self.state
            .log
            .append(stored, self.state.now())
            .inspect_err(|error| {
                tracing::error!(%error, "the log rejected publishes");
                self.state.metrics.refused.inc_by(count);
            })
    }

    /// Pushes the group's events to the ring, in order; returns the replies.
    fn fan_out(
        &mut self,
        pending: Vec<Vec<Pending>>,
        appended: Vec<Appended>,
        rejection: Option<&LogError>,
    ) -> Vec<Reply> {
        let state = self.state;
        let mut appended = appended.into_iter();
        let mut replies = Vec::with_capacity(self.group.len());
        let group = std::mem::take(&mut self.group);
        let ephemeral_count = &mut self.ephemeral_count;
        state.fan_out(|ring| {
            for (publish, pending) in group.into_iter().zip(pending) {
                // A publish of ephemeral events alone succeeds even if the disk fails.
                if let Some(error) = rejection
                    && pending
                        .iter()
                        .any(|pending| matches!(pending, Pending::Stored))
                {
                    replies.push((publish.reply, Err(error.clone().into())));
                    continue;
                }
                let mut published = Vec::with_capacity(pending.len());
                for pending in pending {
                    published.extend(match pending {
                        Pending::Ephemeral(event) => {
                            *ephemeral_count += 1;
                            state.metrics.ephemeral.inc();
                            Some(push_ephemeral(ring, event, *ephemeral_count))
                        }
                        // The log returns one result per event.
                        Pending::Stored => appended
                            .next()
                            .map(|appended| push_appended(state, ring, appended)),
                    });
                }
                replies.push((publish.reply, Ok(published)));
            }
        });
        replies
    }
}

/// Moves the events to be stored to `stored` and keeps the ephemeral ones.
fn split(publish: &mut Publish, stored: &mut Vec<NewEvent>) -> Vec<Pending> {
    let take = |event: NewEvent| {
        if event
            .event_type
            .known()
            .is_some_and(EventType::is_ephemeral)
        {
            Pending::Ephemeral(event)
        } else {
            stored.push(event);
            Pending::Stored
        }
    };
    publish.events.drain(..).map(take).collect()
}

fn push_ephemeral(ring: &mut Ring, event: NewEvent, number: u64) -> Published {
    let position = ring.position();
    ring.push(Entry::event(Arc::new(ephemeral(event, number)), position));
    Published {
        event_id: None,
        is_duplicate: false,
    }
}

fn push_appended<L>(state: &HubState<L>, ring: &mut Ring, appended: Appended) -> Published {
    match appended {
        Appended::Stored(event) => {
            state.metrics.stored.inc();
            let position = event.event_id.unwrap_or(ring.position());
            ring.push(Entry::event(event, position));
            Published {
                event_id: Some(position),
                is_duplicate: false,
            }
        }
        Appended::Duplicate(event_id) => {
            state.metrics.duplicates.inc();
            Published {
                event_id: Some(event_id),
                is_duplicate: true,
            }
        }
    }
}

/// The ephemeral event to send. `CloudEvents` require an id, so an event without one gets a number
/// that is unique within this process.
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
