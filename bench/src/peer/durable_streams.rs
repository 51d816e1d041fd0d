//! The protocol of durable-streams-server: Durable Streams 1.0.
//!
//! A topic is a stream of `application/json`, because only this type has event boundaries; streams of
//! other types are bytes. A response has the offset of the stream's end, not of the event, so there
//! are no event ids to check.

use super::{Protocol, ReadFrom, ReadMode, ReadRequest, refused};
use crate::{delivery::EventId, failure::Failure, http::Head, reader::BodyFormat};

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

    fn read(
        &self,
        topic: &str,
        from: ReadFrom<'_>,
        mode: ReadMode,
    ) -> Result<ReadRequest, Failure> {
        let offset = match from {
            ReadFrom::Now => "now",
            ReadFrom::After(cursor) => cursor,
            ReadFrom::Beginning(_) => "-1",
        };
        let (live, format) = match mode {
            ReadMode::Stream => ("&live=sse", BodyFormat::Batches),
            ReadMode::Body => ("", BodyFormat::Array),
        };
        let path = format!("/{topic}?offset={offset}{live}");
        Ok(ReadRequest {
            path,
            headers: String::new(),
            format,
            has_ids: false,
        })
    }

    /// The server builds a replayed stream as one block in memory, which takes too long for a long
    /// topic.
    fn read_back(&self) -> ReadMode {
        ReadMode::Body
    }
}
