//! The deliveries of a stream: its blocks, assembled from fields. A delivery is an event id alone, an
//! event of the run, or another event.
//!
//! A payload is parsed as soon as its line is complete, because the next read overwrites its bytes.

use std::{fmt, time::Duration};

use crate::{
    payload::{Payload, PayloadCodec},
    sse::Field,
};

/// The type of the events that a run publishes.
pub const EVENT_TYPE: &str = "bench";

/// An event id: `<epoch>-<sequence>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    /// The bytes of the epoch's text.
    pub epoch: u128,
    /// The sequence number.
    pub seq: u64,
}

impl EventId {
    /// Parses an event id. Returns `None` if the text is not one; an epoch has 1 to 16 bytes.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let dash = text.iter().rposition(|byte| *byte == b'-')?;
        let (epoch, seq) = (&text[..dash], &text[dash + 1..]);
        if !(1..=16).contains(&epoch.len()) || seq.is_empty() {
            return None;
        }
        let epoch = epoch
            .iter()
            .fold(0, |epoch, byte| epoch << 8 | u128::from(*byte));
        let seq = seq.iter().try_fold(0_u64, |seq, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            seq.checked_mul(10)?.checked_add(digit)
        })?;
        Some(Self { epoch, seq })
    }

    /// Returns the epoch as text.
    pub fn epoch_text(self) -> String {
        let bytes = self.epoch.to_be_bytes();
        String::from_utf8_lossy(&bytes[self.epoch.leading_zeros() as usize / 8..]).into_owned()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch_text(), self.seq)
    }
}

/// The `id:` of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockId {
    /// The block has no `id:`.
    #[default]
    Absent,
    /// The value is not an event id.
    Invalid,
    /// The value is an event id.
    Valid(EventId),
}

/// One block of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A block without data. It may have an id.
    NoData(BlockId),
    /// An event of the run. It has no payload if its data differs from the published data.
    Event(BlockId, Option<Payload>),
    /// The server reports that history was lost.
    Gap,
    /// A heartbeat or any other event.
    Other(BlockId),
    /// A `retry:` line, which applies at once: how long to wait before reconnecting.
    Retry(Duration),
}

/// Assembles the fields of a block.
#[derive(Debug, Default)]
pub struct Assembler {
    block_id: BlockId,
    event: EventName,
    data: Data,
}

#[derive(Debug, Default)]
enum EventName {
    Bench,
    Gap,
    #[default]
    Other,
}

#[derive(Debug, Default)]
enum Data {
    #[default]
    Absent,
    Valid(Payload),
    Invalid,
}

impl Assembler {
    /// Takes the next field. Returns the delivery if the field completes one.
    pub fn take(&mut self, field: Field<'_>, codec: &PayloadCodec) -> Option<Delivery> {
        match field {
            Field::Id(text) => {
                self.block_id = EventId::parse(text).map_or(BlockId::Invalid, BlockId::Valid);
            }
            Field::Event(name) => {
                self.event = match name {
                    b"gap" => EventName::Gap,
                    name if name == EVENT_TYPE.as_bytes() => EventName::Bench,
                    _ => EventName::Other,
                };
            }
            Field::Data(text) => {
                self.data = match self.data {
                    Data::Absent => codec.decode(text).map_or(Data::Invalid, Data::Valid),
                    // A payload is published on one line, so a second line changes it.
                    Data::Valid(_) | Data::Invalid => Data::Invalid,
                };
            }
            Field::Retry(text) => return milliseconds(text).map(Delivery::Retry),
            Field::End => return Some(std::mem::take(self).end()),
        }
        None
    }

    fn end(self) -> Delivery {
        match (self.event, self.data) {
            // A block without data is not an event, whatever its name is (HTML standard, "dispatch
            // the event").
            (_, Data::Absent) => Delivery::NoData(self.block_id),
            (EventName::Bench, Data::Valid(payload)) => {
                Delivery::Event(self.block_id, Some(payload))
            }
            (EventName::Bench, Data::Invalid) => Delivery::Event(self.block_id, None),
            (EventName::Gap, _) => Delivery::Gap,
            (EventName::Other, _) => Delivery::Other(self.block_id),
        }
    }
}

/// Parses the value of `retry:`. A value that is not only digits is ignored.
fn milliseconds(text: &[u8]) -> Option<Duration> {
    let digits = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sse::Parser;

    fn deliveries(stream: &str) -> Vec<Delivery> {
        let (mut parser, mut assembler, codec) = (
            Parser::default(),
            Assembler::default(),
            PayloadCodec::new(0),
        );
        let mut found = Vec::new();
        let fed = parser.feed(stream.as_bytes(), |field| {
            found.extend(assembler.take(field, &codec));
        });
        assert!(fed.is_ok());
        found
    }

    fn valid(text: &str) -> BlockId {
        EventId::parse(text.as_bytes()).map_or(BlockId::Invalid, BlockId::Valid)
    }

    #[test]
    fn each_kind_of_block_is_recognized() {
        assert_eq!(
            deliveries(
                "retry: 2000\nid: e-4\n\nid: e-5\nevent: bench\ndata: {\"n\": 1, \"sent\": 2, \"pad\": \"\"}\n\n\
                 event: heartbeat\nid: e-6\ndata: {}\n\nevent: gap\ndata: {}\n\nid: nonsense\ndata: x\n\n"
            ),
            [
                Delivery::Retry(Duration::from_secs(2)),
                Delivery::NoData(valid("e-4")),
                Delivery::Event(valid("e-5"), Some(Payload { n: 1, sent: 2 })),
                Delivery::Other(valid("e-6")),
                Delivery::Gap,
                Delivery::Other(BlockId::Invalid),
            ]
        );
    }

    #[test]
    fn data_that_differs_from_the_published_data_has_no_payload() {
        let line = "data: {\"n\": 1, \"sent\": 2, \"pad\": \"\"}\n";
        for data in [
            "data: {}\n",
            "data\n",
            &line.replace("pad\": \"", "pad\": \"x"),
            &line.repeat(2),
        ] {
            let block = format!("id: e-5\nevent: bench\n{data}\n");
            assert_eq!(
                deliveries(&block),
                [Delivery::Event(valid("e-5"), None)],
                "{data}"
            );
        }
    }

    #[test]
    fn a_retry_that_is_not_only_digits_is_ignored() {
        assert_eq!(
            deliveries("retry: 0\nretry:4000\n"),
            [
                Delivery::Retry(Duration::ZERO),
                Delivery::Retry(Duration::from_secs(4))
            ]
        );
        for wrong in [
            "",
            "+5",
            "-1",
            "5 ",
            "2.5",
            "1e3",
            "soon",
            "99999999999999999999",
        ] {
            assert_eq!(deliveries(&format!("retry: {wrong}\n")), [], "{wrong:?}");
        }
    }

    #[test]
    fn an_event_id_has_an_epoch_and_a_sequence() {
        assert_eq!(EventId::parse(b"9f2c41d7-12").map(|id| id.seq), Some(12));
        assert_eq!(
            EventId::parse(b"9f2c41d7-12").map(EventId::epoch_text),
            Some("9f2c41d7".to_owned())
        );
        assert_eq!(
            EventId::parse(b"9f2c-41d7-12").map(|id| id.to_string()),
            Some("9f2c-41d7-12".to_owned())
        );
        assert_ne!(EventId::parse(b"a-1"), EventId::parse(b"b-1"));
        for wrong in [
            "",
            "-",
            "a-",
            "-1",
            "a1",
            "a-1x",
            "a-18446744073709551616",
            "seventeen-letters-1",
        ] {
            assert_eq!(EventId::parse(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
