//! The accept loop: it accepts connections, and ends all of them in time.
//!
//! `axum::serve` is not enough: it waits forever for the head of a request, sleeps for a second
//! when file descriptors run out, and lets a client that does not read hold some 400 KB of a
//! stream. [`crate::budget`] decides how many connections there may be.

mod http1;
mod http2;
mod refusal;
mod socket;

use std::{
    io,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    budget::{Admission, Budget, tally::Tally},
    connection::{ConnectionGuard, Phase},
    direct::{DetachedStream, SocketStream, WorkerPool, catch_up},
};

/// How long a client may take to send the head of a request while connections are scarce.
const SCARCE_HEAD_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause after a failed accept: long enough for a descriptor to become free, too short to be
/// noticed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// How connections are served.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) workers: Arc<WorkerPool>,
    pub(crate) budget: Budget,
    /// How long a client may take to send the head of a request.
    pub(crate) head_timeout: Duration,
    /// How long a client may leave data unacknowledged.
    pub(crate) peer_timeout: Duration,
    /// How long requests in progress may take once the server shuts down.
    pub(crate) shutdown_deadline: Duration,
    /// Whether streams are detached from hyper. If not, they are ordinary response bodies.
    pub(crate) detaches_streams: bool,
}

/// Accepts connections until `shutdown` completes. Then it lets requests in progress finish, and
/// closes what is left at the deadline.
///
/// Streams are requests that never finish, so whoever completes `shutdown` also ends them.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()>,
) {
    let phase = watch::Sender::new(Phase::Serving);
    let failures = Tally::default();
    let mut shutdown = pin!(shutdown);
    loop {
        let accept = async {
            let (socket, _) = listener.accept().await?;
            Ok((socket, service.budget.admit().await))
        };
        tokio::select! {
            accepted = accept => match accepted {
                Ok((socket, Admission::Admitted(permit))) => {
                    socket::prepare(&socket, service.peer_timeout);
                    let guard = ConnectionGuard::new(&phase, permit);
                    tokio::spawn(connection(socket, service.clone(), guard));
                }
                Ok((socket, Admission::Refused(permit))) => {
                    tokio::spawn(async move {
                        refusal::refuse(socket).await;
                        drop(permit);
                    });
                }
                Err(error) => pause_after(&error, &failures).await,
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    if timeout(service.shutdown_deadline, phase.closed())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = phase.receiver_count(),
            "connections were cut off at the deadline"
        );
        phase.send_replace(Phase::Over);
    }
    service.workers.stop().await;
}

/// Pauses after a failed accept, unless the connection itself failed before it was accepted.
async fn pause_after(error: &io::Error, failures: &Tally) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        if let Some(times) = failures.count(Instant::now()) {
            tracing::error!(%error, times, "connections could not be accepted");
        }
        sleep(ACCEPT_PAUSE).await;
    }
}

/// Serves one connection until it is closed.
async fn connection(socket: TcpStream, service: Service, mut guard: ConnectionGuard) {
    // While connections are scarce each serves one request, which has to arrive soon.
    let is_scarce = service.budget.is_scarce();
    let head_timeout = if is_scarce {
        SCARCE_HEAD_TIMEOUT
    } else {
        service.head_timeout
    };
    let is_http2 = tokio::select! {
        is_http2 = timeout(head_timeout, http2::is_spoken(&socket)) => is_http2,
        () = guard.is_draining() => return,
    };
    match is_http2 {
        Ok(Ok(true)) => http2::serve(socket, service.router, &mut guard, head_timeout).await,
        Ok(Ok(false)) => {
            let settings = http1::Settings {
                head_timeout,
                keep_alive: !is_scarce,
                detaches_streams: service.detaches_streams,
            };
            if let Some((socket, DetachedStream { head, stream })) =
                http1::serve(socket, service.router, &mut guard, settings).await
            {
                let stream = SocketStream {
                    socket,
                    stream,
                    connection: guard,
                };
                catch_up(stream, head, service.workers).await;
            }
        }
        // The client has gone or has sent nothing. Neither is an error of the server.
        Ok(Err(_)) | Err(_) => {}
    }
}
