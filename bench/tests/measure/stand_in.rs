//! A small server with the wire formats of Pulseboard and of durable-streams. It is correct or has
//! one fault, which a run must find.

mod wire;

use std::{
    collections::HashMap,
    fs::File,
    future::pending,
    io::{self, Write as _},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use wire::Wire;

/// The fault of the server. "Restarted" means that the server was killed and started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Event 5 is not delivered.
    Lose,
    /// Event 5 is delivered twice.
    Duplicate,
    /// Event 5 is delivered after event 6.
    Reorder,
    /// One byte of event 5's padding is changed.
    Corrupt,
    /// Event 5 has the id of event 4.
    RepeatId,
    /// A `gap` is sent before event 5.
    Gap,
    /// The stream ends after event 5.
    End,
    /// Publishes are refused with 503 from event 5 on.
    Refuse,
    /// A stream that is not read for a while is ended. This is allowed, but must be counted.
    EndSlow,
    /// The restarted server refuses the first requests for a stream with 503 and `Retry-After`. This is
    /// allowed, and subscribers must wait.
    Busy,
    /// Streams send a `retry:` that is longer than the default wait. This is allowed, and subscribers
    /// must wait.
    LongRetry,
    /// The restarted server resumes a stream one event too early.
    ResumeEarly,
    /// The restarted server resumes a stream one event too late.
    ResumeLate,
    /// The restarted server resumes a stream with a `gap`.
    ResumeGap,
    /// An event that is published again is stored again.
    StoreTwice,
}

/// An entry of a stream.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Event(u64, String),
    Gap,
    End,
}

/// The stored events, and the queue of every subscriber.
#[derive(Default)]
pub(crate) struct StandIn {
    pub(crate) seq: u64,
    /// The file that keeps events until the server is started again.
    pub(crate) file: Option<File>,
    /// The server was killed and started again.
    pub(crate) restarted: bool,
    /// The number of refused requests for a stream.
    pub(crate) refused: usize,
    /// The sequences of the stored events by their `ce-id`.
    pub(crate) stored: HashMap<String, u64>,
    /// An event that is held back to be delivered out of order.
    pub(crate) held: Option<Entry>,
    pub(crate) log: Vec<Entry>,
    pub(crate) subscribers: Vec<UnboundedSender<Entry>>,
}

/// Starts the server on a free port.
pub(crate) async fn start(fault: Fault) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(accept(listener, StandIn::default(), fault));
    Ok(address)
}

/// Serves until the process ends.
pub(crate) async fn accept(listener: TcpListener, stand_in: StandIn, fault: Fault) {
    let stand_in = Arc::new(Mutex::new(stand_in));
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(serve(socket, Arc::clone(&stand_in), fault));
    }
}

/// How many requests for a stream a busy server refuses: one for each subscriber.
const BUSY_REFUSALS: usize = 5;
/// A server that will be restarted stores this event and never responds to its publisher.
const UNANSWERED: u64 = 12;

async fn serve(socket: TcpStream, stand_in: Arc<Mutex<StandIn>>, fault: Fault) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    loop {
        let (mut request, mut line, mut length) = (String::new(), String::new(), 0);
        while socket.read_line(&mut line).await? > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            request.push_str(&std::mem::take(&mut line));
        }
        if request.is_empty() {
            return Ok(());
        }
        let wire = Wire::of(&request);
        if request.starts_with("GET ") && wire == Wire::Array {
            let entries = stand_in.lock().unwrap().log.clone();
            socket.write_all(wire::array(&entries).as_bytes()).await?;
            continue;
        }
        if request.starts_with("GET ") {
            if fault == Fault::Busy && refuses(&mut stand_in.lock().unwrap()) {
                return socket
                    .write_all(
                        b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nfull",
                    )
                    .await;
            }
            return stream(socket, &stand_in, wire, wire::cursor(&request), fault).await;
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await?;
        if request.starts_with("PUT ") {
            socket
                .write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
                .await?;
            continue;
        }
        assert!(request.starts_with("POST "), "{request}");
        let body = String::from_utf8(body).unwrap();
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        let (seq, unanswered) = accept_event(&mut stand_in.lock().unwrap(), &request, &body, fault);
        if unanswered {
            pending::<()>().await;
        }
        socket.write_all(wire.response(seq).as_bytes()).await?;
    }
}

/// Returns whether a busy server refuses this request for a stream, and counts it.
fn refuses(stand_in: &mut StandIn) -> bool {
    let refuses = stand_in.restarted && stand_in.refused < BUSY_REFUSALS;
    stand_in.refused += usize::from(refuses);
    refuses
}

/// Stores the event of a request, unless it is stored already. Returns its sequence and whether the
/// publisher gets no response.
fn accept_event(
    stand_in: &mut StandIn,
    request: &str,
    body: &str,
    fault: Fault,
) -> (Option<u64>, bool) {
    let ce_id = request
        .lines()
        .find_map(|line| line.strip_prefix("ce-id: "));
    // Publishers may repeat any event to a server that is killed, so every event needs an identity.
    let has_identity = request.contains("\nce-source: /bench/") && ce_id.is_some();
    assert!(
        has_identity || stand_in.file.is_none() || Wire::of(request) != Wire::Events,
        "{request}"
    );
    let known = ce_id
        .and_then(|ce_id| stand_in.stored.get(ce_id).copied())
        .filter(|_| fault != Fault::StoreTwice);
    let seq = known.or_else(|| publish(stand_in, body, ce_id, fault));
    let unanswered = ce_id.is_some() && !stand_in.restarted && seq == Some(UNANSWERED);
    (seq, unanswered)
}

/// Stores an event and delivers it. Returns its sequence, or `None` if it is refused.
fn publish(stand_in: &mut StandIn, body: &str, ce_id: Option<&str>, fault: Fault) -> Option<u64> {
    stand_in.seq += 1;
    let seq = stand_in.seq;
    stand_in
        .stored
        .extend(ce_id.map(|ce_id| (ce_id.to_owned(), seq)));
    if let Some(file) = &mut stand_in.file {
        writeln!(file, "{}\t{body}", ce_id.unwrap_or_default()).unwrap();
    }
    let event = Entry::Event(seq, body.to_owned());
    let entries = match fault {
        Fault::Refuse if seq >= 6 => return None,
        Fault::Reorder if seq == 7 => [event].into_iter().chain(stand_in.held.take()).collect(),
        _ if seq != 6 => vec![event],
        Fault::None
        | Fault::Refuse
        | Fault::EndSlow
        | Fault::Busy
        | Fault::LongRetry
        | Fault::ResumeEarly
        | Fault::ResumeLate
        | Fault::ResumeGap
        | Fault::StoreTwice => vec![event],
        Fault::Lose => vec![],
        Fault::Duplicate => vec![event.clone(), event],
        Fault::Reorder => {
            stand_in.held = Some(event);
            vec![]
        }
        Fault::Corrupt => vec![Entry::Event(seq, body.replace('Z', "-"))],
        Fault::RepeatId => vec![Entry::Event(seq - 1, body.to_owned())],
        Fault::Gap => vec![Entry::Gap, event],
        Fault::End => vec![event, Entry::End],
    };
    for entry in entries {
        stand_in
            .subscribers
            .retain(|subscriber| subscriber.send(entry.clone()).is_ok());
        stand_in.log.push(entry);
    }
    Some(seq)
}

/// Subscribes to the stored events after the cursor, if there is one, and to all new events. Returns
/// the position of the stream and its queue.
fn subscribe(
    stand_in: &mut StandIn,
    cursor: Option<u64>,
    fault: Fault,
) -> (u64, UnboundedReceiver<Entry>) {
    let (sender, entries) = unbounded_channel();
    if let Some(cursor) = cursor {
        let after = match fault {
            Fault::ResumeEarly if stand_in.restarted => cursor - 1,
            Fault::ResumeLate if stand_in.restarted => cursor + 1,
            _ => cursor,
        };
        if fault == Fault::ResumeGap && stand_in.restarted {
            let _ = sender.send(Entry::Gap);
        }
        for entry in &stand_in.log {
            if !matches!(entry, Entry::Event(seq, _) if *seq <= after) {
                let _ = sender.send(entry.clone());
            }
        }
    }
    stand_in.subscribers.push(sender);
    (cursor.unwrap_or(stand_in.seq), entries)
}

/// Writes the stream in chunks and pieces that are cut anywhere.
async fn stream(
    mut socket: BufReader<TcpStream>,
    stand_in: &Mutex<StandIn>,
    wire: Wire,
    cursor: Option<u64>,
    fault: Fault,
) -> io::Result<()> {
    let (position, mut entries) = subscribe(&mut stand_in.lock().unwrap(), cursor, fault);
    let patience = if fault == Fault::EndSlow {
        // Even on a busy machine, a write to a reader that reads is never blocked for this long.
        Duration::from_secs(3)
    } else {
        Duration::from_mins(1)
    };
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut pending = head.to_owned() + &wire::chunked(&wire.first(position, fault));
    let mut cut = 1;
    loop {
        for _ in 0..50 {
            if pending.len() > cut {
                let rest = pending.split_off(cut);
                timeout(patience, socket.write_all(pending.as_bytes())).await??;
                (pending, cut) = (rest, cut % 97 + 7);
            }
        }
        timeout(
            patience,
            socket.write_all(std::mem::take(&mut pending).as_bytes()),
        )
        .await??;
        match entries.recv().await {
            None | Some(Entry::End) => return socket.write_all(b"0\r\n\r\n").await,
            Some(entry) => {
                let block = wire.block(&entry);
                let (left, right) = block.split_at(block.len() / 3);
                pending = wire::chunked(left) + &wire::chunked(right);
            }
        }
    }
}
