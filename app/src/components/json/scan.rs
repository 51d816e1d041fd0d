//! Where the parts of a JSON text begin and end, without reading them into values: the order of
//! keys, large numbers and keys that repeat stay as they were written.
//!
//! The text is that of [`pulseboard_contract::Json`]: valid, on one line, without white space between its
//! tokens.

use std::borrow::Cow;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    Text,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// What the value is, as its first character says.
pub fn shape(value: &str) -> Shape {
    match value.as_bytes().first() {
        Some(b'{') => Shape::Object,
        Some(b'[') => Shape::Array,
        Some(b'"') => Shape::Text,
        Some(b't' | b'f' | b'n') => Shape::Word,
        _ => Shape::Number,
    }
}

/// What a value says: a text without its quotes and escapes, anything else as it is written.
pub fn plain(value: &str) -> Cow<'_, str> {
    match shape(value) {
        Shape::Text if value.contains('\\') => {
            serde_json::from_str(value).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        Shape::Text => Cow::Borrowed(
            value
                .get(1..value.len().saturating_sub(1))
                .unwrap_or_default(),
        ),
        Shape::Object | Shape::Array | Shape::Number | Shape::Word => Cow::Borrowed(value),
    }
}

/// The members of an object, each a key with its quotes and a value, or the elements of an array,
/// without keys. Any other value has none.
pub fn children(value: &str) -> Children<'_> {
    let is_object = shape(value) == Shape::Object;
    let rest = if is_object || shape(value) == Shape::Array {
        value.get(1..).unwrap_or_default()
    } else {
        ""
    };
    Children { rest, is_object }
}

/// The iterator of [`children`].
pub struct Children<'a> {
    rest: &'a str,
    is_object: bool,
}

impl<'a> Iterator for Children<'a> {
    type Item = (Option<&'a str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
        if rest.is_empty() || rest.starts_with(['}', ']']) {
            return None;
        }
        let mut key = None;
        if self.is_object {
            let (name, after) = rest.split_at(string_length(rest));
            key = Some(name);
            rest = after.strip_prefix(':')?;
        }
        let (value, after) = rest.split_at(length(rest));
        self.rest = after;
        Some((key, value))
    }
}

/// How long the value at the start is.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'"') => string_length(text),
        Some(b'{' | b'[') => {
            let (mut depth, mut at) = (0usize, 0);
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        at += string_length(&text[at..]);
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return at;
                }
            }
            text.len()
        }
        _ => text.find([',', '}', ']']).unwrap_or(text.len()),
    }
}

/// How long the string at the start is, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    // Quotes and backslashes are ASCII, so every cut is between characters.
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(json: &str) -> Vec<(Option<&str>, &str)> {
        children(json).collect()
    }

    #[test]
    fn members_come_in_their_order_with_everything_in_them() {
        assert_eq!(
            parts(r#"{"b":{"x":[1,"]"]},"a\"}":"x,y:\\","n":12345678901234567890123,"b":null}"#),
            [
                (Some(r#""b""#), r#"{"x":[1,"]"]}"#),
                (Some(r#""a\"}""#), r#""x,y:\\""#),
                (Some(r#""n""#), "12345678901234567890123"),
                (Some(r#""b""#), "null"),
            ]
        );
        assert_eq!(
            parts("[[],{},-1.5e3]"),
            [(None, "[]"), (None, "{}"), (None, "-1.5e3")]
        );
        for none in ["{}", "[]", "12", r#""{}""#, "true"] {
            assert_eq!(parts(none), [], "{none}");
        }
    }

    #[test]
    fn a_text_is_read_without_its_escapes() {
        assert_eq!(plain(r#""a\"\u00e9""#), "a\"é");
        assert_eq!(plain(r#""""#), "");
        assert_eq!(plain("12.50"), "12.50");
    }

    proptest! {
        #[test]
        fn the_parts_of_any_array_of_texts_are_its_texts(texts in proptest::collection::vec(".{0,12}", 0..6)) {
            let json = serde_json::to_string(&texts).unwrap();
            let read: Vec<_> = children(&json).map(|(_, value)| plain(value).into_owned()).collect();
            prop_assert_eq!(read, texts);
        }
    }
}
