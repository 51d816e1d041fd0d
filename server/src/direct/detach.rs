//! Detaching a stream, and its socket, from hyper.
//!
//! hyper has read a request and waits for the response of the service. If that is a stream, the
//! service never responds: it puts the stream into a [`DetachSlot`], where the task that drives the
//! connection looks after every poll. hyper has not written anything of this response at that
//! point, so the task takes the connection apart and keeps its socket.

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
    http::{HeaderValue, Request, Version, header},
    response::Response,
};
use bytes::Bytes;
use hyper::{
    rt::{Read, ReadBufCursor, Write},
    service::Service,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::{response::take, stream::Stream};
use crate::response_head::response_head;

/// A stream that was taken out of its response.
pub(crate) struct DetachedStream {
    /// The head of the response, as it is written.
    pub(crate) head: Vec<u8>,
    pub(crate) stream: Stream,
}

/// Where the service of a connection leaves a stream for the task of the connection.
#[derive(Clone, Default)]
pub(crate) struct DetachSlot(Arc<Mutex<Option<DetachedStream>>>);

impl DetachSlot {
    pub(crate) fn take(&self) -> Option<DetachedStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, stream: DetachedStream) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
    }
}

/// A socket that knows whether it accepted the last write. If it did not, hyper still holds bytes
/// of an earlier response, and the socket must stay with it.
pub(crate) struct WriteTracker {
    io: TokioIo<TcpStream>,
    is_full: Arc<AtomicBool>,
}

impl WriteTracker {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            io: TokioIo::new(socket),
            is_full: Arc::default(),
        }
    }

    pub(crate) fn into_inner(self) -> TcpStream {
        self.io.into_inner()
    }

    fn track(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.is_full.store(result.is_pending(), Ordering::Relaxed);
        result
    }
}

impl Read for WriteTracker {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for WriteTracker {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.track(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.track(written)
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

/// The router as the service of one connection. It detaches streams.
pub(crate) struct DetachingService {
    router: Router,
    slot: DetachSlot,
    /// Whether hyper still holds bytes of an earlier response.
    is_full: Arc<AtomicBool>,
    detaches: bool,
}

impl DetachingService {
    /// A service that leaves streams in `slot`. If it does not detach, streams stay response
    /// bodies.
    pub(crate) fn new(
        router: Router,
        socket: &WriteTracker,
        slot: DetachSlot,
        detaches: bool,
    ) -> Self {
        Self {
            router,
            slot,
            is_full: socket.is_full.clone(),
            detaches,
        }
    }
}

impl<B> Service<Request<B>> for DetachingService
where
    B: hyper::body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        // An older client does not understand chunks.
        let detaches = self.detaches && request.version() == Version::HTTP_11;
        let response = self.router.clone().oneshot(request.map(Body::new));
        let (slot, is_full) = (self.slot.clone(), self.is_full.clone());
        Box::pin(async move {
            let mut response = response.await?;
            if detaches
                && !is_full.load(Ordering::Relaxed)
                && let Some(stream) = take(&mut response)
            {
                slot.put(DetachedStream {
                    head: stream_head(response, SystemTime::now()),
                    stream,
                });
                // The connection, and with it this future, is dropped when the task of the
                // connection finds the stream.
                return pending().await;
            }
            Ok(response)
        })
    }
}

/// The head of a response whose body is sent in chunks, and after which the connection closes.
fn stream_head(response: Response, now: SystemTime) -> Vec<u8> {
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(
        header::TRANSFER_ENCODING,
        HeaderValue::from_static("chunked"),
    );
    parts
        .headers
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response_head(parts.status, parts.headers, now)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::task::Waker;

    use axum::routing::get;
    use futures_util::FutureExt;
    use pulseboard_hub::Start;
    use tokio::net::TcpListener;

    use super::*;
    use crate::direct::{respond, test_stream::TestHub};

    async fn socket() -> (WriteTracker, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (WriteTracker::new(server), client)
    }

    fn router(hub: &TestHub) -> Router {
        let hub = hub.clone();
        Router::new()
            .route(
                "/stream",
                get(move || async move { respond(hub.open(Start::Now)) }),
            )
            .route("/text", get(|| async { "text" }))
    }

    fn request(path: &str, version: Version) -> Request<Body> {
        Request::get(path)
            .version(version)
            .body(Body::empty())
            .unwrap()
    }

    #[tokio::test]
    async fn a_stream_is_left_for_the_connection_and_never_answered() {
        let hub = TestHub::start();
        let (socket, _client) = socket().await;
        let slot = DetachSlot::default();
        let service = DetachingService::new(router(&hub), &socket, slot.clone(), true);
        let response = service.call(request("/stream", Version::HTTP_11));
        assert!(response.now_or_never().is_none());
        let DetachedStream { head, stream } = slot.take().unwrap();
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        for line in ["transfer-encoding: chunked", "connection: close"] {
            assert!(head.contains(&format!("{line}\r\n")), "{head}");
        }
        assert_eq!(hub.subscribers(), 1);
        drop(stream);
        assert_eq!(hub.subscribers(), 0, "nobody else holds the stream");
    }

    #[tokio::test]
    async fn a_response_that_is_no_stream_is_answered() {
        let hub = TestHub::start();
        let (socket, _client) = socket().await;
        let slot = DetachSlot::default();
        let service = DetachingService::new(router(&hub), &socket, slot.clone(), true);
        let response = service.call(request("/text", Version::HTTP_11));
        assert_eq!(response.await.unwrap().status(), 200);
        assert!(slot.take().is_none());
    }

    #[tokio::test]
    async fn a_client_that_does_not_understand_chunks_gets_an_ordinary_body() {
        let hub = TestHub::start();
        let (socket, _client) = socket().await;
        let slot = DetachSlot::default();
        let service = DetachingService::new(router(&hub), &socket, slot.clone(), true);
        let response = service.call(request("/stream", Version::HTTP_10));
        assert_eq!(response.await.unwrap().status(), 200);
        assert!(slot.take().is_none());
    }

    #[tokio::test]
    async fn the_socket_stays_with_hyper_while_an_earlier_response_is_not_written() {
        let hub = TestHub::start();
        let (mut socket, _client) = socket().await;
        let mut context = Context::from_waker(Waker::noop());
        while Pin::new(&mut socket)
            .poll_write(&mut context, &[0; 4_096])
            .is_ready()
        {}
        let slot = DetachSlot::default();
        let service = DetachingService::new(router(&hub), &socket, slot.clone(), true);
        let response = service.call(request("/stream", Version::HTTP_11));
        assert_eq!(response.await.unwrap().status(), 200);
        assert!(slot.take().is_none());
    }

    #[tokio::test]
    async fn a_service_that_does_not_detach_answers_with_an_ordinary_body() {
        let hub = TestHub::start();
        let (socket, _client) = socket().await;
        let slot = DetachSlot::default();
        let service = DetachingService::new(router(&hub), &socket, slot.clone(), false);
        let response = service.call(request("/stream", Version::HTTP_11));
        assert_eq!(response.await.unwrap().status(), 200);
        assert!(slot.take().is_none());
    }
}
