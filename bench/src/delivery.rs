//! From the fields of a stream to what was delivered: a position, an event of the run, or something
//! else.
//!
//! Payloads are read the moment their line is complete, because the bytes are gone with the next
//! read.

use std::{fmt, time::Duration};

use crate::{
    payload::{Payload, Shape},
    sse::Field,
};

/// The event type a run publishes under.
pub const EVENT_TYPE: &str = "bench";

/// An event's position in the log: `<epoch>-<sequence>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    /// The bytes of the epoch's text.
    pub epoch: u128,
    /// The sequence number.
    pub seq: u64,
}

impl EventId {
    /// Reads an id; `None` for what is not one (an epoch has 1 to 16 bytes).
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

    /// The epoch as it is written.
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

/// What a block says about the position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// It has no `id:`.
    #[default]
    Absent,
    /// Its `id:` is not an event id.
    Broken,
    /// The id.
    At(EventId),
}

/// One block of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Only an `id:`, or nothing at all.
    Bare(Position),
    /// An event of the run; without a payload when its data is not what was published.
    Event(Position, Option<Payload>),
    /// The server says that history was lost.
    Gap,
    /// A heartbeat or any other event.
    Other(Position),
    /// No block: how long to wait before coming back, once this stream has broken. It holds from
    /// its line on.
    Retry(Duration),
}

/// Collects the fields of a block.
#[derive(Debug, Default)]
pub struct Assembler {
    position: Position,
    kind: Kind,
    data: Data,
}

#[derive(Debug, Default)]
enum Kind {
    Bench,
    Gap,
    #[default]
    Other,
}

#[derive(Debug, Default)]
enum Data {
    #[default]
    Absent,
    Read(Payload),
    Broken,
}

impl Assembler {
    /// Takes a field and returns what the block was, when the field ends one.
    pub fn take(&mut self, field: Field<'_>, shape: &Shape) -> Option<Delivery> {
        match field {
            Field::Id(text) => {
                self.position = EventId::parse(text).map_or(Position::Broken, Position::At);
            }
            Field::Event(name) => {
                self.kind = match name {
                    b"gap" => Kind::Gap,
                    name if name == EVENT_TYPE.as_bytes() => Kind::Bench,
                    _ => Kind::Other,
                };
            }
            Field::Data(text) => {
                self.data = match self.data {
                    Data::Absent => shape.read(text).map_or(Data::Broken, Data::Read),
                    // A payload is published on one line, so on two it is another one.
                    Data::Read(_) | Data::Broken => Data::Broken,
                };
            }
            Field::Retry(text) => return milliseconds(text).map(Delivery::Retry),
            Field::End => return Some(std::mem::take(self).end()),
        }
        None
    }

    fn end(self) -> Delivery {
        match (self.kind, self.data) {
            // A block without data is no event, whatever its name (HTML standard, "dispatch the
            // event").
            (_, Data::Absent) => Delivery::Bare(self.position),
            (Kind::Bench, Data::Read(payload)) => Delivery::Event(self.position, Some(payload)),
            (Kind::Bench, Data::Broken) => Delivery::Event(self.position, None),
            (Kind::Gap, _) => Delivery::Gap,
            (Kind::Other, _) => Delivery::Other(self.position),
        }
    }
}

/// The value of `retry:`, which is ignored unless it is nothing but digits.
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
        let (mut parser, mut assembler, shape) =
            (Parser::default(), Assembler::default(), Shape::new(0));
        let mut found = Vec::new();
        let fed = parser.feed(stream.as_bytes(), |field| {
            found.extend(assembler.take(field, &shape));
        });
        assert!(fed.is_ok());
        found
    }

    fn at(text: &str) -> Position {
        EventId::parse(text.as_bytes()).map_or(Position::Broken, Position::At)
    }

    #[test]
    fn each_kind_of_block_is_told_apart() {
        assert_eq!(
            deliveries(
                "retry: 2000\nid: e-4\n\nid: e-5\nevent: bench\ndata: {\"n\": 1, \"sent\": 2, \"pad\": \"\"}\n\n\
                 event: heartbeat\nid: e-6\ndata: {}\n\nevent: gap\ndata: {}\n\nid: nonsense\ndata: x\n\n"
            ),
            [
                Delivery::Retry(Duration::from_secs(2)),
                Delivery::Bare(at("e-4")),
                Delivery::Event(at("e-5"), Some(Payload { n: 1, sent: 2 })),
                Delivery::Other(at("e-6")),
                Delivery::Gap,
                Delivery::Other(Position::Broken),
            ]
        );
    }

    #[test]
    fn data_that_was_not_published_has_no_payload() {
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
                [Delivery::Event(at("e-5"), None)],
                "{data}"
            );
        }
    }

    #[test]
    fn a_retry_is_digits_and_nothing_else() {
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
    fn ids_are_an_epoch_and_a_sequence() {
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
