//! What a stream brings, read from its messages.

use pulseboard_contract::{Event, EventId, Gap, Heartbeat};

use crate::event_source::Received;

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
    pub fn parse(received: &Received) -> Result<Self, String> {
        let problem = |error: serde_json::Error| format!("{}: {error}", received.event_type);
        match received.event_type.as_str() {
            "heartbeat" => {
                let heartbeat = serde_json::from_str(&received.data).map_err(problem)?;
                Ok(Self::Heartbeat(
                    heartbeat,
                    received.last_event_id.parse().ok(),
                ))
            }
            "gap" => Ok(Self::Gap(
                serde_json::from_str(&received.data).map_err(problem)?,
            )),
            _ => Ok(Self::Event(
                serde_json::from_str(&received.data).map_err(problem)?,
            )),
        }
    }
}
