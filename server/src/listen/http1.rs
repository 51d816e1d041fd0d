//! HTTP/1.1, until a request opens a stream.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;

use crate::{
    connection::{BUFFER_BYTES, ConnectionGuard},
    direct::{DetachSlot, DetachedStream, DetachingService, WriteTracker},
};

/// How one connection is served.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) head_timeout: Duration,
    pub(super) keep_alive: bool,
    pub(super) detaches_streams: bool,
}

/// Answers requests until the connection is closed or one of them opens a stream, which is returned
/// together with the socket.
pub(super) async fn serve(
    socket: TcpStream,
    router: Router,
    guard: &mut ConnectionGuard,
    settings: Settings,
) -> Option<(TcpStream, DetachedStream)> {
    let (socket, slot) = (WriteTracker::new(socket), DetachSlot::default());
    let service = DetachingService::new(router, &socket, slot.clone(), settings.detaches_streams);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .max_buf_size(BUFFER_BYTES)
        .keep_alive(settings.keep_alive)
        .header_read_timeout(settings.head_timeout);
    let mut connection = http.serve_connection(socket, service);
    let outcome = tokio::select! {
        outcome = closed_or_detached(&mut connection, &slot) => outcome,
        () = guard.is_draining() => {
            Pin::new(&mut connection).graceful_shutdown();
            tokio::select! {
                outcome = closed_or_detached(&mut connection, &slot) => outcome,
                () = guard.is_over() => Ok(None),
            }
        }
    };
    match outcome {
        Ok(detached) => detached.map(|stream| (connection.into_parts().io.into_inner(), stream)),
        Err(error) => {
            tracing::debug!(%error, "a connection failed");
            None
        }
    }
}

/// Drives the connection until it is closed, or until its service has detached a stream.
async fn closed_or_detached(
    connection: &mut http1::Connection<WriteTracker, DetachingService>,
    slot: &DetachSlot,
) -> hyper::Result<Option<DetachedStream>> {
    poll_fn(|context| {
        let outcome = Pin::new(&mut *connection).poll(context);
        match slot.take() {
            Some(stream) => Poll::Ready(Ok(Some(stream))),
            None => outcome.map_ok(|()| None),
        }
    })
    .await
}
