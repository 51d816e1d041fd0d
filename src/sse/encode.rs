//! The encoder of one block of a stream.

use std::fmt;

/// The fields of one block; `Display` writes it, blank line included.
///
/// - A block without `data` dispatches no event. With an `id` it only moves the receiver's cursor;
///   with `retry_millis` it only sets the reconnection time.
/// - Every line end in `data` (LF, CR, CRLF) starts another `data:` line and arrives as LF, because
///   the standard cannot carry a CR. The JSON of [`crate::Json`] has no line ends.
/// - CR, LF and NUL in `id` and `event` would end the field or make it invalid, so they are left
///   out. The names and ids of this crate never have any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Block<'a> {
    /// The last event id that the receiver remembers from here on.
    pub id: Option<&'a str>,
    /// The event type; none means `message`.
    pub event: Option<&'a str>,
    /// The data.
    pub data: Option<&'a str>,
    /// How long the receiver waits before it reconnects.
    pub retry_millis: Option<u64>,
}

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(millis) = self.retry_millis {
            writeln!(f, "retry: {millis}")?;
        }
        if let Some(id) = self.id {
            writeln!(f, "id: {}", OneLine(id))?;
        }
        if let Some(event) = self.event {
            writeln!(f, "event: {}", OneLine(event))?;
        }
        if let Some(data) = self.data {
            // The receiver drops one space after the colon. Without it, data that begins with a
            // space would lose that space.
            let mut rest = data;
            while let Some(end) = rest.find(['\r', '\n']) {
                writeln!(f, "data: {}", &rest[..end])?;
                let line_end = if rest[end..].starts_with("\r\n") {
                    2
                } else {
                    1
                };
                rest = &rest[end + line_end..];
            }
            writeln!(f, "data: {rest}")?;
        }
        f.write_str("\n")
    }
}

struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .split(['\r', '\n', '\0'])
            .try_for_each(|part| f.write_str(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> String {
        Block {
            data: Some(text),
            ..Block::default()
        }
        .to_string()
    }

    #[test]
    fn every_kind_of_line_end_starts_a_new_data_line() {
        assert_eq!(
            data("a\nb\rc\r\nd"),
            "data: a\ndata: b\ndata: c\ndata: d\n\n"
        );
        assert_eq!(data("a\n"), "data: a\ndata: \n\n");
        assert_eq!(
            data("\u{85}\u{2028}\u{2029}"),
            "data: \u{85}\u{2028}\u{2029}\n\n"
        );
    }

    #[test]
    fn empty_data_is_still_dispatched() {
        assert_eq!(data(""), "data: \n\n");
    }

    #[test]
    fn a_checkpoint_is_an_id_without_data() {
        let block = Block {
            id: Some("9f2c41d7-5"),
            retry_millis: Some(2_345),
            ..Block::default()
        };
        assert_eq!(block.to_string(), "retry: 2345\nid: 9f2c41d7-5\n\n");
    }

    #[test]
    fn a_name_or_id_can_never_end_its_line() {
        let block = Block {
            id: Some("1\nevent: x"),
            event: Some("a\r\0b"),
            ..Block::default()
        };
        assert_eq!(block.to_string(), "id: 1event: x\nevent: ab\n\n");
    }
}
