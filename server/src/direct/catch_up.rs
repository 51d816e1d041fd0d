//! Catching up: a task writes the replay of a stream, from the log and from memory, until a worker
//! can serve it.

use std::{
    io::{self, IoSlice},
    net,
    sync::Arc,
};

use bytes::BytesMut;
use pulseboard_hub::CatchUp;
use tokio::{net::TcpStream, sync::mpsc::UnboundedReceiver};

use super::{
    chunked::CHUNKS,
    pool::WorkerPool,
    stream::{SocketStream, Stream},
};

/// Writes `head` and then the stream, until a worker takes over or the stream has ended.
pub(crate) async fn catch_up(
    stream: SocketStream<TcpStream>,
    head: Vec<u8>,
    workers: Arc<WorkerPool>,
) {
    let SocketStream {
        socket,
        mut stream,
        mut connection,
    } = stream;
    let outcome = tokio::select! {
        outcome = write(&socket, head, &mut stream) => outcome,
        outcome = until_closed(&socket) => outcome,
        () = connection.is_over() => return,
    };
    let outcome = match outcome {
        Ok(Outcome::Live) => socket.into_std().map(|socket| {
            workers.serve(SocketStream {
                socket,
                stream,
                connection,
            });
        }),
        Ok(Outcome::Ended) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a stream ended because its connection failed");
    }
}

/// Catches up every stream that falls behind, until the workers are gone.
pub(super) async fn catch_up_all(
    mut fell_behind: UnboundedReceiver<SocketStream<net::TcpStream>>,
    workers: Arc<WorkerPool>,
) {
    while let Some(SocketStream {
        socket,
        stream,
        connection,
    }) = fell_behind.recv().await
    {
        match TcpStream::from_std(socket) {
            Ok(socket) => {
                let stream = SocketStream {
                    socket,
                    stream,
                    connection,
                };
                tokio::spawn(catch_up(stream, Vec::new(), workers.clone()));
            }
            Err(error) => {
                tracing::error!(%error, "a stream was ended because its socket cannot be polled");
            }
        }
    }
}

enum Outcome {
    /// The stream is live: a worker can serve it.
    Live,
    /// The stream has ended, or the client has closed the connection.
    Ended,
}

async fn write(socket: &TcpStream, head: Vec<u8>, stream: &mut Stream) -> io::Result<Outcome> {
    let mut before = BytesMut::from(&*head);
    loop {
        match stream.subscriber.catch_up().await {
            Some(CatchUp::Bytes(bytes)) => {
                (CHUNKS.before)(bytes.len(), &mut before);
                write_all(socket, [&before, &bytes, CHUNKS.after]).await?;
                before.clear();
            }
            Some(CatchUp::Live) => return Ok(Outcome::Live),
            // The client reconnects with its cursor, so it loses nothing.
            None => {
                before.extend_from_slice(CHUNKS.end);
                write_all(socket, [&before, &[], &[]]).await?;
                return Ok(Outcome::Ended);
            }
        }
    }
}

/// Writes the parts one after the other, without copying them into one buffer.
async fn write_all(socket: &TcpStream, parts: [&[u8]; 3]) -> io::Result<()> {
    let mut slices = parts.map(IoSlice::new);
    let mut rest = &mut slices[..];
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        socket.writable().await?;
        match socket.try_write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Completes when the client has closed the connection. Anything it sends is discarded, because a
/// stream flows from the server to the client only.
async fn until_closed(socket: &TcpStream) -> io::Result<Outcome> {
    let mut buffer = [0; 512];
    loop {
        socket.readable().await?;
        match socket.try_read(&mut buffer) {
            Ok(0) => return Ok(Outcome::Ended),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
