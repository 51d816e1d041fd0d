//! The parser of the Server-Sent Events of durable-streams: `data` blocks, each one line with a JSON
//! array of many events, and `control` blocks between them.
//!
//! A replay is a single line of any length. [`sse::Parser`](crate::sse::Parser) would hold the whole
//! line in memory, for each of 500 clients; this parser does not. The server writes LF only and one
//! `data` line per block.

use memchr::{memchr, memmem};

use crate::{array::ArrayParser, failure::Failure};

/// The limit of field names and event names. The server's names are shorter.
const LONGEST_NAME: usize = 64;
/// The limit of a `control` block. The server's blocks are shorter.
const LONGEST_CONTROL: usize = 4 << 10;
/// The key of the offset in a `control` block.
const OFFSET: &str = "streamNextOffset";

/// A complete part of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// One event's JSON.
    Object(&'a [u8]),
    /// The end of a block.
    End,
}

/// Parses one stream.
#[derive(Debug, Default)]
pub struct BatchParser {
    state: State,
    /// The received part of a field name, of the value of `event:`, or of a `control` block.
    text: Vec<u8>,
    /// The name of the block.
    name: Name,
    /// The last `control` block with an offset. It is parsed only on request.
    control: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Name {
    Data,
    Control,
    #[default]
    Other,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Name,
    /// The value of `event:`.
    Event,
    /// The value of `data:` in a `data` block.
    Array(ArrayParser),
    /// The value of `data:` in a `control` block.
    Control,
    /// The value of any other field.
    Other,
}

impl BatchParser {
    /// Returns the offset to resume from.
    pub fn cursor(&self) -> Option<String> {
        let control: serde_json::Value = serde_json::from_slice(&self.control).ok()?;
        control[OFFSET].as_str().map(str::to_owned)
    }

    /// Parses the next piece of the body and calls `each` with every complete item.
    ///
    /// # Errors
    /// If the body is not a stream of durable-streams.
    pub fn feed(&mut self, piece: &[u8], mut each: impl FnMut(Item<'_>)) -> Result<(), Failure> {
        let mut rest = piece;
        while !rest.is_empty() {
            if matches!(self.state, State::Name) {
                rest = self.name(rest, &mut each)?;
                continue;
            }
            let line = memchr(b'\n', rest);
            let (value, tail) = line.map_or((rest, &rest[rest.len()..]), |end| {
                (&rest[..end], &rest[end + 1..])
            });
            match &mut self.state {
                State::Array(array) => array.feed(value, |object| each(Item::Object(object)))?,
                State::Event | State::Control => self.text.extend_from_slice(value),
                State::Other | State::Name => {}
            }
            let longest = if matches!(self.state, State::Control) {
                LONGEST_CONTROL
            } else {
                LONGEST_NAME
            };
            if self.text.len() > longest {
                return Err(Failure::run(
                    "the stream has a name or a control block that is too long",
                ));
            }
            if line.is_some() {
                self.end_line()?;
            }
            rest = tail;
        }
        Ok(())
    }

    /// Parses the name of a field, or the empty line that ends a block. Returns the rest.
    fn name<'a>(
        &mut self,
        bytes: &'a [u8],
        each: &mut impl FnMut(Item<'_>),
    ) -> Result<&'a [u8], Failure> {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b':' => {
                    self.state = match (self.text.as_slice(), self.name) {
                        (b"event", _) => State::Event,
                        (b"data", Name::Data) => State::Array(ArrayParser::default()),
                        (b"data", Name::Control) => State::Control,
                        _ => State::Other,
                    };
                    self.text.clear();
                    return Ok(&bytes[at + 1..]);
                }
                b'\n' => {
                    if self.text.is_empty() {
                        self.name = Name::Other;
                        each(Item::End);
                    }
                    self.text.clear();
                }
                _ if self.text.len() == LONGEST_NAME => {
                    return Err(Failure::run("a line of the stream has no field name"));
                }
                byte => self.text.push(*byte),
            }
        }
        Ok(&[])
    }

    fn end_line(&mut self) -> Result<(), Failure> {
        match std::mem::take(&mut self.state) {
            State::Event => {
                self.name = match self.text.trim_ascii() {
                    b"data" => Name::Data,
                    b"control" => Name::Control,
                    _ => Name::Other,
                };
                self.text.clear();
            }
            State::Control => {
                if memmem::find(&self.text, OFFSET.as_bytes()).is_some() {
                    std::mem::swap(&mut self.control, &mut self.text);
                }
                self.text.clear();
            }
            State::Array(array) if !array.is_closed() => {
                return Err(Failure::run("a line of events ends inside its array"));
            }
            State::Array(_) | State::Other | State::Name => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"event: control\ndata:{\"upToDate\":true}\n\nevent: data\ndata:[{\"n\": 1},{\"n\": 2}]\n\n\
        event: control\ndata:{\"streamNextOffset\":\"7\"}\n\n: comment\n\nevent: data\ndata: [{\"n\": 3}]\n\n";

    fn items<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<String, Failure> {
        let (mut batches, mut found) = (BatchParser::default(), String::new());
        for piece in pieces {
            batches.feed(piece, |item| match item {
                Item::Object(object) => found.push_str(&String::from_utf8_lossy(object)),
                Item::End => found.push('|'),
            })?;
        }
        Ok(found)
    }

    #[test]
    fn a_stream_cut_at_any_byte_gives_the_same_events() -> Result<(), Failure> {
        let expected = "|{\"n\": 1}{\"n\": 2}|||{\"n\": 3}|";
        for cut in 0..=STREAM.len() {
            assert_eq!(
                items([&STREAM[..cut], &STREAM[cut..]])?,
                expected,
                "cut at {cut}"
            );
        }
        assert_eq!(items(STREAM.chunks(1))?, expected);
        Ok(())
    }

    #[test]
    fn the_cursor_is_the_newest_offset_in_a_control_block() -> Result<(), Failure> {
        for size in 1..=STREAM.len() {
            let mut batches = BatchParser::default();
            assert_eq!(batches.cursor(), None);
            for piece in STREAM.chunks(size) {
                batches.feed(piece, |_| ())?;
            }
            assert_eq!(
                batches.cursor().as_deref(),
                Some("7"),
                "in pieces of {size}"
            );
            batches.feed(
                b"event: control\ndata:{\"streamNextOffset\":\"9\"}\n\nevent: control\ndata:{}\n\n",
                |_| (),
            )?;
            assert_eq!(batches.cursor().as_deref(), Some("9"));
        }
        Ok(())
    }

    #[test]
    fn malformed_lines_are_refused() {
        let long = "x".repeat(100);
        let named = format!("event: {long}\n");
        for wrong in [
            "event: data\ndata:[{}\n",
            "event: data\ndata:{}\n",
            "event: data\ndata:[{}]]\n",
            &long,
            &named,
        ] {
            assert!(items([wrong.as_bytes()]).is_err(), "{wrong}");
        }
    }
}
