//! The writer: the one task that appends to the log and fans out, so that both have one order.

use std::sync::Arc;

use pulseboard::{Event, EventId};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    hub::{Phase, Progress, Shared},
    log::{Appended, Log, LogError, NewEvent},
    ring::Entry,
};

/// The most publishes one append takes in. Under load many share one commit; the bound keeps their answers prompt.
const GROUP: usize = 512;

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

/// A publish on its way to the writer.
pub(crate) struct Request {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) answer: oneshot::Sender<Result<Vec<Published>, PublishError>>,
}

/// Runs until every sender of `requests` is gone or the hub is closed; what was queued by then is still written.
pub(crate) async fn run<L: Log>(
    shared: Arc<Shared<L>>,
    mut requests: mpsc::Receiver<Request>,
    mut progress: watch::Receiver<Progress>,
) {
    let every = shared.options.heartbeat_every;
    let mut heartbeat = interval_at(Instant::now() + every, every);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let _closing = CloseOnDrop(&shared);
    let mut is_closing = false;
    let mut ephemeral_count = 0;
    let mut group = Vec::with_capacity(GROUP);
    loop {
        tokio::select! {
            biased;
            // First, or publishers without a pause would silence it.
            _ = heartbeat.tick() => shared.fan_out(|ring| {
                let position = ring.position();
                ring.push(Entry::heartbeat((shared.options.clock)(), position));
            }),
            count = requests.recv_many(&mut group, GROUP) => {
                if count == 0 {
                    return;
                }
                write(&shared, &mut group, &mut ephemeral_count).await;
            }
            () = until_closing(&mut progress), if !is_closing => {
                is_closing = true;
                requests.close();
            }
        }
    }
}

async fn until_closing(progress: &mut watch::Receiver<Progress>) {
    // The sender lives in what the writer itself holds, so it cannot go away first.
    let _ = progress.wait_for(|progress| progress.phase != Phase::Open).await;
}

/// However the writer ends, by the last handle, by a close, or by a panic in the log: streams must not wait for ever.
struct CloseOnDrop<'a, L>(&'a Shared<L>);

impl<L> Drop for CloseOnDrop<'_, L> {
    fn drop(&mut self) {
        self.0.progress.send_modify(|progress| progress.phase = Phase::Closed);
    }
}

async fn write<L: Log>(shared: &Shared<L>, group: &mut Vec<Request>, ephemeral_count: &mut u64) {
    let is_stored = |event: &NewEvent| !event.event_type.known().is_some_and(pulseboard::EventType::is_ephemeral);
    let stored: Vec<NewEvent> =
        group.iter().flat_map(|request| &request.events).filter(|event| is_stored(event)).cloned().collect();
    // Nothing to store must not cost a commit: a room full of people typing is no reason to sync a disk.
    let appended = if stored.is_empty() { Ok(Vec::new()) } else { shared.log.append(stored).await };
    let mut appended = match appended {
        Ok(appended) => appended.into_iter(),
        Err(error) => {
            tracing::error!(%error, "publishes were refused");
            for request in group.drain(..) {
                // A publisher that has gone away needs no answer.
                let _ = request.answer.send(Err(error.clone().into()));
            }
            return;
        }
    };

    let mut answers = Vec::with_capacity(group.len());
    shared.fan_out(|ring| {
        for request in group.drain(..) {
            let mut published = Vec::with_capacity(request.events.len());
            for event in request.events {
                let outcome = if is_stored(&event) { appended.next() } else { None };
                published.push(match outcome {
                    Some(Appended::Stored(event)) => {
                        let position = event.event_id.unwrap_or(ring.position());
                        ring.push(Entry::event(event, position));
                        Published { event_id: Some(position), is_duplicate: false }
                    }
                    Some(Appended::Duplicate(event_id)) => Published { event_id: Some(event_id), is_duplicate: true },
                    None => {
                        *ephemeral_count += 1;
                        let position = ring.position();
                        ring.push(Entry::event(Arc::new(ephemeral(event, *ephemeral_count)), position));
                        Published { event_id: None, is_duplicate: false }
                    }
                });
            }
            answers.push((request.answer, published));
        }
    });
    for (answer, published) in answers {
        let _ = answer.send(Ok(published));
    }
}

/// `CloudEvents` want an id of every event; one that is never stored gets a number that lasts as long as the process.
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
