//! The state of a running hub, shared by its handles, its writer, its subscribers and its
//! deliveries.
//!
//! It holds the log, the ring and the signals between them. It does not publish, subscribe or
//! deliver: those parts use it, and it knows none of them.

use std::sync::{
    Arc, PoisonError, RwLock, Weak,
    atomic::{AtomicBool, Ordering},
};

use pulseboard_contract::{EventId, Timestamp};
use tokio::sync::watch;

use crate::{
    log::Log,
    metrics::HubMetrics,
    options::Options,
    replay::ReplayPages,
    ring::{Ring, RingLimits},
    sleep_waker::SleepWaker,
};

/// The phase of a hub's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// The hub accepts no new publish and still writes the accepted ones.
    Closing,
    /// The writer has ended: nothing follows the entries of the ring.
    Closed,
}

/// The state of a running hub.
pub(crate) struct HubState<L> {
    pub(crate) log: Arc<L>,
    pub(crate) options: Options,
    pub(crate) replay: ReplayPages<L>,
    pub(crate) metrics: HubMetrics,
    /// The ticker sets it; the writer takes it.
    is_maintenance_due: AtomicBool,
    /// A std lock: it is held for a few pushes or `Arc` clones, and never across an await.
    ring: RwLock<Ring>,
    /// The order of the ring's next entry; subscribers wait for it to grow. Sent once more,
    /// unchanged, when the hub has closed.
    end: watch::Sender<u64>,
    /// Separate from `end`, so that new events do not wake the tasks that wait for a phase.
    phase: watch::Sender<Phase>,
    /// The wakers of the deliveries. There are few, and they live as long as the process.
    sleep_wakers: RwLock<Vec<Weak<SleepWaker>>>,
}

impl<L: Log> HubState<L> {
    pub(crate) fn new(log: L, options: Options) -> Self {
        let floor = EventId {
            epoch: log.epoch(),
            seq: log.bounds().last,
        };
        let limits = RingLimits {
            entries: options.ring_entries,
            bytes: options.ring_bytes,
        };
        let (log, metrics) = (Arc::new(log), HubMetrics::default());
        Self {
            replay: ReplayPages::new(log.clone(), options.clock.clone(), metrics.clone()),
            log,
            options,
            metrics,
            is_maintenance_due: AtomicBool::new(false),
            ring: RwLock::new(Ring::new(floor, limits)),
            end: watch::Sender::new(0),
            phase: watch::Sender::new(Phase::Open),
            sleep_wakers: RwLock::default(),
        }
    }
}

impl<L> HubState<L> {
    pub(crate) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    pub(crate) fn read_ring<T>(&self, read: impl FnOnce(&Ring) -> T) -> T {
        read(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Pushes entries to the ring and wakes subscribers and deliveries.
    pub(crate) fn fan_out(&self, push: impl FnOnce(&mut Ring)) {
        let (end, evicted) = {
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            push(&mut ring);
            (ring.end(), ring.take_evicted())
        };
        self.end.send_if_modified(|known| {
            // The ticker and the writer fan out side by side; the later end counts.
            let is_new = *known < end;
            *known = end.max(*known);
            is_new
        });
        self.wake_deliveries();
        // Freeing memory can wait until the streams have their events.
        drop(evicted);
    }

    /// The order of the ring's next entry, without taking the ring's lock.
    pub(crate) fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// A receiver that wakes when the ring grows and when the hub closes. Each open stream has one.
    pub(crate) fn subscribe_end(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// How many streams are open.
    pub(crate) fn subscribers(&self) -> usize {
        self.end.receiver_count()
    }

    pub(crate) fn request_maintenance(&self) {
        self.is_maintenance_due.store(true, Ordering::Release);
    }

    /// Whether maintenance was requested since the last call.
    pub(crate) fn take_maintenance_request(&self) -> bool {
        self.is_maintenance_due.swap(false, Ordering::AcqRel)
    }

    /// Registers the waker of a delivery.
    pub(crate) fn add_sleep_waker(&self, waker: &Arc<SleepWaker>) {
        let mut wakers = self
            .sleep_wakers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        wakers.retain(|waker| waker.strong_count() > 0);
        wakers.push(Arc::downgrade(waker));
    }

    fn wake_deliveries(&self) {
        for waker in self
            .sleep_wakers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter_map(Weak::upgrade)
        {
            waker.wake();
        }
    }

    /// A receiver of the phase. This state holds the sender, so while the caller holds the state
    /// the receiver cannot fail.
    pub(crate) fn subscribe_phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.phase.borrow() == Phase::Open
    }

    /// Whether nothing follows the entries of the ring.
    pub(crate) fn is_closed(&self) -> bool {
        *self.phase.borrow() == Phase::Closed
    }

    /// Starts to close the hub, unless it is closing already.
    pub(crate) fn start_closing(&self) {
        self.phase.send_if_modified(|phase| {
            let is_open = *phase == Phase::Open;
            if is_open {
                *phase = Phase::Closing;
            }
            is_open
        });
    }

    /// Marks the hub as closed and wakes everyone who waits for events.
    pub(crate) fn mark_closed(&self) {
        self.phase.send_replace(Phase::Closed);
        self.end.send_modify(|_| ());
        self.wake_deliveries();
    }
}
