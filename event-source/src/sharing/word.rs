//! What windows say to each other, and how it is written: one text for all that is said at once.

use serde::{Deserialize, Serialize};

use crate::{Received, Status};

/// One thing said to all other windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// A window is there, has this to say to the leader, and asks how things stand.
    Here { window: String, note: String },
    /// A window goes.
    Gone { window: String },
    /// How the leader stands: the position of its stream, and what that is doing. Times in the
    /// status count from now.
    State {
        leader: String,
        cursor: String,
        status: Status,
    },
    /// The leader's stream brought these, one after another, the first after that position.
    Brought {
        after: String,
        #[serde(with = "rows")]
        received: Vec<Received>,
    },
    /// For a window that is new: what the leader's stream told of the present, which no log has.
    Present {
        window: String,
        #[serde(with = "rows")]
        received: Vec<Received>,
    },
}

impl Word {
    /// Adds a word to those that will be said together. What a stream brings comes one by one and
    /// is said as a whole.
    pub(crate) fn join(self, words: &mut Vec<Word>) {
        match (self, words.last_mut()) {
            (
                Self::Brought {
                    after,
                    received: more,
                },
                Some(Self::Brought { received, .. }),
            ) if received
                .last()
                .is_some_and(|last| last.last_event_id == after) =>
            {
                received.extend(more);
            }
            (word, _) => words.push(word),
        }
    }
}

/// The words as one text.
pub(crate) fn write(words: &[Word]) -> Result<String, serde_json::Error> {
    serde_json::to_string(words)
}

/// Reads them again; another version of the page may say what this one does not understand.
pub(crate) fn read(text: &str) -> Result<Vec<Word>, serde_json::Error> {
    serde_json::from_str(text)
}

/// Messages as `[type, data, id]`: names would be repeated thousands of times a second.
mod rows {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Received;

    pub(super) fn serialize<S: Serializer>(
        received: &[Received],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            received
                .iter()
                .map(|one| (&one.event_type, &one.data, &one.last_event_id)),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Received>, D::Error> {
        let rows = Vec::<(String, String, String)>::deserialize(deserializer)?;
        let received = |(event_type, data, last_event_id)| Received {
            event_type,
            data,
            last_event_id,
        };
        Ok(rows.into_iter().map(received).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(after: &str, id: &str) -> Word {
        let received = Received {
            event_type: "message".into(),
            data: r#"{"a":"ü"}"#.into(),
            last_event_id: id.into(),
        };
        Word::Brought {
            after: after.into(),
            received: vec![received],
        }
    }

    #[test]
    fn words_are_read_as_they_were_written() {
        let words = [
            Word::Here {
                window: "w".into(),
                note: "room".into(),
            },
            Word::State {
                leader: "w".into(),
                cursor: "a-1".into(),
                status: Status::Reconnecting {
                    attempt: 2,
                    at: Some(1.5),
                },
            },
            brought("a-1", "a-2"),
            Word::Present {
                window: "w".into(),
                received: Vec::new(),
            },
            Word::Gone { window: "w".into() },
        ];
        assert_eq!(read(&write(&words).unwrap()).unwrap(), words);
        assert!(read(r#"[{"Sing":{}}]"#).is_err());
    }

    #[test]
    fn what_a_stream_brings_in_a_row_is_one_word() {
        let mut words = Vec::new();
        let state = Word::Gone { window: "w".into() };
        for word in [
            brought("a-1", "a-2"),
            brought("a-2", "a-3"),
            state.clone(),
            brought("a-3", "a-4"),
        ] {
            word.join(&mut words);
        }
        let [
            Word::Brought { after, received },
            second,
            Word::Brought { .. },
        ] = words.as_slice()
        else {
            panic!("{words:?}")
        };
        assert_eq!((after.as_str(), received.len(), second), ("a-1", 2, &state));
    }
}
