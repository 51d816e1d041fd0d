//! Streams that are written directly to their sockets.
//!
//! A stream is a response that never ends. Once its head is decided, what hyper keeps for each
//! connection, a task, buffers and a timer, is of no more use. Over HTTP/1.1 the server therefore
//! detaches the socket from hyper and writes the stream itself. A stream passes these stages:
//!
//! 1. [`Stream`]: a handler has subscribed to the hub and has counted the stream as open.
//! 2. [`response::respond`]: the stream is the body of an axum response. The extension
//!    `ResponseStream` lets others take it out again. Over HTTP/2, HTTP/1.0, or behind a response
//!    that is not sent yet, nobody does: hyper sends the body, and the stages end here.
//! 3. [`DetachedStream`]: the service of the connection has taken the stream out of the response.
//!    It leaves the stream in a [`DetachSlot`], where the task of the connection finds it and takes
//!    the socket from hyper.
//! 4. [`SocketStream`]: stream and socket are together. The task [catches up](catch_up): it writes
//!    the replay until the stream is live.
//! 5. `worker::Connection`: a [worker](worker), a thread that serves a share of all streams, writes
//!    new events from memory.
//!
//! A stream that falls behind goes back from its worker to stage 4, in a new task.

mod catch_up;
mod chunked;
mod detach;
mod pacing;
mod pool;
mod response;
mod stream;
#[cfg(test)]
mod test_stream;
mod worker;

use std::{io, sync::Arc};

use tokio::sync::mpsc;

pub(crate) use self::{
    catch_up::catch_up,
    detach::{DetachSlot, DetachedStream, DetachingService, WriteTracker},
    pool::WorkerPool,
    response::respond,
    stream::{SocketStream, Stream, StreamGuards},
};
use crate::sqlite_hub::SqliteHub;

/// Starts the workers, and the task that catches up the streams that fall behind. Must be called
/// within a tokio runtime.
///
/// # Errors
///
/// If a worker cannot be started.
pub(crate) fn start_workers(hub: &SqliteHub) -> io::Result<Arc<WorkerPool>> {
    let (behind, fell_behind) = mpsc::unbounded_channel();
    let workers = Arc::new(WorkerPool::start(hub, &behind)?);
    tokio::spawn(catch_up::catch_up_all(fell_behind, workers.clone()));
    Ok(workers)
}
