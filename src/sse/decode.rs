//! The decoder: it takes bytes in chunks of any size and returns the messages that a browser would
//! dispatch.

/// The message that a listener receives: the standard's `MessageEvent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEvent {
    /// The field `event:`, or `message` if there was none.
    pub event_type: String,
    /// The lines `data:`, joined with LF.
    pub data: String,
    /// The last event id on the stream up to this message.
    pub last_event_id: String,
}

/// A block is larger than the decoder's limit. The decoder cannot follow the stream any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a block of the stream is larger than {limit} bytes")]
pub struct BlockTooLong {
    /// The limit.
    pub limit: usize,
}

/// Follows one stream. Pass each chunk to [`Decoder::push`] as it arrives.
///
/// ```
/// use pulseboard_contract::sse::Decoder;
///
/// let mut decoder = Decoder::default();
/// let mut messages = Vec::new();
/// for chunk in ["id: 9f2c41d7-5\ndata: he", "llo\n\n: a comment\n"] {
///     decoder.push(chunk.as_bytes(), |message| messages.push(message.data))?;
/// }
/// assert_eq!(messages, ["hello"]);
/// assert_eq!(decoder.last_event_id(), "9f2c41d7-5");
/// # Ok::<(), pulseboard_contract::sse::BlockTooLong>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    /// The bytes of the incomplete line.
    line: Vec<u8>,
    /// Whether the last byte was a CR. An LF after it belongs to it, even in the next chunk.
    after_cr: bool,
    /// Whether no line has been read yet, so a BOM may come.
    at_start: bool,
    event_type: String,
    data: String,
    has_data: bool,
    /// The id of the current block. It takes effect when the block is complete.
    id_buffer: String,
    last_event_id: String,
    retry_millis: Option<u64>,
    limit: usize,
}

impl Default for Decoder {
    /// A decoder for blocks of up to 1 MiB: sixteen times the largest event of Pulseboard.
    fn default() -> Self {
        Self::with_limit(1024 * 1024)
    }
}

impl Decoder {
    /// A decoder for blocks of up to `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            after_cr: false,
            at_start: true,
            event_type: String::new(),
            data: String::new(),
            has_data: false,
            id_buffer: String::new(),
            last_event_id: String::new(),
            retry_millis: None,
            limit,
        }
    }

    /// The same decoder for a stream that resumes after `last_event_id`.
    #[must_use]
    pub fn resuming_after(mut self, last_event_id: &str) -> Self {
        last_event_id.clone_into(&mut self.id_buffer);
        last_event_id.clone_into(&mut self.last_event_id);
        self
    }

    /// The value of `Last-Event-ID` if the client reconnected now; empty means no header.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The reconnection time that the stream set last, in milliseconds.
    pub fn retry_millis(&self) -> Option<u64> {
        self.retry_millis
    }

    /// Takes the next chunk and calls `on_message` with each message that it completes. When the
    /// stream ends, drop the decoder: the standard discards an incomplete block.
    ///
    /// # Errors
    ///
    /// Fails if a block is larger than the decoder's limit.
    pub fn push(
        &mut self,
        chunk: &[u8],
        mut on_message: impl FnMut(MessageEvent),
    ) -> Result<(), BlockTooLong> {
        let mut rest = chunk;
        if self.after_cr && !rest.is_empty() {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.after_cr = false;
        }
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r') {
            self.extend_line(&rest[..end])?;
            self.finish_line(&mut on_message);
            let is_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if is_cr {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.extend_line(rest)
    }

    fn extend_line(&mut self, bytes: &[u8]) -> Result<(), BlockTooLong> {
        if self.line.len() + self.data.len() + bytes.len() > self.limit {
            return Err(BlockTooLong { limit: self.limit });
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn finish_line(&mut self, on_message: &mut impl FnMut(MessageEvent)) {
        let bytes = std::mem::take(&mut self.line);
        let mut line = bytes.as_slice();
        if std::mem::take(&mut self.at_start) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(on_message);
        } else {
            // Lines end at ASCII bytes, so no character is cut in two here.
            self.field(&String::from_utf8_lossy(line));
        }
        // Reuse the buffer for the next line.
        self.line = bytes;
        self.line.clear();
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.event_type),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id_buffer),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry_millis = value.parse().ok().or(self.retry_millis);
            }
            // A comment (no name), an unknown field, or a value that the standard ignores.
            _ => {}
        }
    }

    fn dispatch(&mut self, on_message: &mut impl FnMut(MessageEvent)) {
        self.id_buffer.clone_into(&mut self.last_event_id);
        let event_type = std::mem::take(&mut self.event_type);
        if std::mem::take(&mut self.has_data) {
            on_message(MessageEvent {
                event_type: if event_type.is_empty() {
                    "message".to_owned()
                } else {
                    event_type
                },
                data: std::mem::take(&mut self.data),
                last_event_id: self.last_event_id.clone(),
            });
        }
    }
}

/// Each test is named after the file in `eventsource/` of web-platform-tests that checks the same
/// rule.
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a stream dispatches: the same for the whole stream and for chunks of one or two bytes.
    #[track_caller]
    fn decode(stream: &[u8]) -> (Vec<(String, String, String)>, Decoder) {
        let run = |size: usize| {
            let (mut decoder, mut received) = (Decoder::default(), Vec::new());
            for chunk in stream.chunks(size) {
                decoder
                    .push(chunk, |m| {
                        received.push((m.event_type, m.data, m.last_event_id));
                    })
                    .unwrap();
            }
            (received, decoder)
        };
        let (whole, decoder) = run(stream.len().max(1));
        assert_eq!(whole, run(1).0, "cut at every byte");
        assert_eq!(whole, run(2).0, "cut at every second byte");
        (whole, decoder)
    }

    #[track_caller]
    fn check(stream: impl AsRef<[u8]>, expected: &[(&str, &str)]) {
        let (received, _) = decode(stream.as_ref());
        let received: Vec<_> = received
            .iter()
            .map(|(t, d, _)| (t.as_str(), d.as_str()))
            .collect();
        assert_eq!(received, expected);
    }

    #[test]
    fn format_utf_8() {
        check("data: ok…\n\n", &[("message", "ok…")]);
        check(b"data: a\xffb\n\n", &[("message", "a\u{fffd}b")]);
    }

    #[test]
    fn format_bom_one_leading_bom_is_dropped() {
        check("\u{feff}data: 1\n\n", &[("message", "1")]);
    }

    #[test]
    fn format_bom_2_a_second_bom_makes_the_field_unknown() {
        check(
            "\u{feff}\u{feff}data: 1\n\ndata: 2\n\n",
            &[("message", "2")],
        );
        check("data: 1\n\n\u{feff}data: 2\n\n", &[("message", "1")]);
    }

    #[test]
    fn format_newlines_cr_lf_and_crlf_end_a_line() {
        check(
            "data: 1\r\n\r\ndata: 2\r\rdata: 3\n\ndata: 4\r\n\ndata: 5\n\r\n",
            &[
                ("message", "1"),
                ("message", "2"),
                ("message", "3"),
                ("message", "4"),
                ("message", "5"),
            ],
        );
        check("data: a\r\ndata: b\rdata: c\n\n", &[("message", "a\nb\nc")]);
    }

    #[test]
    fn format_newlines_other_separators_do_not() {
        check(
            "data: a\u{85}b\u{2028}c\u{2029}d\u{b}e\n\n",
            &[("message", "a\u{85}b\u{2028}c\u{2029}d\u{b}e")],
        );
    }

    #[test]
    fn format_field_parsing() {
        check(
            "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
            &[("message", "\0\n 2\n1\n3\n\n4")],
        );
    }

    #[test]
    fn format_leading_space_one_is_dropped() {
        check(
            "data:\ttest\rdata: \ndata:test\n\n",
            &[("message", "\ttest\n\ntest")],
        );
        check("data:  two\n\n", &[("message", " two")]);
    }

    #[test]
    fn format_field_unknown_is_ignored() {
        check(
            "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacomment\nDATA: no\n\n",
            &[("message", "test\n")],
        );
    }

    #[test]
    fn format_comments_are_ignored_however_long() {
        let long = "x".repeat(2 * 1024);
        check(
            format!("data:1\r:\0\n:\r\ndata:2\n:{long}\rdata:3\n:data:fail\r:{long}\ndata:4\n\n"),
            &[("message", "1\n2\n3\n4")],
        );
    }

    #[test]
    fn format_field_data_bare_dispatches_the_empty_string_and_none_dispatches_nothing() {
        check(
            "data:\n\ndata\ndata\n\ndata:test\n\n",
            &[("message", ""), ("message", "\n"), ("message", "test")],
        );
        check("event: x\n\n\n\n", &[]);
    }

    #[test]
    fn format_field_event_is_cleared_by_a_block_without_data() {
        check(
            "event:test\ndata:x\n\ndata:x\n\n",
            &[("test", "x"), ("message", "x")],
        );
        check("event:test\n\ndata:x\n\n", &[("message", "x")]);
    }

    #[test]
    fn format_field_event_empty_means_message() {
        check("event: \ndata:data\n\n", &[("message", "data")]);
    }

    #[test]
    fn format_data_before_final_empty_line_is_discarded() {
        check(
            "retry:1000\ndata:test1\n\nid:test\ndata:test2",
            &[("message", "test1")],
        );
        let (_, decoder) = decode(b"id: 1\ndata: a\n\nid: 2\ndata: b\n");
        assert_eq!(
            decoder.last_event_id(),
            "1",
            "an unfinished block moves no cursor"
        );
    }

    #[test]
    fn format_field_id_persists() {
        let (received, decoder) = decode(b"id: 1\ndata: a\n\ndata: b\n\n");
        assert_eq!(received[1].2, "1");
        assert_eq!(decoder.last_event_id(), "1");
    }

    #[test]
    fn format_field_id_2_an_empty_id_resets_it() {
        let (received, decoder) = decode(b"id: 1\ndata: a\n\nid\ndata: b\n\ndata: c\n\n");
        assert_eq!(
            received.iter().map(|m| m.2.as_str()).collect::<Vec<_>>(),
            ["1", "", ""]
        );
        assert_eq!(decoder.last_event_id(), "", "so no header is sent");
    }

    #[test]
    fn format_field_id_3_an_id_alone_moves_the_cursor_without_an_event() {
        let (received, decoder) = decode(b"id: 7\n\n");
        assert!(received.is_empty());
        assert_eq!(decoder.last_event_id(), "7");
    }

    #[test]
    fn format_field_id_null_is_ignored() {
        let (_, decoder) = decode(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n");
        assert_eq!(decoder.last_event_id(), "1");
    }

    #[test]
    fn format_null_character_in_data_is_kept() {
        check("data:\0\n\n\n\n", &[("message", "\0")]);
    }

    #[test]
    fn format_field_retry_is_ascii_digits() {
        assert_eq!(decode(b"retry: 3000\n\n").1.retry_millis(), Some(3000));
        assert_eq!(decode(b"retry:03000\n\n").1.retry_millis(), Some(3000));
    }

    #[test]
    fn format_field_retry_bogus_and_empty_are_ignored() {
        for text in [
            "retry:3000\nretry:1000x\n\n",
            "retry:3000\nretry\n\n",
            "retry:3000\nretry: -1\n\n",
            "retry:3000\nretry:\u{663}\n\n",
            "retry:3000\nretry:99999999999999999999999\n\n",
        ] {
            assert_eq!(
                decode(text.as_bytes()).1.retry_millis(),
                Some(3000),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_resuming_decoder_keeps_its_cursor_until_the_stream_moves_it() {
        let mut decoder = Decoder::default().resuming_after("9f2c41d7-5");
        let mut ids = Vec::new();
        decoder
            .push(b"data: a\n\nid: 9f2c41d7-6\ndata: b\n\n", |m| {
                ids.push(m.last_event_id);
            })
            .unwrap();
        assert_eq!(ids, ["9f2c41d7-5", "9f2c41d7-6"]);
    }

    #[test]
    fn a_block_without_end_is_refused() {
        let mut decoder = Decoder::with_limit(1_000);
        let outcome = (0..200).try_for_each(|_| decoder.push(b"data: 0123456789\n", |_| {}));
        assert_eq!(outcome, Err(BlockTooLong { limit: 1_000 }));
        let outcome = (0..200).try_for_each(|_| Decoder::with_limit(9).push(b"0123456789", |_| {}));
        assert_eq!(outcome, Err(BlockTooLong { limit: 9 }));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_alike_however_they_are_cut(
            stream in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..200),
            size in 1usize..40,
        ) {
            let run = |size: usize| {
                let (mut decoder, mut received) = (Decoder::default(), Vec::new());
                for chunk in stream.chunks(size) {
                    decoder.push(chunk, |m| received.push(m)).unwrap();
                }
                (received, decoder.last_event_id().to_owned())
            };
            prop_assert_eq!(run(size), run(1_000));
        }
    }
}
