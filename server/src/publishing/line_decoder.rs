//! Splits a body into lines, no matter where its chunks begin and end.

use bytes::BytesMut;
use tokio_util::codec::{Decoder, LinesCodec, LinesCodecError};

/// Why a line cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InvalidLine {
    /// It is longer than the limit.
    TooLong,
    /// It is not UTF-8.
    NotUtf8,
}

/// Decodes lines from chunks. It buffers less than one line of the longest length, and one chunk.
pub(super) struct LineDecoder {
    codec: LinesCodec,
    buffer: BytesMut,
    max_bytes: usize,
}

impl LineDecoder {
    /// A decoder of lines with at most this many bytes, not counting the line end.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            // The codec counts a carriage return before the line feed; the limit does not.
            codec: LinesCodec::new_with_max_length(max_bytes + 1),
            buffer: BytesMut::new(),
            max_bytes,
        }
    }

    /// Adds the next chunk.
    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next complete line, without its line end.
    ///
    /// # Errors
    /// If the line is too long or not UTF-8.
    pub(super) fn next_line(&mut self) -> Result<Option<String>, InvalidLine> {
        let line = self.codec.decode(&mut self.buffer);
        self.checked(line)
    }

    /// The last line of the body, if it has no line end.
    ///
    /// # Errors
    /// If the line is too long or not UTF-8.
    pub(super) fn last_line(&mut self) -> Result<Option<String>, InvalidLine> {
        let line = self.codec.decode_eof(&mut self.buffer);
        self.checked(line)
    }

    fn checked(
        &self,
        line: Result<Option<String>, LinesCodecError>,
    ) -> Result<Option<String>, InvalidLine> {
        match line {
            Ok(Some(line)) if line.len() > self.max_bytes => Err(InvalidLine::TooLong),
            Ok(line) => Ok(line),
            Err(LinesCodecError::MaxLineLengthExceeded) => Err(InvalidLine::TooLong),
            // Nothing is read here, so the only other error is the text's encoding.
            Err(LinesCodecError::Io(_)) => Err(InvalidLine::NotUtf8),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(max_bytes: usize, chunks: &[&[u8]]) -> Result<Vec<String>, InvalidLine> {
        let (mut decoder, mut lines) = (LineDecoder::new(max_bytes), Vec::new());
        for chunk in chunks {
            decoder.push(chunk);
            while let Some(line) = decoder.next_line()? {
                lines.push(line);
            }
        }
        lines.extend(decoder.last_line()?);
        Ok(lines)
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        for (text, is_fine) in [
            ("12345\n", true),
            ("12345\r\n", true),
            ("12345", true),
            ("12345\r", true),
            ("123456\n", false),
            ("123456\r\n", false),
            ("123456", false),
            ("1234567", false),
        ] {
            let bytes = text.as_bytes();
            assert_eq!(lines(5, &[bytes]).is_ok(), is_fine, "{text:?}");
            let one_by_one: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(lines(5, &one_by_one).is_ok(), is_fine, "{text:?}");
        }
    }

    #[test]
    fn lines_before_an_invalid_line_are_decoded() {
        let mut decoder = LineDecoder::new(5);
        decoder.push(b"1\n\xff\n");
        assert_eq!(decoder.next_line(), Ok(Some("1".to_owned())));
        assert_eq!(decoder.next_line(), Err(InvalidLine::NotUtf8));
    }

    #[test]
    fn a_line_without_end_is_an_error_before_it_fills_the_memory() {
        let mut decoder = LineDecoder::new(5);
        decoder.push(b"123456");
        assert_eq!(decoder.next_line(), Ok(None), "the sixth may be a return");
        decoder.push(b"7");
        assert_eq!(decoder.next_line(), Err(InvalidLine::TooLong));
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_body_is_cut(text in "[ab\r\n]{0,40}", size in 1..40usize) {
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            let mut expected: Vec<_> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
            // The end of the body is the end of its last line; an empty rest is not a line.
            if expected.last() == Some(&"") {
                expected.pop();
            }
            prop_assert_eq!(lines(100, &chunks).unwrap(), expected);
        }
    }
}
