//! The switches of a fault-injecting VFS, and what it has counted.

use std::{
    process,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// The handle a test holds: every switch acts at once, on all connections of the VFS. Clones share
/// their switches.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Controls>);

/// How a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteFault {
    /// No space is left: `SQLITE_FULL`.
    Full,
    /// The device fails: `SQLITE_IOERR_WRITE`.
    Io,
}

/// How a sync fails. Both are `SQLITE_IOERR_FSYNC`; they differ in what a power loss finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncFault {
    /// Nothing was written out, and the next sync that succeeds makes up for it.
    Retained,
    /// What was to be synced is lost, as on Linux: it can still be read, from the cache, and the
    /// next sync succeeds without writing it, because the failed one has marked it clean. Only
    /// writing the same bytes again mends it.
    Dropped,
}

#[derive(Debug, Default)]
struct Controls {
    writes: AtomicU64,
    syncs: AtomicU64,
    // One lock and not a handful of atomics: the budget of bytes and the fault behind it change
    // together.
    switches: Mutex<Switches>,
}

#[derive(Debug, Default)]
struct Switches {
    /// The fault, and how many more bytes are written before it shows.
    write_fault: Option<(WriteFault, u64)>,
    sync_fault: Option<SyncFault>,
    sync_delay: Duration,
    lying: bool,
    operations_left: Option<u64>,
}

impl Faults {
    /// Writes fail once `after_bytes` more have been written. The write that crosses that line is
    /// done in part, as on a real disk.
    pub fn fail_writes(&self, fault: WriteFault, after_bytes: u64) {
        self.switches().write_fault = Some((fault, after_bytes));
    }

    /// Syncs fail.
    pub fn fail_syncs(&self, fault: SyncFault) {
        self.switches().sync_fault = Some(fault);
    }

    /// Every sync takes this much longer.
    pub fn delay_syncs(&self, by: Duration) {
        self.switches().sync_delay = by;
    }

    /// Syncs say that they succeeded, and do nothing: the sabotage that a test of durability has to
    /// notice.
    pub fn lie_about_syncs(&self, lying: bool) {
        self.switches().lying = lying;
    }

    /// The process does this many more writes, truncations, deletions and syncs, and aborts instead
    /// of the one after them. The kill of a parent comes at any time; this one comes at the same
    /// place every time.
    pub fn crash_after(&self, operations: u64) {
        self.switches().operations_left = Some(operations);
    }

    /// Everything works again, at once and truthfully. What a failed or untrue sync has lost stays
    /// lost.
    pub fn heal(&self) {
        *self.switches() = Switches::default();
    }

    /// How many writes there were, failed ones included.
    pub fn writes(&self) -> u64 {
        self.0.writes.load(Ordering::SeqCst)
    }

    /// How many syncs there were, failed and untrue ones included.
    pub fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::SeqCst)
    }

    /// A write of `len` bytes is about to happen: how many of them are to be written, and the fault
    /// to answer with after that.
    pub(crate) fn on_write(&self, len: u64) -> (u64, Option<WriteFault>) {
        self.0.writes.fetch_add(1, Ordering::SeqCst);
        let mut switches = self.step();
        match &mut switches.write_fault {
            None => (len, None),
            Some((fault, budget)) => {
                let written = len.min(*budget);
                *budget -= written;
                (written, (written < len).then_some(*fault))
            }
        }
    }

    /// A sync is about to happen.
    pub(crate) fn on_sync(&self) -> Sync {
        self.0.syncs.fetch_add(1, Ordering::SeqCst);
        let (delay, sync) = {
            let switches = self.step();
            let sync = match switches.sync_fault {
                Some(fault) => Sync::Fail(fault),
                None if switches.lying => Sync::Pretend,
                None => Sync::Do,
            };
            (switches.sync_delay, sync)
        };
        thread::sleep(delay);
        sync
    }

    /// A truncation or deletion is about to happen; answers whether its sync would be a lie.
    pub(crate) fn on_change(&self) -> bool {
        self.step().lying
    }

    /// Takes one of the steps that [`Faults::crash_after`] left.
    fn step(&self) -> MutexGuard<'_, Switches> {
        let mut switches = self.switches();
        match &mut switches.operations_left {
            None => {}
            Some(0) => process::abort(),
            Some(left) => *left -= 1,
        }
        switches
    }

    fn switches(&self) -> MutexGuard<'_, Switches> {
        self.0
            .switches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a sync has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    Do,
    Pretend,
    Fail(SyncFault),
}
