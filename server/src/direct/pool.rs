//! The workers, and which of them serves which stream.

use std::{
    io,
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    thread::available_parallelism,
};

use tokio::sync::mpsc::UnboundedSender;

use super::{stream::SocketStream, worker::Worker};
use crate::sqlite_hub::SqliteHub;

/// The most worker threads. They spend their time in the kernel, where more threads do not help.
const MOST_WORKERS: usize = 8;

/// All workers, until [`stop`](Self::stop).
pub(crate) struct WorkerPool {
    workers: Vec<Worker>,
    /// Counts the streams, to distribute them evenly.
    turn: AtomicUsize,
}

impl WorkerPool {
    /// Starts a worker for every second processor; the other processors are for requests. Streams
    /// that fall behind are sent to `behind`.
    ///
    /// # Errors
    ///
    /// If a thread or its selector cannot be created.
    pub(super) fn start(
        hub: &SqliteHub,
        behind: &UnboundedSender<SocketStream<TcpStream>>,
    ) -> io::Result<Self> {
        let count = available_parallelism()
            .map_or(1, |all| all.get() / 2)
            .clamp(1, MOST_WORKERS);
        let workers = (0..count)
            .map(|_| Worker::start(hub, behind.clone()))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            workers,
            turn: AtomicUsize::new(0),
        })
    }

    /// Hands a live stream to the next worker.
    pub(super) fn serve(&self, stream: SocketStream<TcpStream>) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if let Some(worker) = self.workers.get(turn % self.workers.len().max(1)) {
            worker.serve(stream);
        }
    }

    /// Cuts off all streams, and waits until the threads have ended.
    pub(crate) async fn stop(&self) {
        for worker in &self.workers {
            worker.stop();
        }
        for worker in &self.workers {
            worker.ended().await;
        }
    }
}
