//! Checkpoints: a thread that moves the write-ahead log into the database, beside the writer.
//!
//! A checkpoint within a commit would delay that commit, and every publisher waiting for it, for as
//! long as the disk takes. So a thread of its own makes checkpoints, in the mode that blocks nobody.
//! That mode cannot start the write-ahead log over while publishes keep coming. When the log has
//! grown long, the writer starts it over itself, right after the thread has caught up and next to
//! nothing is left to move.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, OpenFlags};

use super::connection;

/// From this many pages of 4 KiB on, the write-ahead log is started over.
const LONG_PAGES: i64 = 4_096;
/// It is started over only while at most this many pages are left to move, which takes about a
/// millisecond.
const FEW_PAGES: i64 = 256;

/// The writer's end of the thread. The thread ends when this is dropped.
pub(super) struct Checkpoints {
    requests: SyncSender<()>,
    is_wal_long: Arc<AtomicBool>,
}

/// The thread. Dropping it waits until the thread has ended.
pub(super) struct CheckpointThread(Option<JoinHandle<()>>);

/// How a checkpoint moves pages.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// Moves what it can without blocking anybody.
    Passive,
    /// Moves everything and starts the write-ahead log over.
    Restart,
}

/// Starts the thread; `None` if the system cannot start it.
pub(super) fn start(
    database: PathBuf,
    vfs: Option<String>,
) -> Option<(Checkpoints, CheckpointThread)> {
    let (requests, requested) = sync_channel(1);
    let is_wal_long = Arc::new(AtomicBool::new(false));
    let found_long = is_wal_long.clone();
    let spawned = thread::Builder::new()
        .name("pulseboard-checkpoint".into())
        .spawn(move || run(&requested, &database, vfs.as_deref(), &found_long));
    match spawned {
        Ok(thread) => Some((
            Checkpoints {
                requests,
                is_wal_long,
            },
            CheckpointThread(Some(thread)),
        )),
        Err(error) => {
            tracing::error!(%error, "the checkpoint thread could not be started; the write-ahead log will grow");
            None
        }
    }
}

fn run(requests: &Receiver<()>, database: &Path, vfs: Option<&str>, is_wal_long: &AtomicBool) {
    let mut connection = None;
    while requests.recv().is_ok() {
        if connection.is_none() {
            connection = connection::open(database, vfs, OpenFlags::empty()).ok();
        }
        let outcome = connection
            .as_ref()
            .map(|connection| checkpoint(connection, Mode::Passive));
        match outcome {
            Some(Ok((pages, moved))) => is_wal_long.store(
                pages >= LONG_PAGES && pages - moved <= FEW_PAGES,
                Ordering::Release,
            ),
            Some(Err(error)) => {
                // The write-ahead log grows until a checkpoint succeeds; nothing is lost.
                tracing::warn!(%error, "a checkpoint failed");
                connection = None;
            }
            None => {}
        }
    }
}

impl Checkpoints {
    /// Requests a checkpoint; returns whether one will be made.
    pub(super) fn request(&self) -> bool {
        match self.requests.try_send(()) {
            // A request that already waits covers this one.
            Ok(()) | Err(TrySendError::Full(())) => true,
            Err(TrySendError::Disconnected(())) => false,
        }
    }

    /// Whether the last checkpoint found that the write-ahead log should be started over; resets
    /// the answer.
    pub(super) fn take_wal_long(&self) -> bool {
        self.is_wal_long.swap(false, Ordering::AcqRel)
    }
}

impl Drop for CheckpointThread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // It returns nothing, and a panic in it has been printed.
            let _ = thread.join();
        }
    }
}

/// Makes a checkpoint; returns how many pages the write-ahead log has, and how many of them are
/// now in the database.
pub(super) fn checkpoint(connection: &Connection, mode: Mode) -> rusqlite::Result<(i64, i64)> {
    let mode = match mode {
        Mode::Passive => "PASSIVE",
        Mode::Restart => "RESTART",
    };
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })
}
