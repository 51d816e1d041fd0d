//! The parser of HTTP/1.1 responses: the head, then the body without its transfer coding (RFC 9112).
//!
//! It accepts pieces of any size: the head, the chunk headers and the chunks may be cut at any byte.

use std::time::Duration;

use crate::failure::Failure;

const LONGEST_HEAD: usize = 16 << 10;

/// The part of a response's head that a run needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`, in lower case. It is empty if there is none.
    pub content_type: String,
    /// The server will close the connection after this response.
    pub close: bool,
    /// `Retry-After` in seconds. A date is ignored.
    pub retry_after: Option<Duration>,
}

/// One response, parsed piece by piece.
#[derive(Debug)]
pub struct Response {
    head: Option<Head>,
    /// The bytes of the head while it is incomplete.
    pending: Vec<u8>,
    body: Body,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// `Content-Length`: the number of bytes that remain.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked(Chunk),
    /// Neither header: the body ends when the connection closes.
    UntilClose,
    Complete,
}

/// The part of the chunked coding to which the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// The size, which has `digits` digits so far.
    Size {
        size: u64,
        digits: u8,
    },
    /// After the size: an extension, or the end of the line.
    SizeLine {
        size: u64,
    },
    Data {
        left: u64,
    },
    /// After the data: CR LF.
    DataLine,
    /// After the last chunk: lines until an empty one.
    Trailer {
        empty: bool,
    },
}

impl Chunk {
    const START: Self = Self::Size { size: 0, digits: 0 };
}

impl Response {
    /// Creates the parser of one response.
    pub fn new() -> Self {
        Self {
            head: None,
            pending: Vec::new(),
            body: Body::UntilClose,
        }
    }

    /// Returns the head, once it is complete.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Returns the head, once it is complete.
    pub fn into_head(self) -> Option<Head> {
        self.head
    }

    /// Returns whether the whole response has been parsed.
    pub fn is_complete(&self) -> bool {
        self.body == Body::Complete
    }

    /// Parses the next bytes of the connection and calls `body` with every piece of the body.
    /// Returns how many bytes belong to this response.
    ///
    /// # Errors
    /// If the response is malformed, or if `body` fails.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        mut body: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<usize, Failure> {
        let mut rest = bytes;
        if self.head.is_none() {
            rest = self.feed_head(rest)?;
        }
        while !rest.is_empty() {
            rest = match &mut self.body {
                Body::Complete => break,
                Body::UntilClose => {
                    body(rest)?;
                    &[]
                }
                Body::Length(left) => {
                    let (piece, tail) = take(rest, left);
                    body(piece)?;
                    if *left == 0 {
                        self.body = Body::Complete;
                    }
                    tail
                }
                Body::Chunked(Chunk::Data { left }) => {
                    let (piece, tail) = take(rest, left);
                    body(piece)?;
                    if *left == 0 {
                        self.body = Body::Chunked(Chunk::DataLine);
                    }
                    tail
                }
                Body::Chunked(chunk) => {
                    self.body = chunk.after(rest[0])?;
                    &rest[1..]
                }
            };
        }
        Ok(bytes.len() - rest.len())
    }

    /// Parses the head. Returns the bytes after it.
    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Failure> {
        let known = self.pending.len();
        self.pending.extend_from_slice(bytes);
        let from = known.saturating_sub(3);
        let Some(end) = self.pending[from..]
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .map(|at| from + at + 4)
        else {
            if self.pending.len() > LONGEST_HEAD {
                return Err(Failure::run(format!(
                    "the head of a response is longer than {LONGEST_HEAD} bytes"
                )));
            }
            return Ok(&[]);
        };
        let (head, framing) = parse_head(&String::from_utf8_lossy(&self.pending[..end]))?;
        self.head = Some(head);
        self.body = framing;
        self.pending = Vec::new();
        Ok(&bytes[end - known..])
    }
}

impl Chunk {
    /// Returns the state after a byte that is not data.
    fn after(self, byte: u8) -> Result<Body, Failure> {
        let broken = || {
            Failure::run(format!(
                "invalid chunked coding: unexpected byte {byte:#04x}"
            ))
        };
        let next = match (self, byte) {
            (Self::Size { size, digits }, _) if byte.is_ascii_hexdigit() && digits < 15 => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                Self::Size {
                    size: size << 4 | u64::from(digit),
                    digits: digits + 1,
                }
            }
            (Self::Size { size, digits: 1.. }, b'\r' | b';' | b' ' | b'\t') => {
                Self::SizeLine { size }
            }
            (
                Self::Size {
                    size: 0,
                    digits: 1..,
                }
                | Self::SizeLine { size: 0 },
                b'\n',
            ) => Self::Trailer { empty: true },
            (Self::Size { size, digits: 1.. } | Self::SizeLine { size }, b'\n') => {
                Self::Data { left: size }
            }
            (line @ Self::SizeLine { .. }, _) => line,
            (Self::DataLine, b'\r') => Self::DataLine,
            (Self::DataLine, b'\n') => Self::START,
            (Self::Trailer { empty: true }, b'\n') => return Ok(Body::Complete),
            (Self::Trailer { .. }, b'\n') => Self::Trailer { empty: true },
            (trailer @ Self::Trailer { .. }, b'\r') => trailer,
            (Self::Trailer { .. }, _) => Self::Trailer { empty: false },
            (Self::Size { .. } | Self::DataLine | Self::Data { .. }, _) => return Err(broken()),
        };
        Ok(Body::Chunked(next))
    }
}

/// Splits `bytes` after at most `left` bytes and reduces `left` by the length of the first part.
fn take<'a>(bytes: &'a [u8], left: &mut u64) -> (&'a [u8], &'a [u8]) {
    let length = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
    *left -= length as u64;
    bytes.split_at(length)
}

fn parse_head(text: &str) -> Result<(Head, Body), Failure> {
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let status = first
        .strip_prefix("HTTP/1.")
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .ok_or_else(|| Failure::run(format!("not an HTTP/1.1 response: {first:?}")))?;
    let mut head = Head {
        status,
        content_type: String::new(),
        close: first.starts_with("HTTP/1.0"),
        retry_after: None,
    };
    let mut framing = Body::UntilClose;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim().to_ascii_lowercase();
        match name.to_ascii_lowercase().as_str() {
            "content-type" => head.content_type = value,
            "retry-after" => head.retry_after = value.parse().ok().map(Duration::from_secs),
            "connection" => head.close |= value.contains("close"),
            // A transfer coding overrides a length (RFC 9112, section 6.3).
            "transfer-encoding" if value == "chunked" => framing = Body::Chunked(Chunk::START),
            "transfer-encoding" => {
                return Err(Failure::run(format!("unknown transfer coding {value:?}")));
            }
            "content-length" if framing == Body::UntilClose => {
                let length = value
                    .parse()
                    .map_err(|_| Failure::run(format!("invalid Content-Length: {value:?}")))?;
                framing = if length == 0 {
                    Body::Complete
                } else {
                    Body::Length(length)
                };
            }
            _ => {}
        }
    }
    if matches!(status, 204 | 304) {
        framing = Body::Complete;
    }
    Ok((head, framing))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/Event-Stream\r\ntransfer-encoding: Chunked\r\n\r\n\
        5\r\nid: 1\r\n0C;name=\"x\"\r\n\n\r\ndata: 1\r\n\r\n1\r\n\n\r\n0\r\nTrailer: yes\r\n\r\n";
    const SIZED: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{\"id\":\"e-1\"}";

    /// Parses `pieces`. Returns the response, its body, and how many bytes belong to it.
    fn read<'a>(
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(Response, Vec<u8>, usize), Failure> {
        let (mut response, mut body, mut taken) = (Response::new(), Vec::new(), 0);
        for piece in pieces {
            taken += response.feed(piece, |bytes| {
                body.extend_from_slice(bytes);
                Ok(())
            })?;
        }
        Ok((response, body, taken))
    }

    #[test]
    fn a_response_cut_at_any_byte_reads_the_same() -> Result<(), Failure> {
        for (whole, status, expected) in [
            (CHUNKED, 200, &b"id: 1\n\r\ndata: 1\r\n\n"[..]),
            (SIZED, 201, b"{\"id\":\"e-1\"}"),
        ] {
            let cuts = (0..=whole.len()).map(|cut| vec![&whole[..cut], &whole[cut..]]);
            for pieces in cuts.chain([whole.chunks(1).collect()]) {
                let (response, body, taken) = read(pieces)?;
                assert_eq!(response.head().map(|head| head.status), Some(status));
                assert_eq!(body, expected, "{}", String::from_utf8_lossy(&body));
                assert!(response.is_complete());
                assert_eq!(taken, whole.len());
            }
        }
        Ok(())
    }

    #[test]
    fn bytes_after_a_response_are_left_for_the_next_one() -> Result<(), Failure> {
        for whole in [CHUNKED, SIZED] {
            let two = [whole, SIZED].concat();
            assert_eq!(read([&two[..]])?.2, whole.len());
        }
        Ok(())
    }

    #[test]
    fn the_head_has_content_type_connection_and_retry_after() -> Result<(), Failure> {
        let head = |text: &str| parse_head(text).map(|(head, _)| head);
        assert_eq!(
            read([CHUNKED])?
                .0
                .head()
                .map(|head| head.content_type.clone()),
            Some("text/event-stream".to_owned())
        );
        assert!(head("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?.close);
        assert!(head("HTTP/1.0 200 OK\r\n\r\n")?.close);
        assert!(!head("HTTP/1.1 200 OK\r\n\r\n")?.close);
        let retry_after = |value: &str| {
            head(&format!(
                "HTTP/1.1 503 Full\r\nRetry-After: {value}\r\n\r\n"
            ))
            .map(|head| head.retry_after)
        };
        assert_eq!(retry_after("7")?, Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Fri, 31 Dec 1999 23:59:59 GMT")?, None);
        assert!(head("SSH-2.0-x\r\n\r\n").is_err());
        Ok(())
    }

    #[test]
    fn a_body_without_framing_lasts_until_the_connection_closes() -> Result<(), Failure> {
        let (response, body, _) = read([&b"HTTP/1.1 200 OK\r\n\r\nab"[..], b"c"])?;
        assert_eq!(body, b"abc");
        assert!(!response.is_complete());
        Ok(())
    }

    #[test]
    fn invalid_chunks_are_refused() {
        for body in ["x\r\n", "\r\n", "2\r\nabc\r\n", "1000000000000000\r\n"] {
            let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
            assert!(read([text.as_bytes()]).is_err(), "{body:?}");
        }
    }
}
