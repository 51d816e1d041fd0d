//! A server for tests that answers as it is told and remembers what it was asked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use clap::Parser;

use crate::connection::Connection;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and target, as in `GET /events?topic=a`.
    pub(crate) line: String,
    /// The header lines, in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// One answer. The connection is closed after it.
pub(crate) enum Answer {
    /// A status line's rest with headers, and a body.
    Full(&'static str, String),
    /// The bytes of a stream, then its end.
    Stream(String),
    /// No answer: the connection is closed once the request is read.
    Nothing,
}

/// A server that gives each connection the next answer and then is gone.
pub(crate) struct Fake {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut answers: VecDeque<_> = answers.into_iter().collect();
        let seen = asked.clone();
        thread::spawn(move || {
            while let Some(answer) = answers.pop_front() {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, answer, &seen);
            }
        });
        Self { url, asked }
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The flags that lead here.
    pub(crate) fn connection(&self, more: &[&str]) -> Connection {
        #[derive(Parser)]
        struct Flags {
            #[command(flatten)]
            connection: Connection,
        }
        let words = ["test", "--url", &self.url];
        Flags::try_parse_from(words.iter().chain(more))
            .unwrap()
            .connection
    }
}

fn serve(mut stream: TcpStream, answer: Answer, seen: &Mutex<Vec<Asked>>) {
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
    seen.lock().unwrap().push(Asked {
        line,
        headers,
        body: String::from_utf8(body).unwrap(),
    });
    let text = match answer {
        Answer::Full(head, body) => {
            format!(
                "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        Answer::Stream(text) => format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n{text}"
        ),
        Answer::Nothing => return,
    };
    stream.write_all(text.as_bytes()).unwrap();
}
