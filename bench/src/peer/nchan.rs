//! The protocol of nginx with nchan, as `scripts/bench.sh` configures it: publish to `/publish/`, read
//! all events from `/replay/` or new events from `/live/`.
//!
//! nchan keeps messages in memory. An acknowledged event is not on a disk.

use super::{Protocol, ReadFrom, ReadMode, ReadRequest, no_body, no_cursor, refused};
use crate::{
    delivery::{EVENT_TYPE, EventId},
    failure::Failure,
    http::Head,
    reader::BodyFormat,
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
            // 202 means stored, without a subscriber at the moment.
            201 | 202 => Ok(None),
            _ => Err(refused("201 or 202", head, body)),
        }
    }

    fn read(
        &self,
        topic: &str,
        from: ReadFrom<'_>,
        mode: ReadMode,
    ) -> Result<ReadRequest, Failure> {
        let location = match (mode, from) {
            (ReadMode::Body, _) => return Err(no_body(self.name())),
            (ReadMode::Stream, ReadFrom::After(_)) => return Err(no_cursor(self.name())),
            (ReadMode::Stream, ReadFrom::Now) => "live",
            (ReadMode::Stream, ReadFrom::Beginning(_)) => "replay",
        };
        Ok(ReadRequest {
            path: format!("/{location}/{topic}"),
            headers: String::new(),
            format: BodyFormat::Events,
            has_ids: false,
        })
    }
}
