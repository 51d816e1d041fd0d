//! The switches and counters of a fault-injecting VFS.

use std::{
    process,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// The handle of a test: every switch acts at once, on all connections of the VFS. Clones share
/// their switches.
///
/// ```
/// use pulseboard_faults::{FaultVfs, SyncFault};
///
/// let faults = FaultVfs::new("faults-example").register()?;
/// faults.fail_syncs(SyncFault::Dropped);
/// // Connections to the VFS "faults-example" fail to commit now.
/// faults.heal();
/// assert_eq!(faults.syncs(), 0);
/// # Ok::<(), pulseboard_faults::RegisterError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Controls>);

/// How a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteFault {
    /// The disk is full: `SQLITE_FULL`.
    Full,
    /// The device fails: `SQLITE_IOERR_WRITE`.
    Io,
}

/// How a sync fails. SQLite sees `SQLITE_IOERR_FSYNC` either way; a power loss finds different
/// files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncFault {
    /// Nothing reached the disk. The next sync that succeeds writes it.
    Retained,
    /// The unsynced writes are lost, as on Linux: they can still be read from the cache, but the
    /// next sync succeeds without writing them, because the failed sync has marked them clean. Only
    /// a new write of the same bytes repairs this.
    Dropped,
}

#[derive(Debug, Default)]
struct Controls {
    writes: AtomicU64,
    failed_writes: AtomicU64,
    syncs: AtomicU64,
    // One lock and not several atomics: the budget of bytes and the fault behind it change
    // together.
    switches: Mutex<Switches>,
    /// Notified when an operation begins.
    operated: Condvar,
}

#[derive(Debug, Default)]
struct Switches {
    /// The fault, and how many more bytes are written before it takes effect.
    write_fault: Option<(WriteFault, u64)>,
    database_fault: Option<WriteFault>,
    sync_fault: Option<SyncFault>,
    sync_delay: Duration,
    lying: bool,
    operations_left: Option<u64>,
}

impl Faults {
    /// Makes writes fail once `after_bytes` more have been written. The write that crosses this
    /// limit is done in part, as on a real disk.
    pub fn fail_writes(&self, fault: WriteFault, after_bytes: u64) {
        self.switches().write_fault = Some((fault, after_bytes));
    }

    /// Makes writes to the database file fail. Writes to its write-ahead log succeed: commits
    /// succeed, and checkpoints fail.
    pub fn fail_database_writes(&self, fault: WriteFault) {
        self.switches().database_fault = Some(fault);
    }

    /// Makes syncs fail.
    pub fn fail_syncs(&self, fault: SyncFault) {
        self.switches().sync_fault = Some(fault);
    }

    /// Makes every sync take this much longer.
    pub fn delay_syncs(&self, by: Duration) {
        self.switches().sync_delay = by;
    }

    /// Makes syncs report success and do nothing. A test of durability has to notice this
    /// sabotage.
    pub fn lie_about_syncs(&self, lying: bool) {
        self.switches().lying = lying;
    }

    /// Lets the process do this many more writes, truncations, deletions and syncs, and aborts it
    /// instead of the next one. A kill by the parent process hits a random place; this abort hits
    /// the same place every time.
    pub fn crash_after(&self, operations: u64) {
        self.switches().operations_left = Some(operations);
    }

    /// Removes all faults. What a failed or lying sync has lost stays lost.
    pub fn heal(&self) {
        *self.switches() = Switches::default();
    }

    /// How many writes there were, including failed ones.
    pub fn writes(&self) -> u64 {
        self.0.writes.load(Ordering::SeqCst)
    }

    /// How many writes failed, completely or in part.
    pub fn failed_writes(&self) -> u64 {
        self.0.failed_writes.load(Ordering::SeqCst)
    }

    /// How many syncs there were, including failed and lying ones.
    pub fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::SeqCst)
    }

    /// Waits until the condition holds, and evaluates it whenever a write, truncation, deletion or
    /// sync begins. Returns false if it does not hold within `hang_guard`, which should be so long
    /// that only a test that hangs reaches it.
    #[must_use]
    pub fn wait_until(&self, hang_guard: Duration, condition: impl Fn(&Self) -> bool) -> bool {
        let waited = self
            .0
            .operated
            .wait_timeout_while(self.switches(), hang_guard, |_| !condition(self));
        let (_switches, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }

    /// Called before a write of `len` bytes. Returns how many of them to write, and the fault to
    /// report after that.
    pub(crate) fn on_write(&self, len: u64, is_database: bool) -> (u64, Option<WriteFault>) {
        self.0.writes.fetch_add(1, Ordering::SeqCst);
        let mut switches = self.step();
        let database_fault = switches.database_fault.filter(|_| is_database);
        let (written, fault) = match (&mut switches.write_fault, database_fault) {
            (_, Some(fault)) => (0, Some(fault)),
            (None, None) => (len, None),
            (Some((fault, budget)), None) => {
                let written = len.min(*budget);
                *budget -= written;
                (written, (written < len).then_some(*fault))
            }
        };
        if fault.is_some() {
            self.0.failed_writes.fetch_add(1, Ordering::SeqCst);
        }
        (written, fault)
    }

    /// Called before a sync. Returns what the sync has to do.
    pub(crate) fn on_sync(&self) -> SyncAction {
        self.0.syncs.fetch_add(1, Ordering::SeqCst);
        let (delay, action) = {
            let switches = self.step();
            let action = match switches.sync_fault {
                Some(fault) => SyncAction::Fail(fault),
                None if switches.lying => SyncAction::Pretend,
                None => SyncAction::Do,
            };
            (switches.sync_delay, action)
        };
        thread::sleep(delay);
        action
    }

    /// Called before a truncation or deletion. Returns whether its sync would be a lie.
    pub(crate) fn on_change(&self) -> bool {
        self.step().lying
    }

    /// Counts an operation for [`Faults::crash_after`], and notifies [`Faults::wait_until`].
    fn step(&self) -> MutexGuard<'_, Switches> {
        let mut switches = self.switches();
        match &mut switches.operations_left {
            None => {}
            Some(0) => process::abort(),
            Some(left) => *left -= 1,
        }
        // A waiter evaluates its condition once this operation has released the lock.
        self.0.operated.notify_all();
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
pub(crate) enum SyncAction {
    Do,
    Pretend,
    Fail(SyncFault),
}
