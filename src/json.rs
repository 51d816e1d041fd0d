//! JSON text, checked once and carried as it is.
//!
//! A payload stays as the publisher wrote it: the order of keys, numbers larger than a double, and
//! fields that no struct of ours has. Only the white space between tokens is removed, so the text
//! is one line and fits one `data:` field.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// Valid JSON on one line.
///
/// ```
/// use pulseboard_contract::Json;
///
/// let json = Json::parse("{ \"n\": 1.50 }")?;
/// assert_eq!(json.as_str(), r#"{"n":1.50}"#);
/// # Ok::<(), pulseboard_contract::InvalidJson>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Arc<str>);

/// The text is not JSON, or it is nested deeper than 128 levels.
#[derive(Debug, thiserror::Error)]
#[error("not valid JSON: {0}")]
pub struct InvalidJson(#[from] serde_json::Error);

impl Json {
    /// Checks the text and removes the white space between its tokens.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, or is nested deeper than 128 levels.
    pub fn parse(text: &str) -> Result<Self, InvalidJson> {
        // This reads the text like a value, but builds none. Text that passes can be read by every
        // later reader; serde_json stops at 128 levels, so none of them overflows its stack.
        serde_json::from_str::<Readable>(text)?;
        Ok(Self(one_line(text).into()))
    }

    /// Takes text that [`as_str`](Self::as_str) returned, unchecked: the log does not parse an event
    /// again each time it reads one. Other text makes JSON that readers refuse, and line ends that
    /// break a stream.
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }

    /// Writes a value.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be written as JSON, for example a map whose keys are not strings.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, InvalidJson> {
        Ok(Self(serde_json::to_string(value)?.into()))
    }

    /// The value `null`.
    pub fn null() -> Self {
        Self("null".into())
    }

    /// Writes a payload. Our payload structs have string keys and finite numbers, so this cannot
    /// fail. If it ever did, the receiver would refuse `null`, and no thread would be lost here.
    pub(crate) fn of_payload<T: Serialize>(payload: &T) -> Self {
        Self::of(payload).unwrap_or_else(|_| Self::null())
    }

    /// Reads it as a `T`.
    ///
    /// # Errors
    ///
    /// Fails if the JSON does not fit `T`; the error names the field.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// The text: one line, no white space between tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

/// Reads any value to its end and drops it. `IgnoredAny` would do the same, but has no limit of
/// depth.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// Valid JSON without the white space between its tokens.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    // The start of the text that is not copied yet. White space and quotes are ASCII, so every cut
    // is between characters.
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
        } else if byte == b'"' {
            in_string = true;
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            line.push_str(&text[from..at]);
            from = at + 1;
        }
    }
    line.push_str(&text[from..]);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_survives_without_its_white_space() {
        let json = Json::parse(
            "{ \"z\" : 12345678901234567890123,\r\n \"a b\" : \" \\\" { \\\\\" , \"a b\": 1.50 }\n",
        )
        .unwrap();
        assert_eq!(
            json.as_str(),
            r#"{"z":12345678901234567890123,"a b":" \" { \\","a b":1.50}"#
        );
    }

    #[test]
    fn endless_nesting_is_refused() {
        let deep = "[".repeat(100_000);
        assert!(Json::parse(&deep).is_err());
        assert!(Json::parse(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
    }

    #[test]
    fn text_after_the_value_is_refused() {
        assert!(Json::parse("{} {}").is_err());
        assert!(Json::parse("").is_err());
    }

    #[test]
    fn inside_other_json_it_is_a_value_and_not_a_string() {
        let json = Json::parse(r#"{"n":1.50}"#).unwrap();
        assert_eq!(serde_json::to_string(&[json]).unwrap(), r#"[{"n":1.50}]"#);
    }
}
