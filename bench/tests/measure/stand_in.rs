//! A small server that speaks the wires of Pulseboard and of durable-streams, honestly or with one
//! fault, so that the judge can be judged.

mod wire;

use std::{
    collections::HashMap,
    fs::File,
    future::pending,
    io::{self, Write as _},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use wire::Wire;

/// What the server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Event 5 reaches nobody.
    Lose,
    /// Event 5 comes twice.
    Duplicate,
    /// Event 5 comes after event 6.
    Reorder,
    /// One byte of event 5's padding is another.
    Corrupt,
    /// Event 5 has the id of event 4.
    RepeatId,
    /// A gap is told before event 5.
    Gap,
    /// The stream ends after event 5.
    End,
    /// Publishing is answered with 503 from event 5 on.
    Refuse,
    /// A stream that is not read for a while is ended. No fault, but to be counted.
    EndSlow,
    /// In its second life it has no time at first: 503 with `Retry-After`. No fault, but to be
    /// honoured.
    Busy,
    /// A stream that is taken up begins with an event too many.
    ResumeEarly,
    /// A stream that is taken up leaves an event out.
    ResumeLate,
    /// A stream that is taken up tells a gap.
    ResumeGap,
    /// An event that is published again is stored again.
    Twice,
}

/// What a stream carries.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Event(u64, String),
    Gap,
    End,
}

/// What is stored, and every subscriber's queue.
#[derive(Default)]
pub(crate) struct StandIn {
    pub(crate) seq: u64,
    /// Where events are kept for a second life.
    pub(crate) file: Option<File>,
    /// This is the second life.
    pub(crate) again: bool,
    /// Which event was published under which `ce-id`.
    pub(crate) names: HashMap<String, u64>,
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

/// Serves until somebody ends the process.
pub(crate) async fn accept(listener: TcpListener, stand_in: StandIn, fault: Fault) {
    let (stand_in, began) = (Arc::new(Mutex::new(stand_in)), Instant::now());
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(serve(socket, Arc::clone(&stand_in), began, fault));
    }
}

/// How long a busy server is busy.
pub(crate) const BUSY: Duration = Duration::from_millis(700);
/// In its first life, a server that has a second one never answers this event, which it stores.
const UNANSWERED: u64 = 12;

async fn serve(
    socket: TcpStream,
    stand_in: Arc<Mutex<StandIn>>,
    began: Instant,
    fault: Fault,
) -> io::Result<()> {
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
            if fault == Fault::Busy && stand_in.lock().unwrap().again && began.elapsed() < BUSY {
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
        let name = request
            .lines()
            .find_map(|line| line.strip_prefix("ce-id: "))
            .map(str::to_owned);
        let (seq, unanswered) = {
            let mut stand_in = stand_in.lock().unwrap();
            // A server that is killed may be asked twice for every event, so each must have a name.
            let named = request.contains("\nce-source: /bench/") && name.is_some();
            assert!(
                named || stand_in.file.is_none() || wire != Wire::Events,
                "{request}"
            );
            let known = name
                .as_ref()
                .and_then(|name| stand_in.names.get(name).copied())
                .filter(|_| fault != Fault::Twice);
            let seq = known.map_or_else(
                || publish(&mut stand_in, &body, name.as_deref(), fault),
                Some,
            );
            (
                seq,
                name.is_some() && !stand_in.again && seq == Some(UNANSWERED),
            )
        };
        if unanswered {
            pending::<()>().await;
        }
        socket.write_all(wire.answer(seq).as_bytes()).await?;
    }
}

fn publish(stand_in: &mut StandIn, body: &str, name: Option<&str>, fault: Fault) -> Option<u64> {
    stand_in.seq += 1;
    let seq = stand_in.seq;
    stand_in
        .names
        .extend(name.map(|name| (name.to_owned(), seq)));
    if let Some(file) = &mut stand_in.file {
        writeln!(file, "{}\t{body}", name.unwrap_or_default()).unwrap();
    }
    let event = Entry::Event(seq, body.to_owned());
    let told = match fault {
        Fault::Refuse if seq >= 6 => return None,
        Fault::Reorder if seq == 7 => [event].into_iter().chain(stand_in.held.take()).collect(),
        _ if seq != 6 => vec![event],
        Fault::None
        | Fault::Refuse
        | Fault::EndSlow
        | Fault::Busy
        | Fault::ResumeEarly
        | Fault::ResumeLate
        | Fault::ResumeGap
        | Fault::Twice => vec![event],
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
    for entry in told {
        stand_in
            .subscribers
            .retain(|subscriber| subscriber.send(entry.clone()).is_ok());
        stand_in.log.push(entry);
    }
    Some(seq)
}

/// Everything stored behind the cursor, where there is one, and everything from now on.
fn subscribe(
    stand_in: &mut StandIn,
    cursor: Option<u64>,
    fault: Fault,
) -> (u64, UnboundedReceiver<Entry>) {
    let (sender, entries) = unbounded_channel();
    if let Some(cursor) = cursor {
        let behind = match fault {
            Fault::ResumeEarly if stand_in.again => cursor - 1,
            Fault::ResumeLate if stand_in.again => cursor + 1,
            _ => cursor,
        };
        if fault == Fault::ResumeGap && stand_in.again {
            let _ = sender.send(Entry::Gap);
        }
        for entry in &stand_in.log {
            if !matches!(entry, Entry::Event(seq, _) if *seq <= behind) {
                let _ = sender.send(entry.clone());
            }
        }
    }
    stand_in.subscribers.push(sender);
    (cursor.unwrap_or(stand_in.seq), entries)
}

/// Writes the stream in chunks and pieces that end in awkward places.
async fn stream(
    mut socket: BufReader<TcpStream>,
    stand_in: &Mutex<StandIn>,
    wire: Wire,
    cursor: Option<u64>,
    fault: Fault,
) -> io::Result<()> {
    let (position, mut entries) = subscribe(&mut stand_in.lock().unwrap(), cursor, fault);
    let patience = if fault == Fault::EndSlow {
        // A reader that reads is never blocked for this long, not even on a busy machine.
        Duration::from_secs(3)
    } else {
        Duration::from_mins(1)
    };
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut pending = head.to_owned() + &wire::chunked(&wire.first(position));
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
