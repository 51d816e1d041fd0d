//! Any peer's body, as deliveries: what a run judges is the same whoever wrote it.

use crate::{
    array::Array,
    batches::{Batches, Item},
    delivery::{Assembler, Delivery, Position},
    failure::Failure,
    payload::Shape,
    sse::Parser,
};

/// How events are written in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Server-Sent Events, one event a block.
    Events,
    /// Server-Sent Events, an array of events a block.
    Batches,
    /// One JSON array; the body ends with it.
    Array,
}

impl Coding {
    /// The `Content-Type` of such a body.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Array => "application/json",
            Self::Events | Self::Batches => "text/event-stream",
        }
    }
}

/// Reads one body.
#[derive(Debug)]
pub enum Reader {
    /// [`Coding::Events`].
    Events(Parser, Assembler),
    /// [`Coding::Batches`].
    Batches(Batches),
    /// [`Coding::Array`].
    Array(Array),
}

impl Reader {
    /// A reader of which nothing has been asked yet.
    pub fn new(coding: Coding) -> Self {
        match coding {
            Coding::Events => Self::Events(Parser::default(), Assembler::default()),
            Coding::Batches => Self::Batches(Batches::default()),
            Coding::Array => Self::Array(Array::default()),
        }
    }

    /// Where a reader that comes back goes on, as the stream itself says it. A stream of
    /// [`Coding::Events`] says it with every event, so there its judge knows:
    /// [`Checker::last`](crate::check::Checker::last).
    pub fn cursor(&self) -> Option<String> {
        match self {
            Self::Batches(batches) => batches.cursor(),
            Self::Events(..) | Self::Array(_) => None,
        }
    }

    /// Takes the next piece of the body and calls `each` with everything it delivers.
    pub fn feed(
        &mut self,
        piece: &[u8],
        shape: &Shape,
        mut each: impl FnMut(Delivery),
    ) -> Result<(), Failure> {
        // An array's events have no ids of their own.
        let event = |json: &[u8]| Delivery::Event(Position::Absent, shape.read(json));
        match self {
            Self::Events(parser, assembler) => parser.feed(piece, |field| {
                if let Some(delivery) = assembler.take(field, shape) {
                    each(delivery);
                }
            }),
            Self::Batches(batches) => batches.feed(piece, |part| match part {
                Item::Object(json) => each(event(json)),
                Item::End => each(Delivery::Bare(Position::Absent)),
            }),
            Self::Array(array) => array.feed(piece, |json| each(event(json))),
        }
    }

    /// The body is over: an error when it cannot have been whole.
    pub fn end(&self) -> Result<(), Failure> {
        match self {
            Self::Array(array) if array.is_closed() => Ok(()),
            Self::Array(_) => Err(Failure::run("a body ended within its array")),
            Self::Events(..) | Self::Batches(_) => Err(Failure::run("the server ended a stream")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    fn read(coding: Coding, body: &str) -> (Vec<Delivery>, bool) {
        let (mut reader, shape, mut found) = (Reader::new(coding), Shape::new(0), Vec::new());
        assert!(
            reader
                .feed(body.as_bytes(), &shape, |delivery| found.push(delivery))
                .is_ok()
        );
        (found, reader.end().is_ok())
    }

    #[test]
    fn the_same_event_is_read_from_every_coding() {
        let json = r#"{"n": 1, "sent": 2, "pad": ""}"#;
        let event = Delivery::Event(Position::Absent, Some(Payload { n: 1, sent: 2 }));
        let end = Delivery::Bare(Position::Absent);
        assert_eq!(
            read(Coding::Events, &format!("event: bench\ndata: {json}\n\n")),
            (vec![event], false)
        );
        assert_eq!(
            read(
                Coding::Batches,
                &format!("event: data\ndata:[{json},{json}]\n\n")
            ),
            (vec![event, event, end], false)
        );
        assert_eq!(
            read(Coding::Array, &format!("[{json},{json}]")),
            (vec![event, event], true)
        );
    }

    #[test]
    fn changed_data_has_no_payload_in_any_coding() {
        let json = r#"{"n": 1, "sent": 2, "pad": "x"}"#;
        let bodies = [
            (Coding::Events, format!("event: bench\ndata: {json}\n\n")),
            (Coding::Batches, format!("event: data\ndata:[{json}]\n\n")),
            (Coding::Array, format!("[{json}]")),
        ];
        for (coding, body) in bodies {
            assert_eq!(
                read(coding, &body).0.first(),
                Some(&Delivery::Event(Position::Absent, None)),
                "{coding:?}"
            );
        }
    }

    #[test]
    fn an_array_that_stops_early_did_not_come_whole() {
        assert!(!read(Coding::Array, "[{}").1);
    }
}
