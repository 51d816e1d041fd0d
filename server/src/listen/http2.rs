//! HTTP/2 without TLS, by prior knowledge (RFC 9113, section 3.3), as reverse proxies speak it.
//!
//! Many streams share one connection here, so each is an ordinary response body and nothing is
//! taken out of hyper.

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

use super::{BUFFER_BYTES, Connected, Phase};

/// How every such connection begins; no request of HTTP/1.1 does.
const PREFACE: &[u8] = b"PRI ";
/// How many requests may be under way on one connection.
const MOST_REQUESTS: u32 = 200;

/// Whether the client speaks HTTP/2. Takes nothing from the socket.
pub(super) async fn is_spoken(socket: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    // A preface that comes in pieces smaller than this is nobody's.
    let count = socket.peek(&mut first).await?;
    Ok(&first[..count] == PREFACE)
}

/// Answers requests until the connection is over. It is ended when there was none for `patience`.
pub(super) async fn requests(
    socket: TcpStream,
    router: Router,
    connected: &mut Connected,
    patience: Duration,
) {
    let open = watch::Sender::new(0);
    let mut idle = open.subscribe();
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(MOST_REQUESTS)
        .max_send_buf_size(BUFFER_BYTES);
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(socket), Answering { router, open }));
    let outcome = tokio::select! {
        outcome = &mut connection => outcome,
        () = has_nothing_to_do(&mut idle, patience) => {
            connection.as_mut().graceful_shutdown();
            // It has nothing left to finish, and only waits for the other side.
            tokio::select! {
                outcome = &mut connection => outcome,
                () = sleep(patience) => Ok(()),
                () = connected.is_over() => Ok(()),
            }
        }
        () = connected.until(|phase| phase != Phase::Serving) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = &mut connection => outcome,
                () = connected.is_over() => Ok(()),
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Until no request was under way for so long.
async fn has_nothing_to_do(open: &mut watch::Receiver<usize>, patience: Duration) {
    loop {
        // The sender lives in the connection beside this.
        let _ = open.wait_for(|open| *open == 0).await;
        if timeout(patience, open.wait_for(|open| *open > 0))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// The router, and how many of its answers are not over yet.
struct Answering {
    router: Router,
    open: watch::Sender<usize>,
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<Counted>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Counted>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let open = Open::new(self.open.clone());
        let answer = self.router.clone().oneshot(request.map(Body::new));
        Box::pin(async move { Ok(answer.await?.map(|body| Counted { body, _open: open })) })
    }
}

/// Counts while it is there.
struct Open(watch::Sender<usize>);

impl Open {
    fn new(open: watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

/// A body that counts until it is over.
struct Counted {
    body: Body,
    _open: Open,
}

impl hyper::body::Body for Counted {
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
