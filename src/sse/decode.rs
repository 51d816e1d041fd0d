//! The decoder: it takes bytes in chunks of any size and returns the messages that a browser would
//! dispatch.

#[cfg(test)]
mod tests;

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
