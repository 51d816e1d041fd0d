//! The parser of Server-Sent Events: from bytes to fields (HTML standard, "Interpreting an event
//! stream").
//!
//! A complete field is passed on without a copy; only a line that a read has cut is copied. The
//! [`Assembler`](crate::delivery::Assembler) combines the fields of a block.

use memchr::memchr2;

use crate::failure::Failure;

/// The limit of a line, so that a line without an end does not exhaust the memory.
const LONGEST_LINE: usize = 4 << 20;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One line that is not ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// `id:`
    Id(&'a [u8]),
    /// `event:`
    Event(&'a [u8]),
    /// `data:`
    Data(&'a [u8]),
    /// `retry:`
    Retry(&'a [u8]),
    /// The empty line that ends a block.
    End,
}

/// Splits a body into fields. The body may arrive in pieces of any size.
#[derive(Debug, Default)]
pub struct Parser {
    /// The beginning of a line whose end has not arrived yet.
    line: Vec<u8>,
    /// The last byte was a CR, so a following LF belongs to it.
    after_cr: bool,
    /// The first line is complete. Only the first line can begin with a byte order mark.
    begun: bool,
}

impl Parser {
    /// Parses the next piece of the body and calls `each` with every complete field.
    ///
    /// # Errors
    /// If a line is too long.
    pub fn feed(&mut self, piece: &[u8], mut each: impl FnMut(Field<'_>)) -> Result<(), Failure> {
        let mut rest = piece;
        if self.after_cr && !rest.is_empty() {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.after_cr = false;
        }
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            let (line, tail) = (&rest[..end], &rest[end + 1..]);
            if rest[end] == b'\r' {
                self.after_cr = tail.is_empty();
                rest = tail.strip_prefix(b"\n").unwrap_or(tail);
            } else {
                rest = tail;
            }
            if self.line.is_empty() {
                self.complete(line, &mut each);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.complete(&whole, &mut each);
                whole.clear();
                self.line = whole;
            }
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > LONGEST_LINE {
            return Err(Failure::run(format!(
                "a line of the stream is longer than {LONGEST_LINE} bytes"
            )));
        }
        Ok(())
    }

    fn complete(&mut self, line: &[u8], each: &mut impl FnMut(Field<'_>)) {
        let line = if self.begun {
            line
        } else {
            line.strip_prefix(BOM).unwrap_or(line)
        };
        self.begun = true;
        if line.is_empty() {
            each(Field::End);
        } else if let Some(value) = value_of(line, b"data") {
            each(Field::Data(value));
        } else if let Some(value) = value_of(line, b"id") {
            each(Field::Id(value));
        } else if let Some(value) = value_of(line, b"event") {
            each(Field::Event(value));
        } else if let Some(value) = value_of(line, b"retry") {
            each(Field::Retry(value));
        }
    }
}

/// Returns the value if the field has this name: `name`, `name:value` or `name: value`.
fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(b""),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"\xEF\xBB\xBFretry: 2500\nid: e-1\n\n: comment\r\nid:e-2\r\nevent: bench\r\ndata: {\"n\": 1}\r\n\r\n\
        data\rdata:\rdata:  two\rdatum: no\ridx: no\r\rid: e-3\ndata: last\n\n";

    fn fields<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut parser = Parser::default();
        let mut found = Vec::new();
        for piece in pieces {
            let fed = parser.feed(piece, |field| {
                found.push(match field {
                    Field::Id(text) => format!("id={}", String::from_utf8_lossy(text)),
                    Field::Event(text) => format!("event={}", String::from_utf8_lossy(text)),
                    Field::Data(text) => format!("data={}", String::from_utf8_lossy(text)),
                    Field::Retry(text) => format!("retry={}", String::from_utf8_lossy(text)),
                    Field::End => "end".to_owned(),
                });
            });
            assert!(fed.is_ok());
        }
        found
    }

    fn expected() -> Vec<&'static str> {
        "retry=2500|id=e-1|end|id=e-2|event=bench|data={\"n\": 1}|end|data=|data=|data= two|end|id=e-3|data=last|end"
            .split('|')
            .collect()
    }

    #[test]
    fn every_line_ending_and_every_form_of_field_is_parsed() {
        assert_eq!(fields([STREAM]), expected());
    }

    #[test]
    fn a_stream_cut_at_any_byte_gives_the_same_fields() {
        for cut in 0..=STREAM.len() {
            let (left, right) = STREAM.split_at(cut);
            assert_eq!(fields([left, right]), expected(), "cut at {cut}");
            assert_eq!(
                fields([left, b"", right]),
                expected(),
                "cut at {cut}, with an empty piece"
            );
        }
        assert_eq!(fields(STREAM.chunks(1)), expected());
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut parser = Parser::default();
        let megabyte = vec![b'x'; 1 << 20];
        assert!((0..5).any(|_| parser.feed(&megabyte, |_| ()).is_err()));
    }
}
