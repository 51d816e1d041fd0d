//! The name of an event type.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{EventType, limits};

/// The name of an event type, whether or not the table has it: 1 to 100 bytes without white space
/// or control characters.
///
/// `open` and `error` are refused: a browser dispatches them to the handlers of the connection.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName(Arc<str>);

/// The text cannot name an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTypeName {
    /// Empty, over 100 bytes, or with white space or control characters.
    #[error(
        "an event type has 1 to {} bytes, without white space or control characters",
        limits::TYPE_NAME_BYTES
    )]
    Text,
    /// `open` or `error`.
    #[error("'open' and 'error' are the browser's own events and cannot be event types")]
    BrowserEvent,
}

impl TypeName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// Fails if the text cannot name an event type.
    pub fn new(text: &str) -> Result<Self, InvalidTypeName> {
        if matches!(text, "open" | "error") {
            return Err(InvalidTypeName::BrowserEvent);
        }
        if text.is_empty()
            || text.len() > limits::TYPE_NAME_BYTES
            || text.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(InvalidTypeName::Text);
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The row of the table, if it has one.
    pub fn known(&self) -> Option<EventType> {
        EventType::from_name(&self.0)
    }
}

impl From<EventType> for TypeName {
    fn from(event_type: EventType) -> Self {
        Self(event_type.name().into())
    }
}

impl FromStr for TypeName {
    type Err = InvalidTypeName;

    fn from_str(text: &str) -> Result<Self, InvalidTypeName> {
        Self::new(text)
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl Serialize for TypeName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TypeName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_stream_or_a_browser_cannot_carry_are_refused() {
        for text in ["", "a b", "a\nb", "a\r", "a\0b", "\u{85}", &"x".repeat(101)] {
            assert_eq!(TypeName::new(text), Err(InvalidTypeName::Text), "{text:?}");
        }
        assert_eq!(TypeName::new("error"), Err(InvalidTypeName::BrowserEvent));
        assert_eq!(TypeName::new("open"), Err(InvalidTypeName::BrowserEvent));
    }
}
