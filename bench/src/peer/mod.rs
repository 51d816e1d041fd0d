//! The kinds of server a run can go to, and how each is spoken to.
//!
//! A run knows publishers, readers and judges; what a topic is called on the wire, what
//! acknowledges a publish, and what a body looks like is known here and nowhere else. A further
//! peer is one more file and one more row of [`Peer`].

mod durable_streams;
mod nchan;
mod pulseboard;

use std::fmt;

use clap::ValueEnum;

use crate::{delivery::EventId, failure::Failure, http::Head, reader::Coding};

/// A kind of server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// Pulseboard.
    #[default]
    Pulseboard,
    /// durable-streams-server: the Durable Streams protocol over a write-ahead log.
    DurableStreams,
    /// nginx with the nchan module, which keeps messages in memory.
    Nchan,
    /// `pulseboard-bench write-loop`, which only writes: the floor of a fan-out. It speaks as
    /// Pulseboard does.
    WriteLoop,
}

impl Peer {
    /// How it is spoken to.
    pub fn protocol(self) -> &'static dyn Protocol {
        match self {
            Self::Pulseboard => &pulseboard::Pulseboard { name: "pulseboard" },
            Self::DurableStreams => &durable_streams::DurableStreams,
            Self::Nchan => &nchan::Nchan,
            Self::WriteLoop => &pulseboard::Pulseboard {
                name: "a loop that only writes",
            },
        }
    }
}

/// What of a topic is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since<'a> {
    /// What is published from now on.
    Now,
    /// What follows a [cursor](crate::reader::Reader::cursor) of the same topic.
    After(&'a str),
    /// Everything, from the first event. The id is one of any event of the log, where events have
    /// ids.
    Start(Option<EventId>),
}

/// How stored events are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReadMode {
    /// As the stream that goes on with what comes.
    #[default]
    Stream,
    /// As one body that ends.
    Body,
}

/// A request to read, and what comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Path and query.
    pub path: String,
    /// Further headers, each with its end of line.
    pub headers: String,
    /// How the body is written.
    pub coding: Coding,
    /// Events come under the ids that their publishers were told.
    pub ids: bool,
}

/// How one kind of server is spoken to, over HTTP/1.1.
pub trait Protocol: fmt::Debug + Sync {
    /// What it is called in reports.
    fn name(&self) -> &'static str;

    /// The request line and headers that make a topic, where publishing alone does not.
    fn create(&self, _topic: &str) -> Option<String> {
        None
    }

    /// The request line and headers of a publish, without `Host` and `Content-Length`.
    fn publish(&self, topic: &str) -> String;

    /// Headers under which event `n` may be published again and is stored once, each with its end
    /// of line; `None` where there are no such headers.
    fn identity(&self, _topic: &str, _n: u64) -> Option<String> {
        None
    }

    /// Whether the answer says that the event is stored, and under which id where it has one.
    fn acknowledged(&self, head: &Head, body: &[u8]) -> Result<Option<EventId>, Failure>;

    /// How a topic is read.
    fn read(&self, topic: &str, since: Since<'_>, way: ReadMode) -> Result<Reading, Failure>;

    /// How everything is read back cheapest, to judge it.
    fn read_back(&self) -> ReadMode {
        ReadMode::Stream
    }
}

fn refused(expected: &str, head: &Head, body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    Failure::run(format!(
        "expected {expected}, got {}: {}",
        head.status,
        text.lines().next().unwrap_or_default()
    ))
}

fn no_cursor(name: &str) -> Failure {
    Failure::usage(format!(
        "{name} keeps nothing for a reader that comes back after a restart"
    ))
}

fn no_body(name: &str) -> Failure {
    Failure::usage(format!(
        "{name} does not give a whole topic in one body: use --via stream"
    ))
}
