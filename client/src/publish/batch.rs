//! The events of one request: as many as are waiting, up to the limits of the server.

use pulseboard_contract::{Json, limits::BATCH_BYTES};

/// The largest number of events in one request.
pub(super) const MAX_EVENTS: usize = 1_000;

/// An event that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PreparedEvent {
    /// The number of its input line; `None` if it comes from the command line.
    pub(super) line: Option<u64>,
    /// The envelope.
    pub(super) json: Json,
}

/// Events in the order of the input, within the limits.
#[derive(Debug)]
pub(super) struct Batch {
    events: Vec<PreparedEvent>,
    bytes: usize,
}

impl Batch {
    pub(super) fn of(event: PreparedEvent) -> Self {
        // Two brackets, and a comma for each event.
        Self {
            bytes: 2 + event.json.as_str().len() + 1,
            events: vec![event],
        }
    }

    /// Adds an event. If the batch is full, the event is the error.
    pub(super) fn push(&mut self, event: PreparedEvent) -> Result<(), PreparedEvent> {
        let bytes = self.bytes + event.json.as_str().len() + 1;
        if self.events.len() >= MAX_EVENTS || bytes > BATCH_BYTES {
            return Err(event);
        }
        self.bytes = bytes;
        self.events.push(event);
        Ok(())
    }

    pub(super) fn into_events(self) -> Vec<PreparedEvent> {
        self.events
    }
}

/// The request body: a JSON array of envelopes.
pub(super) fn body(events: &[PreparedEvent]) -> String {
    let texts: Vec<_> = events.iter().map(|event| event.json.as_str()).collect();
    format!("[{}]", texts.join(","))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(text: &str) -> PreparedEvent {
        PreparedEvent {
            line: Some(1),
            json: Json::of(text).unwrap(),
        }
    }

    #[test]
    fn a_full_batch_gives_the_event_back() {
        let mut batch = Batch::of(event("0"));
        for n in 1..MAX_EVENTS {
            batch.push(event(&n.to_string())).unwrap();
        }
        assert_eq!(batch.push(event("more")), Err(event("more")));
        assert_eq!(batch.into_events().len(), MAX_EVENTS);

        let large = "x".repeat(60 * 1024);
        let mut batch = Batch::of(event(&large));
        while batch.push(event(&large)).is_ok() {}
        let events = batch.into_events();
        let bytes = body(&events).len();
        assert!(
            bytes <= BATCH_BYTES && bytes + large.len() + 3 > BATCH_BYTES,
            "{bytes}"
        );
    }

    #[test]
    fn the_body_has_the_envelopes_in_their_order() {
        assert_eq!(body(&[event("a"), event("b")]), r#"["a","b"]"#);
    }
}
