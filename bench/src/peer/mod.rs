//! The kinds of server that a run can measure, and their protocols.
//!
//! Only this module knows the requests, the acknowledgements and the body formats of each kind. To add
//! a kind, add a file and a variant of [`Peer`].

mod durable_streams;
mod nchan;
mod pulseboard;

use std::fmt;

use clap::ValueEnum;

use crate::{delivery::EventId, failure::Failure, http::Head, reader::BodyFormat};

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
    /// `pulseboard-bench write-loop`, which only writes: the lower limit for the cost of a fan-out. It
    /// has Pulseboard's protocol.
    WriteLoop,
}

impl Peer {
    /// Returns the protocol of this kind of server.
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

/// The first event to read from a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom<'a> {
    /// Events from now on.
    Now,
    /// Events after a [cursor](crate::reader::Reader::cursor) of the same topic.
    After(&'a str),
    /// All events. The id is that of any event in the log, if events have ids.
    Beginning(Option<EventId>),
}

/// How stored events are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReadMode {
    /// As a stream, which continues with new events.
    #[default]
    Stream,
    /// As one body, which ends after the stored events.
    Body,
}

/// A request that reads events, and the format of its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// Path and query.
    pub path: String,
    /// Further headers, each with its end of line.
    pub headers: String,
    /// The format of the body.
    pub format: BodyFormat,
    /// Whether events have the ids that their publishers received.
    pub has_ids: bool,
}

/// The protocol of one kind of server, over HTTP/1.1.
pub trait Protocol: fmt::Debug + Sync {
    /// Returns the server's name in reports.
    fn name(&self) -> &'static str;

    /// Returns the request line and headers that create a topic; `None` if the first publish creates
    /// it.
    fn create(&self, _topic: &str) -> Option<String> {
        None
    }

    /// Returns the request line and headers of a publish, without `Host` and `Content-Length`.
    fn publish(&self, topic: &str) -> String;

    /// Returns headers that identify event `n`, each with its end of line. An event that is published
    /// again with them is stored once. `None` if the protocol has no such headers.
    fn identity(&self, _topic: &str, _n: u64) -> Option<String> {
        None
    }

    /// Returns the event id of a response to a publish, or `None` if this kind has no event ids.
    ///
    /// # Errors
    /// If the response does not acknowledge the event.
    fn acknowledged(&self, head: &Head, body: &[u8]) -> Result<Option<EventId>, Failure>;

    /// Returns the request that reads a topic.
    ///
    /// # Errors
    /// If this kind of server cannot be read from there or in this mode.
    fn read(&self, topic: &str, from: ReadFrom<'_>, mode: ReadMode)
    -> Result<ReadRequest, Failure>;

    /// Returns the cheapest mode in which all events can be read back.
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
    Failure::usage(format!("{name} cannot resume a stream after a restart"))
}

fn no_body(name: &str) -> Failure {
    Failure::usage(format!(
        "{name} does not send a whole topic in one body: use --via stream"
    ))
}
