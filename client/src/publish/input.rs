//! Reads the input line by line. Each line gets a number and is at most as long as an event.

use std::io::{self, BufRead};

use pulseboard_contract::limits::EVENT_BYTES;

/// A line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InputLine {
    /// Counted from 1, including blank lines, as in an editor.
    pub(super) number: u64,
    /// The text without the line end.
    pub(super) text: String,
}

/// A line that cannot be published, and the reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InvalidLine {
    pub(super) number: u64,
    pub(super) reason: String,
}

/// The lines of a reader, without blank lines. Reading goes on after an invalid line.
pub(super) struct InputLines<R> {
    reader: R,
    number: u64,
    is_at_end: bool,
}

impl<R: BufRead> InputLines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            number: 0,
            is_at_end: false,
        }
    }

    /// The bytes of the next line without the line end, at most one more than the limit; `None` at
    /// the end of the input.
    fn next_bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (mut line, mut has_bytes) = (Vec::new(), false);
        loop {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                return Ok(has_bytes.then_some(line));
            }
            has_bytes = true;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            // A line without end must not fill the memory, so bytes beyond the limit are skipped.
            // The limit does not count a CR before the LF, hence the second extra byte.
            line.extend_from_slice(
                &part[..part.len().min((EVENT_BYTES + 2).saturating_sub(line.len()))],
            );
            let taken = part.len() + usize::from(end.is_some());
            self.reader.consume(taken);
            if end.is_some() {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(Some(line));
            }
        }
    }
}

impl<R: BufRead> Iterator for InputLines<R> {
    type Item = Result<InputLine, InvalidLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_at_end {
            let bytes = self.next_bytes();
            self.number += 1;
            let invalid = |reason: String| {
                Some(Err(InvalidLine {
                    number: self.number,
                    reason,
                }))
            };
            match bytes {
                Err(error) => {
                    self.is_at_end = true;
                    return invalid(format!("cannot read the input: {error}"));
                }
                Ok(None) => self.is_at_end = true,
                Ok(Some(bytes)) if bytes.len() > EVENT_BYTES => {
                    return invalid("longer than 64 KiB".to_owned());
                }
                Ok(Some(bytes)) => match String::from_utf8(bytes) {
                    Err(_) => return invalid("not valid UTF-8".to_owned()),
                    Ok(text) if text.trim().is_empty() => {}
                    Ok(text) => {
                        return Some(Ok(InputLine {
                            number: self.number,
                            text,
                        }));
                    }
                },
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// Each line with its number. The reason of an invalid line follows an exclamation mark.
    fn read(input: &[u8]) -> Vec<(u64, String)> {
        let collect = |capacity| {
            let lines = InputLines::new(BufReader::with_capacity(capacity, input));
            let shown = |line: Result<InputLine, InvalidLine>| match line {
                Ok(line) => (line.number, line.text),
                Err(invalid) => (invalid.number, format!("! {}", invalid.reason)),
            };
            lines.map(shown).collect()
        };
        let whole: Vec<_> = collect(1 << 20);
        assert_eq!(
            collect(1),
            whole,
            "the lines do not depend on the size of the reads"
        );
        whole
    }

    fn line(number: u64, text: &str) -> (u64, String) {
        (number, text.to_owned())
    }

    #[test]
    fn blank_lines_are_skipped_but_counted() {
        assert_eq!(
            read(b"a\n\n  \r\nb\r\n c "),
            [line(1, "a"), line(4, "b"), line(5, " c ")]
        );
        assert_eq!(read(b""), []);
        assert_eq!(read(b"\n"), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_reported_and_reading_goes_on() {
        let longest = "x".repeat(EVENT_BYTES);
        let input = format!("{longest}\r\n{longest}y\n{longest}{longest}{longest}\nlast");
        let lines = read(input.as_bytes());
        assert_eq!(lines[0], line(1, &longest));
        assert_eq!(lines[1], line(2, "! longer than 64 KiB"));
        assert_eq!(lines[2], line(3, "! longer than 64 KiB"));
        assert_eq!(lines[3], line(4, "last"));
    }

    #[test]
    fn a_line_that_is_not_utf8_is_reported() {
        assert_eq!(
            read(b"\xff\nb"),
            [line(1, "! not valid UTF-8"), line(2, "b")]
        );
    }
}
