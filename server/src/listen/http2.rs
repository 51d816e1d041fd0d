//! HTTP/2 without TLS, by prior knowledge (RFC 9113, section 3.3), as reverse proxies speak it.
//!
//! Many streams share one connection, so each stream is an ordinary response body and stays with
//! hyper.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, http::Request, response::Response};
use bytes::Bytes;
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http2,
    service::Service,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use crate::connection::{BUFFER_BYTES, ConnectionGuard};

/// The first bytes of every HTTP/2 connection. No HTTP/1.1 request begins with them.
const PREFACE: &[u8] = b"PRI ";
/// How many requests may be in progress on one connection.
const MOST_REQUESTS: u32 = 200;

/// Whether the client speaks HTTP/2. Leaves all bytes in the socket.
///
/// # Errors
///
/// If the connection fails before the client has sent anything.
pub(super) async fn is_spoken(socket: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    // No client sends its preface in pieces smaller than this.
    let count = socket.peek(&mut first).await?;
    Ok(&first[..count] == PREFACE)
}

/// Answers requests until the connection is closed, by either side. The server closes it after
/// `idle_timeout` without a request.
pub(super) async fn serve(
    socket: TcpStream,
    router: Router,
    guard: &mut ConnectionGuard,
    idle_timeout: Duration,
) {
    let open = watch::Sender::new(0);
    let mut open_requests = open.subscribe();
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(MOST_REQUESTS)
        .max_send_buf_size(BUFFER_BYTES);
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(socket), CountingService { router, open }));
    let outcome = tokio::select! {
        outcome = &mut connection => outcome,
        () = is_idle(&mut open_requests, idle_timeout) => {
            connection.as_mut().graceful_shutdown();
            // No request is in progress: it only waits for the client to close.
            tokio::select! {
                outcome = &mut connection => outcome,
                () = sleep(idle_timeout) => Ok(()),
                () = guard.is_over() => Ok(()),
            }
        }
        () = guard.is_draining() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = &mut connection => outcome,
                () = guard.is_over() => Ok(()),
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection failed");
    }
}

/// Completes when no request has been in progress for `idle_timeout`.
async fn is_idle(open_requests: &mut watch::Receiver<usize>, idle_timeout: Duration) {
    loop {
        // The sender lives as long as the connection, which is longer than this future.
        let _ = open_requests.wait_for(|open| *open == 0).await;
        if timeout(idle_timeout, open_requests.wait_for(|open| *open > 0))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// The router as the service of one connection. It counts the requests in progress.
struct CountingService {
    router: Router,
    open: watch::Sender<usize>,
}

impl Service<Request<Incoming>> for CountingService {
    type Response = Response<CountedBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<CountedBody>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let open = OpenRequest::new(self.open.clone());
        let response = self.router.clone().oneshot(request.map(Body::new));
        Box::pin(async move {
            Ok(response
                .await?
                .map(|body| CountedBody { body, _open: open }))
        })
    }
}

/// Counts a request as in progress until it is dropped.
struct OpenRequest(watch::Sender<usize>);

impl OpenRequest {
    fn new(open: watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open)
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

/// A body whose request is in progress until the body is dropped.
struct CountedBody {
    body: Body,
    _open: OpenRequest,
}

impl hyper::body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
