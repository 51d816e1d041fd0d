//! Taking a socket out of hyper.
//!
//! hyper has read a request and waits for the service's answer. Where that is a stream, the service
//! keeps it to itself and never answers: it puts head and stream into a [`Slot`], which the task
//! that drives the connection looks at after every poll. hyper has written nothing of this response
//! then, so its connection is taken apart and the socket goes on alone.

use std::{
    convert::Infallible,
    future::{Future, pending},
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::SystemTime,
};

use axum::{
    Router,
    body::Body,
    http::{Request, Version, header},
    response::Response,
};
use hyper::{
    body::Incoming,
    rt::{Read, ReadBufCursor, Write},
    service::Service,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::{Stream, take};

/// What is taken out of hyper.
pub(crate) struct Lifted {
    /// The head of the response as bytes.
    pub(crate) head: Vec<u8>,
    pub(crate) stream: Stream,
}

/// Where a stream waits to be taken out.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Lifted>>>);

impl Slot {
    pub(crate) fn take(&self) -> Option<Lifted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, lifted: Lifted) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(lifted);
    }
}

/// A socket that remembers whether it has taken everything it was given.
pub(crate) struct Watched {
    io: TokioIo<TcpStream>,
    is_full: Arc<AtomicBool>,
}

impl Watched {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            io: TokioIo::new(socket),
            is_full: Arc::default(),
        }
    }

    pub(crate) fn into_inner(self) -> TcpStream {
        self.io.into_inner()
    }

    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.is_full.store(result.is_pending(), Ordering::Relaxed);
        result
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// The router, as one connection sees it.
pub(crate) struct Lifting {
    router: Router,
    slot: Slot,
    is_full: Arc<AtomicBool>,
}

impl Lifting {
    pub(crate) fn new(router: Router, socket: &Watched, slot: Slot) -> Self {
        Self {
            router,
            slot,
            is_full: socket.is_full.clone(),
        }
    }
}

impl Service<Request<Incoming>> for Lifting {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let is_chunked = request.version() == Version::HTTP_11;
        let answer = self.router.clone().oneshot(request.map(Body::new));
        let (slot, is_full) = (self.slot.clone(), self.is_full.clone());
        Box::pin(async move {
            let mut response = answer.await?;
            // While an earlier response is still on its way out, what is left of it is in hyper's
            // hands.
            if is_chunked
                && !is_full.load(Ordering::Relaxed)
                && let Some(stream) = take(&mut response)
            {
                slot.put(Lifted {
                    head: head(&response, SystemTime::now()),
                    stream,
                });
                // The future is dropped when the connection is taken apart.
                return pending().await;
            }
            Ok(response)
        })
    }
}

/// The head of a response whose body is chunked and after which the connection ends.
fn head(response: &Response, now: SystemTime) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    // The router may have said of the connection what is said below.
    for (name, value) in response
        .headers()
        .iter()
        .filter(|(name, _)| *name != header::CONNECTION)
    {
        head.extend_from_slice(name.as_ref());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    if !response.headers().contains_key(header::DATE) {
        head.extend_from_slice(format!("date: {}\r\n", httpdate::fmt_http_date(now)).as_bytes());
    }
    head.extend_from_slice(b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    head
}
