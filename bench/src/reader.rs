//! The reader of a response body. It turns the body of any kind of server into deliveries, so that
//! all servers are checked in the same way.

use crate::{
    array::ArrayParser,
    batches::{BatchParser, Item},
    delivery::{Assembler, BlockId, Delivery},
    failure::Failure,
    payload::PayloadCodec,
    sse::Parser,
};

/// How events are written in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// Server-Sent Events, one event per block.
    Events,
    /// Server-Sent Events, one array of events per block.
    Batches,
    /// One JSON array, which is the whole body.
    Array,
}

impl BodyFormat {
    /// Returns the `Content-Type` of such a body.
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
    /// [`BodyFormat::Events`].
    Events(Parser, Assembler),
    /// [`BodyFormat::Batches`].
    Batches(BatchParser),
    /// [`BodyFormat::Array`].
    Array(ArrayParser),
}

impl Reader {
    /// Creates the reader of a body in this format.
    pub fn new(format: BodyFormat) -> Self {
        match format {
            BodyFormat::Events => Self::Events(Parser::default(), Assembler::default()),
            BodyFormat::Batches => Self::Batches(BatchParser::default()),
            BodyFormat::Array => Self::Array(ArrayParser::default()),
        }
    }

    /// Returns the cursor to resume after, if the body itself has one. In [`BodyFormat::Events`] every
    /// event has an id, so [`Checker::last`](crate::check::Checker::last) is the cursor.
    pub fn cursor(&self) -> Option<String> {
        match self {
            Self::Batches(batches) => batches.cursor(),
            Self::Events(..) | Self::Array(_) => None,
        }
    }

    /// Reads the next piece of the body and calls `each` with every delivery.
    ///
    /// # Errors
    /// If the body is malformed.
    pub fn feed(
        &mut self,
        piece: &[u8],
        codec: &PayloadCodec,
        mut each: impl FnMut(Delivery),
    ) -> Result<(), Failure> {
        // The events of an array have no ids.
        let event = |json: &[u8]| Delivery::Event(BlockId::Absent, codec.decode(json));
        match self {
            Self::Events(parser, assembler) => parser.feed(piece, |field| {
                if let Some(delivery) = assembler.take(field, codec) {
                    each(delivery);
                }
            }),
            Self::Batches(batches) => batches.feed(piece, |item| match item {
                Item::Object(json) => each(event(json)),
                Item::End => each(Delivery::NoData(BlockId::Absent)),
            }),
            Self::Array(array) => array.feed(piece, |json| each(event(json))),
        }
    }

    /// Checks that the body is complete at its end.
    ///
    /// # Errors
    /// If the body is incomplete, or if it is a stream, which the server must not end.
    pub fn end(&self) -> Result<(), Failure> {
        match self {
            Self::Array(array) if array.is_closed() => Ok(()),
            Self::Array(_) => Err(Failure::run("a body ended inside its array")),
            Self::Events(..) | Self::Batches(_) => Err(Failure::run("the server ended a stream")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    fn read(format: BodyFormat, body: &str) -> (Vec<Delivery>, bool) {
        let (mut reader, codec, mut found) =
            (Reader::new(format), PayloadCodec::new(0), Vec::new());
        assert!(
            reader
                .feed(body.as_bytes(), &codec, |delivery| found.push(delivery))
                .is_ok()
        );
        (found, reader.end().is_ok())
    }

    #[test]
    fn the_same_event_is_read_from_every_format() {
        let json = r#"{"n": 1, "sent": 2, "pad": ""}"#;
        let event = Delivery::Event(BlockId::Absent, Some(Payload { n: 1, sent: 2 }));
        let end = Delivery::NoData(BlockId::Absent);
        assert_eq!(
            read(
                BodyFormat::Events,
                &format!("event: bench\ndata: {json}\n\n")
            ),
            (vec![event], false)
        );
        assert_eq!(
            read(
                BodyFormat::Batches,
                &format!("event: data\ndata:[{json},{json}]\n\n")
            ),
            (vec![event, event, end], false)
        );
        assert_eq!(
            read(BodyFormat::Array, &format!("[{json},{json}]")),
            (vec![event, event], true)
        );
    }

    #[test]
    fn changed_data_has_no_payload_in_any_format() {
        let json = r#"{"n": 1, "sent": 2, "pad": "x"}"#;
        let bodies = [
            (
                BodyFormat::Events,
                format!("event: bench\ndata: {json}\n\n"),
            ),
            (
                BodyFormat::Batches,
                format!("event: data\ndata:[{json}]\n\n"),
            ),
            (BodyFormat::Array, format!("[{json}]")),
        ];
        for (format, body) in bodies {
            assert_eq!(
                read(format, &body).0.first(),
                Some(&Delivery::Event(BlockId::Absent, None)),
                "{format:?}"
            );
        }
    }

    #[test]
    fn an_array_that_stops_early_is_incomplete() {
        assert!(!read(BodyFormat::Array, "[{}").1);
    }
}
