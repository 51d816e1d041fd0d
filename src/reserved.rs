//! Topics and sources that mean something to Pulseboard itself.
//!
//! Chat rooms are a type of their own: [`Room`](crate::Room).

use crate::Topic;

/// The topic whose presence counts the open boards. It gets no tile.
pub const BOARD_TOPIC: &str = "board";
/// The topic of the server's own measurements. It gets the tiles of a machine.
pub const HOST_TOPIC: &str = "host/metrics";

/// The source of events about people who join and leave.
pub const PRESENCE_SOURCE: &str = "/presence";
/// The source of chat messages.
pub const CHAT_SOURCE: &str = "/chat";
/// The source of events whose publisher names none.
pub const DEFAULT_SOURCE: &str = "/publish";

/// [`BOARD_TOPIC`] as a topic.
pub fn board_topic() -> Topic {
    Topic::known(BOARD_TOPIC)
}

/// [`HOST_TOPIC`] as a topic.
pub fn host_topic() -> Topic {
    Topic::known(HOST_TOPIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_topics_are_valid_topics() {
        for topic in [board_topic(), host_topic()] {
            assert_eq!(Topic::new(topic.as_str()), Ok(topic));
        }
    }
}
