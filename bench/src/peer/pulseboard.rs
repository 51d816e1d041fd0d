//! The protocol of Pulseboard: the response to a publish has the event id, and a stream resumes after
//! an event id.

use super::{Protocol, ReadFrom, ReadMode, ReadRequest, no_body, refused};
use crate::{
    delivery::{EVENT_TYPE, EventId},
    failure::Failure,
    http::Head,
    reader::BodyFormat,
};

#[derive(Debug)]
pub(super) struct Pulseboard {
    pub(super) name: &'static str,
}

impl Protocol for Pulseboard {
    fn name(&self) -> &'static str {
        self.name
    }

    fn publish(&self, topic: &str) -> String {
        format!(
            "POST /topics/{topic} HTTP/1.1\r\nContent-Type: application/json\r\nce-type: {EVENT_TYPE}\r\n"
        )
    }

    fn identity(&self, topic: &str, n: u64) -> Option<String> {
        Some(format!("ce-source: /{topic}\r\nce-id: {n}\r\n"))
    }

    fn acknowledged(&self, head: &Head, body: &[u8]) -> Result<Option<EventId>, Failure> {
        // 200 means that the event was stored before.
        if !matches!(head.status, 200 | 201) {
            return Err(refused("201", head, body));
        }
        // `{"id":"9f2c41d7-12"}`: the fourth quotation mark ends the id. There is no JSON parser here,
        // because this code limits a saturated run.
        let mut parts = body.split(|byte| *byte == b'"');
        let key = parts.nth(1);
        let id = parts
            .nth(1)
            .filter(|_| key == Some(b"id"))
            .and_then(EventId::parse);
        id.map(Some).ok_or_else(|| {
            Failure::run(format!(
                "the response has no event id: {}",
                String::from_utf8_lossy(body)
            ))
        })
    }

    fn read(
        &self,
        topic: &str,
        from: ReadFrom<'_>,
        mode: ReadMode,
    ) -> Result<ReadRequest, Failure> {
        let mut headers = String::new();
        let after = match (mode, from) {
            (ReadMode::Body, _) => return Err(no_body(self.name())),
            (ReadMode::Stream, ReadFrom::Now) => String::new(),
            // Browsers reconnect in this way: the same address, and the cursor in a header.
            (ReadMode::Stream, ReadFrom::After(cursor)) => {
                headers = format!("Last-Event-ID: {cursor}\r\n");
                String::new()
            }
            (ReadMode::Stream, ReadFrom::Beginning(Some(id))) => {
                format!("&last_event_id={}-0", id.epoch_text())
            }
            (ReadMode::Stream, ReadFrom::Beginning(None)) => "&last_event_id=start".to_owned(),
        };
        let path = format!("/events?topic={topic}&framing=named{after}");
        Ok(ReadRequest {
            path,
            headers,
            format: BodyFormat::Events,
            has_ids: true,
        })
    }
}
