//! Checkpoints: moving what the write-ahead log has into the database, beside the writer.
//!
//! A checkpoint made by a commit would hold that commit, and everybody waiting for it, for as long
//! as the disk takes. So a thread of its own makes them, in the mode that blocks nobody. That mode
//! cannot start the write-ahead log over while publishes keep coming; where it has grown long, the
//! writer does so itself, right after the thread has caught up, when there is next to nothing left
//! to move.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use super::{open::connect, writer::Writer};

/// After so many bytes a checkpoint is asked for; an estimate, as every commit also rewrites a few
/// pages.
const EVERY_BYTES: u64 = 2 * 1024 * 1024;
const COMMIT_BYTES: u64 = 16 * 1024;
/// From this many pages of 4 KiB on the write-ahead log is started over.
const LONG_PAGES: i64 = 4_096;
/// And only while so few of them are still to be moved: that many take about a millisecond.
const FEW_PAGES: i64 = 256;

/// The thread that makes checkpoints, if the log has one.
pub(super) struct Checkpoints(Option<Checkpointer>);

struct Checkpointer {
    /// Dropped to end it.
    ask: Option<SyncSender<()>>,
    is_long: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn start(database: PathBuf, vfs: Option<String>) -> Self {
        let (ask, asked) = sync_channel(1);
        let is_long = Arc::new(AtomicBool::new(false));
        let found_long = is_long.clone();
        let work = move || {
            let mut connection = None;
            while asked.recv().is_ok() {
                if connection.is_none() {
                    connection = connect(&database, vfs.as_deref(), OpenFlags::empty()).ok();
                }
                let outcome = connection
                    .as_ref()
                    .map(|connection| checkpoint(connection, "PASSIVE"));
                match outcome {
                    Some(Ok((log, moved))) => found_long.store(
                        log >= LONG_PAGES && log - moved <= FEW_PAGES,
                        Ordering::Release,
                    ),
                    Some(Err(error)) => {
                        // The write-ahead log grows until it works again; nothing is lost.
                        tracing::warn!(%error, "a checkpoint failed");
                        connection = None;
                    }
                    None => {}
                }
            }
        };
        match thread::Builder::new()
            .name("pulseboard-checkpoint".into())
            .spawn(work)
        {
            Ok(thread) => Self(Some(Checkpointer {
                ask: Some(ask),
                is_long,
                thread: Some(thread),
            })),
            Err(error) => {
                tracing::error!(%error, "no thread for checkpoints; the write-ahead log will grow");
                Self(None)
            }
        }
    }

    /// Asks for a checkpoint where enough has been written, and starts a long write-ahead log over.
    pub(super) fn after_commit(&self, writer: &mut Writer) {
        writer.commits += 1;
        if writer.written_bytes + writer.commits * COMMIT_BYTES >= EVERY_BYTES {
            self.ask(writer);
        }
        self.keep_short(writer);
    }

    pub(super) fn keep_short(&self, writer: &mut Writer) {
        let Some(thread) = &self.0 else { return };
        if thread.is_long.swap(false, Ordering::AcqRel) {
            let connection = writer.connection();
            // Readers may be in the way. They are short, and the next time will do.
            let _ = connection.busy_timeout(Duration::ZERO);
            if let Err(error) = checkpoint(connection, "RESTART") {
                tracing::debug!(%error, "the write-ahead log was not started over");
            }
            let _ = connection.busy_timeout(Duration::from_secs(5));
        }
    }

    /// Asks for a checkpoint, made beside whatever comes next.
    pub(super) fn ask(&self, writer: &mut Writer) {
        let Some(thread) = &self.0 else { return };
        match thread.ask.as_ref().map(|ask| ask.try_send(())) {
            // One that waits to be made will do.
            Some(Ok(()) | Err(TrySendError::Full(()))) => {
                (writer.written_bytes, writer.commits) = (0, 0);
            }
            Some(Err(TrySendError::Disconnected(()))) | None => {}
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            // It has no result, and a panic in it has been printed.
            let _ = thread.join();
        }
    }
}

/// Makes one; answers how many pages the write-ahead log has and how many of them are in the
/// database now.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })
}
