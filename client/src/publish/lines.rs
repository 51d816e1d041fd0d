//! Lines of the input, numbered, each no longer than an event may be.

use std::io::{self, BufRead};

/// The most data of one event; the server's limit.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// A line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1, blank lines included, as an editor does.
    pub(super) number: u64,
    /// Without its end.
    pub(super) text: String,
}

/// A line that cannot be published, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) number: u64,
    pub(super) reason: String,
}

/// The lines of a reader. Blank ones are passed over; after a bad one the next line follows.
pub(super) struct Lines<R> {
    reader: R,
    number: u64,
    is_over: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            number: 0,
            is_over: false,
        }
    }

    /// The bytes of the next line without its end, at most one more than a line may have; `None` at
    /// the end.
    fn next_bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (mut line, mut is_anything) = (Vec::new(), false);
        loop {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                return Ok(is_anything.then_some(line));
            }
            is_anything = true;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            // A line without end must not fill the memory: what is too long anyway is read over.
            // The CR before the LF does not count, hence the second byte more.
            line.extend_from_slice(
                &part[..part.len().min((MAX_LINE + 2).saturating_sub(line.len()))],
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

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Line, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            let bytes = self.next_bytes();
            self.number += 1;
            let bad = |reason: String| {
                Some(Err(BadLine {
                    number: self.number,
                    reason,
                }))
            };
            match bytes {
                Err(error) => {
                    self.is_over = true;
                    return bad(format!("the input cannot be read: {error}"));
                }
                Ok(None) => self.is_over = true,
                Ok(Some(bytes)) if bytes.len() > MAX_LINE => {
                    return bad("it is longer than 64 KiB".to_owned());
                }
                Ok(Some(bytes)) => match String::from_utf8(bytes) {
                    Err(_) => return bad("it is not UTF-8".to_owned()),
                    Ok(text) if text.trim().is_empty() => {}
                    Ok(text) => {
                        return Some(Ok(Line {
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

    /// Each line with its number; what is said of a bad one stands after an exclamation mark.
    fn read(input: &[u8]) -> Vec<(u64, String)> {
        let collect = |capacity| {
            let lines = Lines::new(BufReader::with_capacity(capacity, input));
            let shown = |line: Result<Line, BadLine>| match line {
                Ok(line) => (line.number, line.text),
                Err(bad) => (bad.number, format!("! {}", bad.reason)),
            };
            lines.map(shown).collect()
        };
        let whole: Vec<_> = collect(1 << 20);
        assert_eq!(collect(1), whole, "however the input is cut");
        whole
    }

    fn line(number: u64, text: &str) -> (u64, String) {
        (number, text.to_owned())
    }

    #[test]
    fn blank_lines_are_passed_over_and_counted() {
        assert_eq!(
            read(b"a\n\n  \r\nb\r\n c "),
            [line(1, "a"), line(4, "b"), line(5, " c ")]
        );
        assert_eq!(read(b""), []);
        assert_eq!(read(b"\n"), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_named_and_the_next_one_follows() {
        let longest = "x".repeat(MAX_LINE);
        let input = format!("{longest}\r\n{longest}y\n{longest}{longest}{longest}\nlast");
        let lines = read(input.as_bytes());
        assert_eq!(lines[0], line(1, &longest));
        assert_eq!(lines[1], line(2, "! it is longer than 64 KiB"));
        assert_eq!(lines[2], line(3, "! it is longer than 64 KiB"));
        assert_eq!(lines[3], line(4, "last"));
    }

    #[test]
    fn a_line_that_is_no_text_is_named() {
        assert_eq!(
            read(b"\xff\nb"),
            [line(1, "! it is not UTF-8"), line(2, "b")]
        );
    }
}
