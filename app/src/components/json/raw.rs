//! Takes one level of a JSON text apart without converting its values: key order, repeated keys and
//! the digits of large numbers stay as the publisher wrote them.
//!
//! The input is the text of a [`pulseboard_contract::Json`], which is valid JSON without white space
//! between its tokens.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// The kind of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
}

/// The kind of a value, read from its first character.
pub fn kind(value: &str) -> Kind {
    match value.as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::String,
        Some(b't' | b'f' | b'n') => Kind::Literal,
        _ => Kind::Number,
    }
}

/// The text of a value: a string without quotes and escapes, any other value unchanged.
pub fn text(value: &str) -> Cow<'_, str> {
    match kind(value) {
        Kind::String if value.contains('\\') => {
            serde_json::from_str(value).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        Kind::String => Cow::Borrowed(
            value
                .get(1..value.len().saturating_sub(1))
                .unwrap_or_default(),
        ),
        Kind::Object | Kind::Array | Kind::Number | Kind::Literal => Cow::Borrowed(value),
    }
}

/// A member of an object or an element of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child<'a> {
    /// The key with its quotes; `None` in an array.
    pub key: Option<&'a str>,
    /// The value as it is written.
    pub value: &'a str,
}

/// The members of an object or the elements of an array, in their order. Other values have none.
pub fn children(value: &str) -> Vec<Child<'_>> {
    match kind(value) {
        Kind::Object | Kind::Array => {
            serde_json::from_str::<Children<'_>>(value).map_or_else(|_| Vec::new(), |all| all.0)
        }
        Kind::String | Kind::Number | Kind::Literal => Vec::new(),
    }
}

/// Reads one level; each value below it stays a [`RawValue`].
struct Children<'a>(Vec<Child<'a>>);

impl<'de> Deserialize<'de> for Children<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChildrenVisitor)
    }
}

struct ChildrenVisitor;

impl<'de> Visitor<'de> for ChildrenVisitor {
    type Value = Children<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            children.push(Child {
                key: Some(key.get()),
                value: value.get(),
            });
        }
        Ok(Children(children))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some(value) = seq.next_element::<&RawValue>()? {
            children.push(Child {
                key: None,
                value: value.get(),
            });
        }
        Ok(Children(children))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(json: &str) -> Vec<(Option<&str>, &str)> {
        children(json)
            .into_iter()
            .map(|child| (child.key, child.value))
            .collect()
    }

    #[test]
    fn members_keep_their_order_their_digits_and_repeated_keys() {
        assert_eq!(
            pairs(r#"{"b":{"x":[1,"]"]},"a\"}":"x,y:\\","n":12345678901234567890123,"b":null}"#),
            [
                (Some(r#""b""#), r#"{"x":[1,"]"]}"#),
                (Some(r#""a\"}""#), r#""x,y:\\""#),
                (Some(r#""n""#), "12345678901234567890123"),
                (Some(r#""b""#), "null"),
            ]
        );
        assert_eq!(
            pairs("[[],{},-1.5e3]"),
            [(None, "[]"), (None, "{}"), (None, "-1.5e3")]
        );
        for none in ["{}", "[]", "12", r#""{}""#, "true"] {
            assert_eq!(pairs(none), [], "{none}");
        }
    }

    #[test]
    fn the_text_of_a_string_has_no_quotes_and_no_escapes() {
        assert_eq!(text(r#""a\"\u00e9""#), "a\"é");
        assert_eq!(text(r#""""#), "");
        assert_eq!(text("12.50"), "12.50");
    }

    proptest! {
        #[test]
        fn the_children_of_an_array_of_strings_are_these_strings(strings in proptest::collection::vec(".{0,12}", 0..6)) {
            let json = serde_json::to_string(&strings).unwrap();
            let read: Vec<_> = children(&json).iter().map(|child| text(child.value).into_owned()).collect();
            prop_assert_eq!(read, strings);
        }
    }
}
