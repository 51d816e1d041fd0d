//! nginx with nchan, configured as `scripts/bench.sh` writes it: publish to `/publish/`, read all
//! there is from `/replay/`, or only what comes from `/live/`.
//!
//! Its messages live in memory: what it acknowledges is not on a disk.

use super::{Protocol, ReadMode, Reading, Since, no_body, no_cursor, refused};
use crate::{
    delivery::{EVENT_TYPE, EventId},
    failure::Failure,
    http::Head,
    reader::Coding,
};

#[derive(Debug)]
pub(super) struct Nchan;

impl Protocol for Nchan {
    fn name(&self) -> &'static str {
        "nchan"
    }

    fn publish(&self, topic: &str) -> String {
        format!(
            "POST /publish/{topic} HTTP/1.1\r\nContent-Type: application/json\r\nX-EventSource-Event: {EVENT_TYPE}\r\n\
             Accept: text/json\r\n"
        )
    }

    fn acknowledged(&self, head: &Head, body: &[u8]) -> Result<Option<EventId>, Failure> {
        match head.status {
            // Accepted: stored, and nobody listens now.
            201 | 202 => Ok(None),
            _ => Err(refused("201 or 202", head, body)),
        }
    }

    fn read(&self, topic: &str, since: Since<'_>, way: ReadMode) -> Result<Reading, Failure> {
        let place = match (way, since) {
            (ReadMode::Body, _) => return Err(no_body(self.name())),
            (ReadMode::Stream, Since::After(_)) => return Err(no_cursor(self.name())),
            (ReadMode::Stream, Since::Now) => "live",
            (ReadMode::Stream, Since::Start(_)) => "replay",
        };
        Ok(Reading {
            path: format!("/{place}/{topic}"),
            headers: String::new(),
            coding: Coding::Events,
            ids: false,
        })
    }
}
