//! What tabs send each other. Messages that are sent together travel as one text.

use serde::{Deserialize, Serialize};

use crate::{Message, Status};

/// A message of one tab to all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum TabMessage {
    /// The tab is here and has this interest. The leader answers with its state.
    Announce { tab: String, interest: String },
    /// The tab leaves.
    Leave { tab: String },
    /// The leader's cursor and the status of its stream. A time in the status counts from now, because
    /// tabs have different clocks.
    LeaderState {
        leader: String,
        cursor: String,
        status: Status,
    },
    /// The messages that the leader's stream brought, one after another, the first after the cursor
    /// `after`.
    Relay {
        after: String,
        #[serde(with = "rows")]
        messages: Vec<Message>,
    },
    /// For a tab that is new: the latest messages that describe a present state.
    Latest {
        tab: String,
        #[serde(with = "rows")]
        messages: Vec<Message>,
    },
}

impl TabMessage {
    /// Appends this to messages that are sent together. Consecutive relays become one.
    pub(crate) fn append_to(self, outgoing: &mut Vec<TabMessage>) {
        match (self, outgoing.last_mut()) {
            (
                Self::Relay {
                    after,
                    messages: more,
                },
                Some(Self::Relay { messages, .. }),
            ) if messages
                .last()
                .is_some_and(|last| last.last_event_id == after) =>
            {
                messages.extend(more);
            }
            (message, _) => outgoing.push(message),
        }
    }
}

/// Writes messages as one text.
pub(crate) fn encode(messages: &[TabMessage]) -> Result<String, serde_json::Error> {
    serde_json::to_string(messages)
}

/// Reads the messages of a text. It fails if another version of this crate wrote it.
pub(crate) fn decode(text: &str) -> Result<Vec<TabMessage>, serde_json::Error> {
    serde_json::from_str(text)
}

/// Messages as `[type, data, id]`: field names would be repeated thousands of times a second.
mod rows {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Message;

    pub(super) fn serialize<S: Serializer>(
        messages: &[Message],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            messages
                .iter()
                .map(|message| (&message.event_type, &message.data, &message.last_event_id)),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Message>, D::Error> {
        let rows = Vec::<(String, String, String)>::deserialize(deserializer)?;
        let message = |(event_type, data, last_event_id)| Message {
            event_type,
            data,
            last_event_id,
        };
        Ok(rows.into_iter().map(message).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(after: &str, id: &str) -> TabMessage {
        let message = Message {
            event_type: "message".into(),
            data: r#"{"a":"ü"}"#.into(),
            last_event_id: id.into(),
        };
        TabMessage::Relay {
            after: after.into(),
            messages: vec![message],
        }
    }

    fn leave() -> TabMessage {
        TabMessage::Leave { tab: "t".into() }
    }

    #[test]
    fn messages_are_read_as_they_were_written() {
        let messages = [
            TabMessage::Announce {
                tab: "t".into(),
                interest: "room".into(),
            },
            TabMessage::LeaderState {
                leader: "t".into(),
                cursor: "a-1".into(),
                status: Status::Reconnecting {
                    attempt: 2,
                    at: Some(1.5),
                },
            },
            relay("a-1", "a-2"),
            TabMessage::Latest {
                tab: "t".into(),
                messages: Vec::new(),
            },
            leave(),
        ];
        assert_eq!(decode(&encode(&messages).unwrap()).unwrap(), messages);
        assert!(decode(r#"[{"Sing":{}}]"#).is_err());
    }

    #[test]
    fn consecutive_relays_become_one_message() {
        let mut outgoing = Vec::new();
        for message in [
            relay("a-1", "a-2"),
            relay("a-2", "a-3"),
            leave(),
            relay("a-3", "a-4"),
        ] {
            message.append_to(&mut outgoing);
        }
        let [
            TabMessage::Relay { after, messages },
            second,
            TabMessage::Relay { .. },
        ] = outgoing.as_slice()
        else {
            panic!("{outgoing:?}")
        };
        assert_eq!(
            (after.as_str(), messages.len(), second),
            ("a-1", 2, &leave())
        );
    }
}
