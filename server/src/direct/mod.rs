//! Streams without a web server around them.
//!
//! A stream is a request that never finishes, so what hyper keeps for a connection, its buffers,
//! its task and its timer, is of no more use once the head is decided. Over HTTP/1.1 the socket is
//! then [taken out](lift) of hyper. A task [catches the stream up](catch_up) where it has something
//! to replay; from then on it belongs to a [worker], a thread that serves a share of all streams
//! from memory and sleeps when there is nothing to say. A stream that falls behind goes back to
//! such a task, and comes again.
//!
//! Everything before the head is ordinary axum, and so is the stream itself where it cannot be
//! taken out: the response's body is one until somebody [takes the stream](take) from it.

mod catch_up;
mod chunk;
mod lift;
mod window;
mod worker;

use std::{
    convert::Infallible,
    io, mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::available_parallelism,
};

use axum::{body::Body, response::Response};
use futures_util::stream;
use pulseboard_hub::{SqliteLog, Subscriber};
use tokio::{net::TcpStream, sync::mpsc};

use crate::{
    SqliteHub,
    listen::{Connected, budget::StreamPermit},
    metrics::OpenStream,
    presence::Guard,
};

use self::worker::Worker;
pub(crate) use self::{
    catch_up::serve,
    lift::{Lifted, Lifting, Slot, Watched},
};

/// The most worker threads; a write is work for the kernel, which does not go faster for more of
/// them.
const MOST_WORKERS: usize = 8;

/// A stream that somebody has asked for.
pub(crate) struct Stream {
    pub(crate) subscriber: Subscriber<SqliteLog>,
    pub(crate) kept: Kept,
}

/// What says that the stream is open, for as long as it is kept.
pub(crate) struct Kept {
    pub(crate) _presence: Guard,
    pub(crate) _open: OpenStream,
    pub(crate) _permit: StreamPermit,
}

/// A stream on its way from the handler that made it to who serves it.
#[derive(Clone)]
struct Handover(Arc<Mutex<Option<Stream>>>);

impl Handover {
    fn take(&self) -> Option<Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The stream as a response: a body like any other, unless it is [taken](take) first.
pub(crate) fn respond(stream: Stream) -> Response {
    let handover = Handover(Arc::new(Mutex::new(Some(stream))));
    let from = handover.clone();
    let body = stream::unfold(None, move |open: Option<Stream>| {
        let open = open.or_else(|| from.take());
        async {
            let mut open = open?;
            let bytes = open.subscriber.next().await?;
            Some((Ok::<_, Infallible>(bytes), Some(open)))
        }
    });
    let mut response = Response::new(Body::from_stream(body));
    response.extensions_mut().insert(handover);
    response
}

/// Takes the stream out of its response, which then is a head without a body.
fn take(response: &mut Response) -> Option<Stream> {
    let stream = response.extensions_mut().remove::<Handover>()?.take()?;
    drop(mem::take(response.body_mut()));
    Some(stream)
}

/// A stream, and its place among the connections of the server.
pub(crate) struct Line {
    pub(crate) stream: Stream,
    pub(crate) connected: Connected,
}

/// The workers, until [`stop`](Direct::stop).
pub(crate) struct Direct {
    workers: Vec<Worker>,
    turn: AtomicUsize,
}

impl Direct {
    /// Starts as many threads as half the processors: the other half is for publishes and pages.
    /// Must be called within a tokio runtime.
    pub(crate) fn start(hub: &SqliteHub) -> io::Result<Arc<Self>> {
        let count = available_parallelism()
            .map_or(1, |all| all.get() / 2)
            .clamp(1, MOST_WORKERS);
        let (behind, fallen) = mpsc::unbounded_channel();
        let workers = (0..count)
            .map(|_| Worker::start(hub, behind.clone()))
            .collect::<io::Result<_>>()?;
        let direct = Arc::new(Self {
            workers,
            turn: AtomicUsize::new(0),
        });
        tokio::spawn(catch_up::all(fallen, direct.clone()));
        Ok(direct)
    }

    /// Hands a stream that is live to a worker.
    fn join(&self, socket: TcpStream, line: Line) -> io::Result<()> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let socket = socket.into_std()?;
        if let Some(worker) = self.workers.get(turn % self.workers.len().max(1)) {
            worker.give(socket, line);
        }
        Ok(())
    }

    /// Cuts off every stream that is left, and waits for the threads.
    pub(crate) async fn stop(&self) {
        for worker in &self.workers {
            worker.stop();
        }
        for worker in &self.workers {
            worker.ended().await;
        }
    }
}
