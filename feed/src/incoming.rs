//! The items of a stream, parsed from its messages.

use pulseboard_contract::{Event, EventId, Gap, Heartbeat};

/// One item of a stream in the envelope framing.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// An event.
    Event(Event),
    /// The stream is alive and has passed this position.
    Heartbeat(Heartbeat, Option<EventId>),
    /// Events are missing.
    Gap(Gap),
}

impl Incoming {
    /// Parses a message of the stream.
    ///
    /// # Errors
    ///
    /// Fails if the data is not what the message's type requires; the error says what is wrong.
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
