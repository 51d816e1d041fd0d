//! The answer to a connection for which there is no room. It costs no HTTP connection: nothing is
//! read but to be thrown away.

use std::time::Duration;

use axum::{
    body::to_bytes,
    http::header,
    response::{IntoResponse, Response},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{problem::Problem, security};

/// How long the client may take to ask, and then to read the answer and go.
const PATIENCE: Duration = Duration::from_millis(500);

/// Says so, whatever is asked, and waits a moment for the client to go. Before something is asked
/// nothing is said: a client that is answered first takes it for nonsense. And a socket that is
/// closed while something unread is in it resets the connection, and the client would see that
/// instead of the answer.
pub(super) async fn refuse(mut stream: TcpStream) {
    let mut response =
        Problem::no_room("The server has as many connections as it can hold.").into_response();
    security::set_headers(response.headers_mut());
    let answer = bytes(response).await;
    let mut thrown_away = [0; 1024];
    // Gone, silent or slow: there is nothing more to be done for it.
    let _ = timeout(PATIENCE, stream.read(&mut thrown_away)).await;
    let told = async {
        stream.write_all(&answer).await?;
        stream.shutdown().await?;
        while stream.read(&mut thrown_away).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = timeout(PATIENCE, told).await;
}

/// The response as it is written.
async fn bytes(response: Response) -> Vec<u8> {
    let (head, body) = response.into_parts();
    // It is a few words in memory; reading them cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {}\r\n", head.status).into_bytes();
    let length = body.len().into();
    let headers = head
        .headers
        .iter()
        .chain([(&header::CONTENT_LENGTH, &length)]);
    for (name, value) in headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}
