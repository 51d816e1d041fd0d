//! A small server that speaks the wire, honestly or with one fault, so that the judge can be judged.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedSender, unbounded_channel},
};

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

/// Every subscriber's queue of chunks, and how many events were published.
#[derive(Default)]
struct Board {
    seq: u64,
    held: Option<String>,
    subscribers: Vec<UnboundedSender<String>>,
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
        if request.starts_with("GET /events?") {
            return stream(socket, &board).await;
        }
        assert!(request.starts_with("POST /topics/bench/fan-out ") && request.contains("ce-type: bench\r\n"), "{request}");
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await?;
        let body = String::from_utf8(body).unwrap();
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        let answer = match publish(&mut board.lock().unwrap(), &body, fault) {
            Some(seq) => format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{{\"id\": \"e-{seq}\"}}", 13 + seq.ilog10()),
            None => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull".to_owned(),
        };
        socket.write_all(answer.as_bytes()).await?;
    }
}

fn publish(board: &mut Board, body: &str, fault: Fault) -> Option<u64> {
    board.seq += 1;
    let seq = board.seq;
    let block = |seq: u64, body: &str| format!("id: e-{seq}\nevent: bench\ndata: {body}\n\n");
    let event = block(seq, body);
    let wrong = match fault {
        Fault::Refuse if seq >= 6 => return None,
        Fault::Reorder if seq == 7 => format!("{event}{}", board.held.take().unwrap_or_default()),
        _ if seq != 6 => event,
        Fault::None | Fault::Refuse => event,
        Fault::Lose => return Some(seq),
        Fault::Duplicate => format!("{event}{event}"),
        Fault::Reorder => {
            board.held = Some(event);
            return Some(seq);
        }
        Fault::Corrupt => event.replace('Z', "-"),
        Fault::RepeatId => block(seq - 1, body),
        Fault::Gap => format!("event: gap\ndata: {{}}\n\n{event}"),
        Fault::End => {
            board.subscribers.iter().for_each(|subscriber| _ = subscriber.send(event.clone()));
            board.subscribers.clear();
            return Some(seq);
        }
    };
    board.subscribers.retain(|subscriber| subscriber.send(wrong.clone()).is_ok());
    Some(seq)
}

/// Writes the stream in chunks and pieces that end in awkward places.
async fn stream(mut socket: BufReader<TcpStream>, board: &Mutex<Board>) -> io::Result<()> {
    let (sender, mut blocks) = unbounded_channel();
    let first = {
        let mut board = board.lock().unwrap();
        board.subscribers.push(sender);
        format!("retry: 2000\nid: e-{}\n\n", board.seq)
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut pending = head.to_owned() + &chunked(&first);
    let mut cut = 1;
    loop {
        while pending.len() > cut {
            let rest = pending.split_off(cut);
            socket.write_all(pending.as_bytes()).await?;
            (pending, cut) = (rest, cut % 97 + 7);
        }
        socket.write_all(std::mem::take(&mut pending).as_bytes()).await?;
        match blocks.recv().await {
            Some(block) => {
                let (left, right) = block.split_at(block.len() / 3);
                pending = chunked(left) + &chunked(right);
            }
            None => return socket.write_all(b"0\r\n\r\n").await,
        }
    }
}

fn chunked(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}
