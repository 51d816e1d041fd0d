//! The response to a connection that cannot be served because the server is full. It is written
//! without hyper, and the request is not parsed.

use std::time::{Duration, SystemTime};

use axum::{
    body::to_bytes,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{problem::Problem, response_head::response_head, security};

/// How long the client may take to send its request, and then to read the response and close.
const PATIENCE: Duration = Duration::from_millis(500);

/// Answers any request with a 503, and waits a moment for the client to close.
///
/// The response is sent after the request: a client does not expect one before. A socket that is
/// closed while it holds unread bytes resets the connection, and the client would see the reset
/// instead of the response, so everything it sends is read and discarded.
pub(super) async fn refuse(mut socket: TcpStream) {
    let mut response =
        Problem::no_room("The server has as many connections as it can hold.").into_response();
    security::set_headers(response.headers_mut());
    let response = bytes(response).await;
    let mut discarded = [0; 1024];
    // Whether the client has sent a request, is slow or has gone: what follows is the same.
    let _ = timeout(PATIENCE, socket.read(&mut discarded)).await;
    let respond = async {
        socket.write_all(&response).await?;
        socket.shutdown().await?;
        while socket.read(&mut discarded).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = timeout(PATIENCE, respond).await;
}

/// The response as it is written.
async fn bytes(response: Response) -> Vec<u8> {
    let (mut parts, body) = response.into_parts();
    // The body is a short text in memory, so reading it cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let mut bytes = response_head(parts.status, parts.headers, SystemTime::now());
    bytes.extend_from_slice(&body);
    bytes
}
