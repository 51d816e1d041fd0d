//! The accept loop: connections in, and all of them ended in time.
//!
//! It is not `axum::serve`, which waits for request headers for ever, sleeps a second when file descriptors run out,
//! and lets a client that does not read hold some 400 KB of a stream.

use std::{future::Future, io, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

/// How long a client may take to send the head of a request, an idle connection included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// What a connection buffers each way. It bounds the memory of a client that does not read, and a request's head.
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

/// Serves until `shutdown` is ready, then stops accepting, lets requests at hand finish, and cuts off what is left at the
/// deadline. Whoever resolves `shutdown` also ends the streams; they are requests that never finish.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>, deadline: Duration) {
    let phase = watch::Sender::new(Phase::Serving);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Every connection holds a receiver until it is over: that is how the end knows who is left.
                    tokio::spawn(connection(stream, router.clone(), phase.subscribe()));
                }
                Err(error) => pause_after(&error).await,
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    if timeout(deadline, phase.closed()).await.is_err() {
        tracing::warn!(connections = phase.receiver_count(), "connections were cut off at the deadline");
        phase.send_replace(Phase::Over);
    }
}

/// A connection that broke before it was accepted is its own matter; anything else is the machine's and needs a moment.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "a connection could not be accepted");
        sleep(ACCEPT_PAUSE).await;
    }
}

async fn connection(stream: TcpStream, router: Router, mut phase: watch::Receiver<Phase>) {
    // An event is a small write that must not wait for the next one. A socket that refuses this still works.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = until(&mut phase, |phase| phase != Phase::Serving) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = connection => outcome,
                () = until(&mut phase, |phase| phase == Phase::Over) => Ok(()),
            }
        }
    };
    if let Err(error) = outcome {
        // Clients go away at any moment; that is their right and no fault of ours.
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn until(phase: &mut watch::Receiver<Phase>, is_reached: impl Fn(Phase) -> bool) {
    // Where the sender is gone, so is the server.
    let _ = phase.wait_for(|phase| is_reached(*phase)).await;
}
