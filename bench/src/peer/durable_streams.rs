//! durable-streams-server, by the Durable Streams protocol 1.0.
//!
//! A topic is a stream of `application/json`, the type that keeps one event apart from the next; of
//! other types the protocol promises bytes only. An answer names the stream's end, not the event,
//! so there are no ids to judge.

use super::{Protocol, ReadMode, Reading, Since, refused};
use crate::{delivery::EventId, failure::Failure, http::Head, reader::Coding};

#[derive(Debug)]
pub(super) struct DurableStreams;

impl Protocol for DurableStreams {
    fn name(&self) -> &'static str {
        "durable-streams"
    }

    fn create(&self, topic: &str) -> Option<String> {
        Some(format!(
            "PUT /{topic} HTTP/1.1\r\nContent-Type: application/json\r\n"
        ))
    }

    fn publish(&self, topic: &str) -> String {
        format!("POST /{topic} HTTP/1.1\r\nContent-Type: application/json\r\n")
    }

    fn acknowledged(&self, head: &Head, body: &[u8]) -> Result<Option<EventId>, Failure> {
        match head.status {
            200 | 204 => Ok(None),
            _ => Err(refused("204", head, body)),
        }
    }

    fn read(&self, topic: &str, since: Since<'_>, way: ReadMode) -> Result<Reading, Failure> {
        let offset = match since {
            Since::Now => "now",
            Since::After(cursor) => cursor,
            Since::Start(_) => "-1",
        };
        let (live, coding) = match way {
            ReadMode::Stream => ("&live=sse", Coding::Batches),
            ReadMode::Body => ("", Coding::Array),
        };
        let path = format!("/{topic}?offset={offset}{live}");
        Ok(Reading {
            path,
            headers: String::new(),
            coding,
            ids: false,
        })
    }

    /// It writes a stream as one block, built in memory: of a long topic that is more than the
    /// reader wants to wait for.
    fn read_back(&self) -> ReadMode {
        ReadMode::Body
    }
}
