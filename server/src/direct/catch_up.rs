//! Catching up: a task that writes what a stream has missed, from the log and from memory, until it
//! is live.

use std::{
    io::{self, IoSlice},
    sync::Arc,
};

use bytes::BytesMut;
use pulseboard_hub::CatchUp;
use tokio::{net::TcpStream, sync::mpsc::UnboundedReceiver};

use super::{Direct, Line, chunk::CHUNKS, worker::Fallen};

/// Catches up every stream that the workers send back, until there are none left.
pub(super) async fn all(mut fallen: UnboundedReceiver<Fallen>, direct: Arc<Direct>) {
    while let Some((socket, line)) = fallen.recv().await {
        match TcpStream::from_std(socket) {
            Ok(socket) => drop(tokio::spawn(serve(
                socket,
                Vec::new(),
                line,
                direct.clone(),
            ))),
            Err(error) => {
                tracing::error!(%error, "a stream was ended because its socket cannot be waited for");
            }
        }
    }
}

/// Writes `head` and then the stream, until a worker takes over or the stream is over.
pub(crate) async fn serve(socket: TcpStream, head: Vec<u8>, mut line: Line, direct: Arc<Direct>) {
    let mut connected = line.connected.clone();
    let outcome = tokio::select! {
        outcome = write(&socket, head, &mut line) => outcome,
        outcome = gone(&socket) => outcome,
        () = connected.is_over() => return,
    };
    let outcome = match outcome {
        Ok(Next::Live) => direct.join(socket, line),
        Ok(Next::Over) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a stream ended early");
    }
}

enum Next {
    /// A worker can serve it.
    Live,
    /// It has ended, or the other side has gone.
    Over,
}

async fn write(socket: &TcpStream, head: Vec<u8>, line: &mut Line) -> io::Result<Next> {
    let mut before = BytesMut::from(&*head);
    loop {
        match line.stream.subscriber.catch_up().await {
            Some(CatchUp::Bytes(bytes)) => {
                (CHUNKS.before)(bytes.len(), &mut before);
                write_all(socket, [&before, &bytes, CHUNKS.after]).await?;
                before.clear();
            }
            Some(CatchUp::Live) => return Ok(Next::Live),
            // The client reconnects with its cursor, so ending the stream loses nothing.
            None => {
                before.extend_from_slice(CHUNKS.end);
                write_all(socket, [&before, &[], &[]]).await?;
                return Ok(Next::Over);
            }
        }
    }
}

/// Writes the parts as one, without joining them.
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

/// Ready when the other side has closed. What it sends is of no interest: a stream goes one way.
async fn gone(socket: &TcpStream) -> io::Result<Next> {
    let mut buffer = [0; 512];
    loop {
        socket.readable().await?;
        match socket.try_read(&mut buffer) {
            Ok(0) => return Ok(Next::Over),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
