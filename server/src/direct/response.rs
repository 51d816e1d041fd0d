//! A stream as the body of a response, from which it can be taken out again.

use std::{
    convert::Infallible,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{body::Body, response::Response};
use futures_util::stream;

use super::stream::Stream;

/// The stream of a response, as an extension of it. The body takes the stream when it is first
/// read, unless [`take`] has taken it before.
#[derive(Clone)]
struct ResponseStream(Arc<Mutex<Option<Stream>>>);

impl ResponseStream {
    fn take(&self) -> Option<Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A response whose body is this stream.
pub(crate) fn respond(stream: Stream) -> Response {
    let untaken = ResponseStream(Arc::new(Mutex::new(Some(stream))));
    let source = untaken.clone();
    let body = stream::unfold(None, move |open: Option<Stream>| {
        let open = open.or_else(|| source.take());
        async {
            let mut open = open?;
            let bytes = open.subscriber.next().await?;
            Some((Ok::<_, Infallible>(bytes), Some(open)))
        }
    });
    let mut response = Response::new(Body::from_stream(body));
    response.extensions_mut().insert(untaken);
    response
}

/// Takes the stream out of its response, which has no body then. `None` if the response has no
/// stream.
pub(super) fn take(response: &mut Response) -> Option<Stream> {
    let stream = response
        .extensions_mut()
        .remove::<ResponseStream>()?
        .take()?;
    drop(mem::take(response.body_mut()));
    Some(stream)
}
