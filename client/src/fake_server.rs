//! A server for tests that sends prepared responses and records the requests.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use clap::Parser;

use crate::server_args::ServerArgs;

/// A request that the server received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    /// Method and target, as in `GET /events?topic=a`.
    pub(crate) line: String,
    /// The header lines, in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// One response. The server closes the connection after it.
pub(crate) enum FakeResponse {
    /// The status, optionally with more header lines, and a body.
    Full(&'static str, String),
    /// The bytes of a stream, then its end.
    Stream(String),
    /// No response: the server reads the request and closes the connection.
    Nothing,
}

/// A server that sends the next response to each connection and stops after the last.
pub(crate) struct FakeServer {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
}

impl FakeServer {
    pub(crate) fn with(responses: impl IntoIterator<Item = FakeResponse>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut responses: VecDeque<_> = responses.into_iter().collect();
        let received = requests.clone();
        thread::spawn(move || {
            while let Some(response) = responses.pop_front() {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, response, &received);
            }
        });
        Self { url, requests }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// The client flags for this server.
    pub(crate) fn server_args(&self, more: &[&str]) -> ServerArgs {
        #[derive(Parser)]
        struct Flags {
            #[command(flatten)]
            server: ServerArgs,
        }
        let words = ["test", "--url", &self.url];
        Flags::try_parse_from(words.iter().chain(more))
            .unwrap()
            .server
    }
}

fn serve(mut stream: TcpStream, response: FakeResponse, received: &Mutex<Vec<ReceivedRequest>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let line = lines.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<_> = lines.iter().map(|line| line.to_lowercase()).collect();
    let length = headers
        .iter()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    received.lock().unwrap().push(ReceivedRequest {
        line,
        headers,
        body: String::from_utf8(body).unwrap(),
    });
    let text = match response {
        FakeResponse::Full(head, body) => {
            format!(
                "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        FakeResponse::Stream(text) => format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n{text}"
        ),
        FakeResponse::Nothing => return,
    };
    stream.write_all(text.as_bytes()).unwrap();
}
