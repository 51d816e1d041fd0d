//! Cuts a body into lines, however its chunks fall.

use bytes::{Bytes, BytesMut};

/// The line is longer than it may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineTooLong;

/// Holds what has come and is no line yet: less than one line of the longest, and one chunk.
pub(super) struct Splitter {
    buffer: BytesMut,
    /// How much of the buffer has no line end, so that no byte is looked at twice.
    searched: usize,
    longest: usize,
}

impl Splitter {
    /// Lines are at most so many bytes, their end not counted.
    pub(super) fn new(longest: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            longest,
        }
    }

    /// Takes the next chunk.
    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next line that is there as a whole, without its end.
    pub(super) fn line(&mut self) -> Result<Option<Bytes>, LineTooLong> {
        let end = self.buffer[self.searched..]
            .iter()
            .position(|&byte| byte == b'\n');
        let Some(end) = end.map(|end| end + self.searched) else {
            self.searched = self.buffer.len();
            // A carriage return at its end may be part of the line end.
            return if self.searched > self.longest + 1 {
                Err(LineTooLong)
            } else {
                Ok(None)
            };
        };
        let line = self.buffer.split_to(end + 1);
        self.searched = 0;
        self.trimmed(&line[..end]).map(Some)
    }

    /// What is left when the body is over: a last line without an end.
    pub(super) fn rest(&mut self) -> Result<Bytes, LineTooLong> {
        let rest = self.buffer.split();
        self.searched = 0;
        self.trimmed(&rest)
    }

    fn trimmed(&self, line: &[u8]) -> Result<Bytes, LineTooLong> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > self.longest {
            Err(LineTooLong)
        } else {
            Ok(Bytes::copy_from_slice(line))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(longest: usize, chunks: &[&[u8]]) -> Result<Vec<Bytes>, LineTooLong> {
        let (mut splitter, mut lines) = (Splitter::new(longest), Vec::new());
        for chunk in chunks {
            splitter.push(chunk);
            while let Some(line) = splitter.line()? {
                lines.push(line);
            }
        }
        lines.push(splitter.rest()?);
        Ok(lines)
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        for (text, is_fine) in [
            ("12345\n", true),
            ("12345\r\n", true),
            ("12345", true),
            ("123456\n", false),
            ("123456", false),
        ] {
            let bytes = text.as_bytes();
            assert_eq!(lines(5, &[bytes]).is_ok(), is_fine, "{text:?}");
            let one_by_one: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(lines(5, &one_by_one).is_ok(), is_fine, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_body_is_cut(text in "[ab\r\n]{0,40}", size in 1..40usize) {
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            let expected: Vec<_> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).as_bytes()).collect();
            prop_assert_eq!(lines(100, &chunks).unwrap(), expected);
        }
    }
}
