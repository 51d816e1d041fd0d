//! Events that leave in one request: as many as were waiting, up to what the server takes.

use pulseboard_contract::Json;

/// The most events of one request.
pub(super) const MOST_EVENTS: usize = 1_000;
/// The most bytes of one request; the server's limit.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// An event ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    /// The line it comes from, if it comes from one.
    pub(super) line: Option<u64>,
    /// Its envelope.
    pub(super) json: Json,
}

/// Events in the order they were read, within the limits.
#[derive(Debug)]
pub(super) struct Batch {
    events: Vec<Prepared>,
    bytes: usize,
}

impl Batch {
    pub(super) fn of(event: Prepared) -> Self {
        // The brackets around them, and a comma an event.
        Self {
            bytes: 2 + event.json.as_str().len() + 1,
            events: vec![event],
        }
    }

    /// Adds an event, or gives it back where the batch is full.
    pub(super) fn push(&mut self, event: Prepared) -> Result<(), Prepared> {
        let bytes = self.bytes + event.json.as_str().len() + 1;
        if self.events.len() >= MOST_EVENTS || bytes > MOST_BYTES {
            return Err(event);
        }
        self.bytes = bytes;
        self.events.push(event);
        Ok(())
    }

    pub(super) fn into_events(self) -> Vec<Prepared> {
        self.events
    }
}

/// The request's body: a JSON array of envelopes.
pub(super) fn body(events: &[Prepared]) -> String {
    let texts: Vec<_> = events.iter().map(|event| event.json.as_str()).collect();
    format!("[{}]", texts.join(","))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(text: &str) -> Prepared {
        Prepared {
            line: Some(1),
            json: Json::of(text).unwrap(),
        }
    }

    #[test]
    fn a_batch_is_full_at_its_limits_and_gives_back_what_does_not_fit() {
        let mut batch = Batch::of(event("0"));
        for n in 1..MOST_EVENTS {
            batch.push(event(&n.to_string())).unwrap();
        }
        assert_eq!(batch.push(event("more")), Err(event("more")));
        assert_eq!(batch.into_events().len(), MOST_EVENTS);

        let large = "x".repeat(60 * 1024);
        let mut batch = Batch::of(event(&large));
        while batch.push(event(&large)).is_ok() {}
        let events = batch.into_events();
        let bytes = body(&events).len();
        assert!(
            bytes <= MOST_BYTES && bytes + large.len() + 3 > MOST_BYTES,
            "{bytes}"
        );
    }

    #[test]
    fn the_body_is_the_envelopes_in_their_order() {
        assert_eq!(body(&[event("a"), event("b")]), r#"["a","b"]"#);
    }
}
