//! A small server that speaks the wires of Pulseboard and of durable-streams, honestly or with one fault, so that the judge
//! can be judged.

mod wire;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
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
}

/// What a stream carries.
#[derive(Clone, Debug)]
enum Entry {
    Event(u64, String),
    Gap,
    End,
}

/// What is stored, and every subscriber's queue.
#[derive(Default)]
struct Board {
    seq: u64,
    held: Option<Entry>,
    log: Vec<Entry>,
    subscribers: Vec<UnboundedSender<Entry>>,
}

/// Starts the server on a free port.
pub(crate) async fn start(fault: Fault) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let board = Arc::<Mutex<Board>>::default();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, Arc::clone(&board), fault));
        }
    });
    Ok(address)
}

async fn serve(socket: TcpStream, board: Arc<Mutex<Board>>, fault: Fault) -> io::Result<()> {
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
            let entries = board.lock().unwrap().log.clone();
            socket.write_all(wire::array(&entries).as_bytes()).await?;
            continue;
        }
        if request.starts_with("GET ") {
            return stream(socket, &board, wire, request.contains("last_event_id=e-0") || request.contains("offset=-1")).await;
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await?;
        if request.starts_with("PUT ") {
            socket.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").await?;
            continue;
        }
        assert!(request.starts_with("POST "), "{request}");
        let body = String::from_utf8(body).unwrap();
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        let seq = publish(&mut board.lock().unwrap(), &body, fault);
        socket.write_all(wire.answer(seq).as_bytes()).await?;
    }
}

fn publish(board: &mut Board, body: &str, fault: Fault) -> Option<u64> {
    board.seq += 1;
    let seq = board.seq;
    let event = Entry::Event(seq, body.to_owned());
    let told = match fault {
        Fault::Refuse if seq >= 6 => return None,
        Fault::Reorder if seq == 7 => [event].into_iter().chain(board.held.take()).collect(),
        _ if seq != 6 => vec![event],
        Fault::None | Fault::Refuse => vec![event],
        Fault::Lose => vec![],
        Fault::Duplicate => vec![event.clone(), event],
        Fault::Reorder => {
            board.held = Some(event);
            vec![]
        }
        Fault::Corrupt => vec![Entry::Event(seq, body.replace('Z', "-"))],
        Fault::RepeatId => vec![Entry::Event(seq - 1, body.to_owned())],
        Fault::Gap => vec![Entry::Gap, event],
        Fault::End => vec![event, Entry::End],
    };
    for entry in told {
        board.subscribers.retain(|subscriber| subscriber.send(entry.clone()).is_ok());
        board.log.push(entry);
    }
    Some(seq)
}

/// Everything stored, where it is asked for, and everything from now on.
fn subscribe(board: &mut Board, all: bool) -> (u64, UnboundedReceiver<Entry>) {
    let (sender, entries) = unbounded_channel();
    if all {
        board.log.iter().for_each(|entry| _ = sender.send(entry.clone()));
    }
    board.subscribers.push(sender);
    (if all { 0 } else { board.seq }, entries)
}

/// Writes the stream in chunks and pieces that end in awkward places.
async fn stream(mut socket: BufReader<TcpStream>, board: &Mutex<Board>, wire: Wire, all: bool) -> io::Result<()> {
    let (position, mut entries) = subscribe(&mut board.lock().unwrap(), all);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut pending = head.to_owned() + &wire::chunked(&wire.first(position));
    let mut cut = 1;
    loop {
        while pending.len() > cut {
            let rest = pending.split_off(cut);
            socket.write_all(pending.as_bytes()).await?;
            (pending, cut) = (rest, cut % 97 + 7);
        }
        socket.write_all(std::mem::take(&mut pending).as_bytes()).await?;
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
