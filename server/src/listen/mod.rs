//! The accept loop: connections in, and all of them ended in time.
//!
//! It is not `axum::serve`, which waits for request headers for ever, sleeps a second when file
//! descriptors run out, and lets a client that does not read hold some 400 KB of a stream. How many
//! connections there may be says [`budget`].

pub mod budget;
mod http2;
mod refusal;
mod socket;
mod tally;

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

use self::{
    budget::{Admission, Budget, ConnectionPermit},
    tally::Tally,
};
use crate::direct::{self, Direct, Lifted, Lifting, Line, Slot, Watched};

/// How long a client may take to send the head of a request while connections are scarce.
const SCARCE_HEAD_TIMEOUT: Duration = Duration::from_secs(1);
/// What a connection buffers each way. It bounds the memory of a client that does not read, and a
/// request's head.
const BUFFER_BYTES: usize = 32 * 1024;
/// After a failed accept: long enough for a descriptor to be freed, short enough to go unnoticed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What connections are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Finish what you are at.
    Draining,
    /// The deadline is over.
    Over,
}

/// A connection's place in the server: held until it is over, which is how the end knows who is
/// left.
#[derive(Clone)]
pub(crate) struct Connected {
    phase: watch::Receiver<Phase>,
    _permit: Arc<ConnectionPermit>,
}

impl Connected {
    /// Until the deadline has passed at which connections are cut off.
    pub(crate) async fn is_over(&mut self) {
        self.until(|phase| phase == Phase::Over).await;
    }

    async fn until(&mut self, is_reached: impl Fn(Phase) -> bool) {
        // Where the sender is gone, so is the server.
        let _ = self.phase.wait_for(|phase| is_reached(*phase)).await;
    }
}

/// Serves until `shutdown` is ready, then stops accepting, lets requests at hand finish, and cuts
/// off what is left at the deadline. Whoever resolves `shutdown` also ends the streams; they are
/// requests that never finish.
///
/// A peer that takes nothing for `peer_timeout` is given up.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    direct: Arc<Direct>,
    budget: &Budget,
    head_timeout: Duration,
    peer_timeout: Duration,
    shutdown: impl Future<Output = ()>,
    deadline: Duration,
) {
    let phase = watch::Sender::new(Phase::Serving);
    let failed = Tally::default();
    let mut shutdown = pin!(shutdown);
    loop {
        let accept = async {
            let (stream, _) = listener.accept().await?;
            Ok((stream, budget.admit().await))
        };
        tokio::select! {
            accepted = accept => match accepted {
                Ok((stream, Admission::Admitted(permit))) => {
                    socket::prepare(&stream, peer_timeout);
                    let connected = Connected { phase: phase.subscribe(), _permit: Arc::new(permit) };
                    tokio::spawn(connection(stream, router.clone(), direct.clone(), connected, head_timeout, budget.is_scarce()));
                }
                Ok((stream, Admission::Refused(turn))) => {
                    tokio::spawn(async move {
                        refusal::refuse(stream).await;
                        drop(turn);
                    });
                }
                Err(error) => pause_after(&error, &failed).await,
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    if timeout(deadline, phase.closed()).await.is_err() {
        tracing::warn!(
            connections = phase.receiver_count(),
            "connections were cut off at the deadline"
        );
        phase.send_replace(Phase::Over);
    }
    direct.stop().await;
}

/// A connection that broke before it was accepted is its own matter; anything else is the machine's
/// and needs a moment.
async fn pause_after(error: &io::Error, failed: &Tally) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        if let Some(times) = failed.count(Instant::now()) {
            tracing::error!(%error, times, "connections could not be accepted");
        }
        sleep(ACCEPT_PAUSE).await;
    }
}

async fn connection(
    socket: TcpStream,
    router: Router,
    direct: Arc<Direct>,
    mut connected: Connected,
    head_timeout: Duration,
    is_scarce: bool,
) {
    // Where connections are scarce each is for one request, which has to come at once.
    let patience = if is_scarce {
        SCARCE_HEAD_TIMEOUT
    } else {
        head_timeout
    };
    let speaks_http2 = tokio::select! {
        spoken = timeout(patience, http2::is_spoken(&socket)) => spoken,
        () = connected.until(|phase| phase != Phase::Serving) => return,
    };
    match speaks_http2 {
        Ok(Ok(true)) => http2::requests(socket, router, &mut connected, patience).await,
        Ok(Ok(false)) => {
            if let Some((socket, Lifted { head, stream })) =
                requests(socket, router, &mut connected, patience, is_scarce).await
            {
                direct::serve(socket, head, Line { stream, connected }, direct).await;
            }
        }
        // Clients go away at any moment; that is their right and no fault of ours. So is saying
        // nothing.
        Ok(Err(_)) | Err(_) => {}
    }
}

/// Answers requests until the connection is over, or one of them has a stream for an answer that is
/// to be served directly.
async fn requests(
    socket: TcpStream,
    router: Router,
    connected: &mut Connected,
    patience: Duration,
    is_scarce: bool,
) -> Option<(TcpStream, Lifted)> {
    let (socket, slot) = (Watched::new(socket), Slot::default());
    let service = Lifting::new(router, &socket, slot.clone());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).max_buf_size(BUFFER_BYTES);
    http.keep_alive(!is_scarce).header_read_timeout(patience);
    let mut connection = http.serve_connection(socket, service);
    let outcome = tokio::select! {
        outcome = answer(&mut connection, &slot) => outcome,
        () = connected.until(|phase| phase != Phase::Serving) => {
            Pin::new(&mut connection).graceful_shutdown();
            tokio::select! {
                outcome = answer(&mut connection, &slot) => outcome,
                () = connected.is_over() => Ok(None),
            }
        }
    };
    match outcome {
        Ok(lifted) => lifted.map(|lifted| (connection.into_parts().io.into_inner(), lifted)),
        Err(error) => {
            tracing::debug!(%error, "a connection ended early");
            None
        }
    }
}

/// Until the connection is over, or a stream is to be taken out of it.
async fn answer(
    connection: &mut http1::Connection<Watched, Lifting>,
    slot: &Slot,
) -> hyper::Result<Option<Lifted>> {
    poll_fn(|context| {
        let outcome = Pin::new(&mut *connection).poll(context);
        match slot.take() {
            Some(lifted) => Poll::Ready(Ok(Some(lifted))),
            None => outcome.map_ok(|()| None),
        }
    })
    .await
}
