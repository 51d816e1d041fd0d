//! What a stream brings, read from its messages.

use pulseboard_contract::{Event, EventId, Gap, Heartbeat};

/// What a stream in the envelope framing brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// Something happened.
    Event(Event),
    /// The stream is alive, and has passed this position.
    Heartbeat(Heartbeat, Option<EventId>),
    /// History was lost.
    Gap(Gap),
}

impl Incoming {
    /// Reads a message of the stream; the error says what was wrong with it.
    pub fn parse(event_type: &str, data: &str, last_event_id: &str) -> Result<Self, String> {
        let problem = |error: serde_json::Error| format!("{event_type}: {error}");
        match event_type {
            "heartbeat" => {
                let heartbeat = serde_json::from_str(data).map_err(problem)?;
                Ok(Self::Heartbeat(heartbeat, last_event_id.parse().ok()))
            }
            "gap" => Ok(Self::Gap(serde_json::from_str(data).map_err(problem)?)),
            _ => Ok(Self::Event(serde_json::from_str(data).map_err(problem)?)),
        }
    }
}
