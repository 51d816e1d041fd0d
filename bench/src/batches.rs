//! Server-Sent Events of durable-streams: blocks named `data`, each one line with a JSON array of
//! many events, and blocks named `control` between them.
//!
//! A replay comes as a single line of any length, which is why this is not
//! [`sse::Parser`](crate::sse::Parser): that one holds a line until it is whole, and 500 clients
//! holding a whole replay each would measure the generator's memory. The server writes LF only and
//! one `data` line a block.

use memchr::{memchr, memmem};

use crate::{array::Array, failure::Failure};

/// The names that occur are shorter.
const LONGEST_NAME: usize = 64;
/// What a `control` block says is shorter.
const LONGEST_CONTROL: usize = 4 << 10;
/// Where in a `control` block the offset stands.
const OFFSET: &str = "streamNextOffset";

/// What a piece of the stream completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// One event's JSON.
    Object(&'a [u8]),
    /// A block came to its end.
    End,
}

/// Reads one stream.
#[derive(Debug, Default)]
pub struct Batches {
    state: State,
    /// The field's name, or the value of `event:`, as far as it has come.
    text: Vec<u8>,
    /// What the block is named.
    name: Name,
    /// The last `control` block that told the offset behind everything before it; read only when it
    /// is asked for.
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
    /// The value of a `data:` line with events.
    Array(Array),
    /// The value of a `data:` line about the stream itself.
    Control,
    /// The value of anything else.
    Other,
}

impl Batches {
    /// The offset to go on from.
    pub fn cursor(&self) -> Option<String> {
        let control: serde_json::Value = serde_json::from_slice(&self.control).ok()?;
        control[OFFSET].as_str().map(str::to_owned)
    }

    /// Takes the next piece of the body and calls `each` with everything it completes.
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
                    "a block of the stream has a name that is too long",
                ));
            }
            if line.is_some() {
                self.end_line()?;
            }
            rest = tail;
        }
        Ok(())
    }

    /// Reads on in the name of a field, or finds the empty line that ends a block.
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
                        (b"data", Name::Data) => State::Array(Array::default()),
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
                return Err(Failure::run("a line of events ends within its array"));
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

    fn parts<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<String, Failure> {
        let (mut batches, mut found) = (Batches::default(), String::new());
        for piece in pieces {
            batches.feed(piece, |part| match part {
                Item::Object(object) => found.push_str(&String::from_utf8_lossy(object)),
                Item::End => found.push('|'),
            })?;
        }
        Ok(found)
    }

    #[test]
    fn events_are_found_wherever_the_stream_is_cut() -> Result<(), Failure> {
        let expected = "|{\"n\": 1}{\"n\": 2}|||{\"n\": 3}|";
        for cut in 0..=STREAM.len() {
            assert_eq!(
                parts([&STREAM[..cut], &STREAM[cut..]])?,
                expected,
                "cut at {cut}"
            );
        }
        assert_eq!(parts(STREAM.chunks(1))?, expected);
        Ok(())
    }

    #[test]
    fn the_cursor_is_the_last_offset_a_control_block_told() -> Result<(), Failure> {
        for size in 1..=STREAM.len() {
            let mut batches = Batches::default();
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
    fn lines_that_are_no_batches_are_refused() {
        let long = "x".repeat(100);
        let named = format!("event: {long}\n");
        for wrong in [
            "event: data\ndata:[{}\n",
            "event: data\ndata:{}\n",
            "event: data\ndata:[{}]]\n",
            &long,
            &named,
        ] {
            assert!(parts([wrong.as_bytes()]).is_err(), "{wrong}");
        }
    }
}
