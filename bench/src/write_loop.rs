//! The write loop: a server that only writes, as a lower limit for the cost of a fan-out.
//!
//! It implements the part of Pulseboard's wire format that a fan-out needs. A publisher's thread
//! writes the event to every stream, one blocking write each, and then sends the response. There is
//! no filter, no log, no heartbeat and no handling of slow readers. At a steady pace a complete
//! server can hardly cost less.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use crate::{failure::Failure, target::Target};

/// The limit of a request body.
const LONGEST_BODY: usize = 16 << 20;

/// All open streams, and the number of events so far.
#[derive(Debug, Default)]
struct Streams {
    seq: u64,
    sockets: Vec<TcpStream>,
}

/// Serves until the process is killed.
///
/// # Errors
/// If the address cannot be bound, or if a connection cannot be accepted.
pub fn serve(target: Target) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::run(format!("{}: {error}", target.address));
    let listener = TcpListener::bind(target.address).map_err(failed)?;
    let streams = Arc::new(Mutex::new(Streams::default()));
    for socket in listener.incoming() {
        let (socket, streams) = (socket.map_err(failed)?, Arc::clone(&streams));
        let work = move || {
            if let Err(error) = serve_connection(socket, &streams) {
                eprintln!("pulseboard-bench: a connection broke: {error}");
            }
        };
        thread::Builder::new()
            .stack_size(64 << 10)
            .spawn(work)
            .map_err(failed)?;
    }
    Ok(())
}

/// Serves one connection: publishes until it closes, or one stream. The thread of a stream ends after
/// the first block, and the publishers' threads write to its socket.
fn serve_connection(socket: TcpStream, streams: &Mutex<Streams>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    loop {
        let (mut line, mut length, mut publishes) = (String::new(), 0, None);
        while socket.read_line(&mut line)? > 2 {
            publishes.get_or_insert(line.starts_with("POST "));
            if let Some((_, value)) = line
                .split_once(':')
                .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            {
                length = value
                    .trim()
                    .parse()
                    .map_err(|_| io::Error::other("invalid Content-Length"))?;
            }
            line.clear();
        }
        let Some(publishes) = publishes else {
            return Ok(());
        };
        if length > LONGEST_BODY {
            return Err(io::Error::other("the request body is too long"));
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body)?;
        let mut streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
        if !publishes {
            let mut socket = socket.into_inner();
            let first = chunk(format!("id: loop-{}\n\n", streams.seq).as_bytes());
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            socket.write_all(&[head.as_slice(), &first].concat())?;
            streams.sockets.push(socket);
            return Ok(());
        }
        streams.seq += 1;
        let id = format!("loop-{}", streams.seq);
        let event = chunk(
            &[
                format!("id: {id}\nevent: bench\ndata: ").as_bytes(),
                &body,
                b"\n\n",
            ]
            .concat(),
        );
        streams
            .sockets
            .retain_mut(|stream| stream.write_all(&event).is_ok());
        drop(streams);
        let response = format!(r#"{{"id":"{id}"}}"#);
        write!(
            socket.get_mut(),
            "HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{response}",
            response.len()
        )?;
    }
}

/// Encodes one chunk of a chunked body (RFC 9112, section 7.1).
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
