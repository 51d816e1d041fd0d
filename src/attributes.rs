//! Extension attributes: the context attributes of `CloudEvents` that Pulseboard does not use
//! itself, like `subject`, `dataschema` and `traceparent`.
//!
//! The hub stores them and writes them back, and never interprets them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize, de::Error as _};

use crate::limits;

/// The attributes that are fields of an [`Event`](crate::Event), so they cannot be extension
/// attributes.
const OWN: [&str; 11] = [
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "datacontenttype",
    "topic",
    "eventid",
    "expires",
    "data",
    "data_base64",
];

/// The extension attributes of an event, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Attributes(BTreeMap<String, AttributeValue>);

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number of 32 bits.
    Integer(i32),
    /// Anything else: text, a URI, a time.
    Text(String),
}

/// The attribute cannot be carried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttribute {
    /// The name is not valid.
    #[error(
        "an attribute's name is 1 to {most} lower-case letters and digits, and {0:?} is not",
        most = limits::ATTRIBUTE_NAME_BYTES
    )]
    Name(String),
    /// The value is too long or has control characters.
    #[error(
        "the attribute {0} is longer than {most} bytes or has control characters",
        most = limits::ATTRIBUTE_TEXT_BYTES
    )]
    Value(String),
    /// There are too many.
    #[error("an event has at most {} extension attributes", limits::ATTRIBUTES)]
    TooMany,
}

impl Attributes {
    /// Inserts or replaces an attribute.
    ///
    /// # Errors
    ///
    /// Fails if the name or the value is not valid, or if the event would have too many attributes.
    pub fn insert(&mut self, name: &str, value: AttributeValue) -> Result<(), InvalidAttribute> {
        let is_name = (1..=limits::ATTRIBUTE_NAME_BYTES).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
            && !OWN.contains(&name);
        if !is_name {
            return Err(InvalidAttribute::Name(name.chars().take(40).collect()));
        }
        if let AttributeValue::Text(text) = &value
            && (text.len() > limits::ATTRIBUTE_TEXT_BYTES || text.chars().any(char::is_control))
        {
            return Err(InvalidAttribute::Value(name.to_owned()));
        }
        if self.0.len() == limits::ATTRIBUTES && !self.0.contains_key(name) {
            return Err(InvalidAttribute::TooMany);
        }
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// The value of an attribute, if the event has it.
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.0.get(name)
    }

    /// About how many bytes they take to write.
    pub fn weight(&self) -> usize {
        let text = |value: &AttributeValue| match value {
            AttributeValue::Text(text) => text.len(),
            AttributeValue::Boolean(_) | AttributeValue::Integer(_) => 8,
        };
        self.0
            .iter()
            .map(|(name, value)| name.len() + text(value) + 6)
            .sum()
    }

    /// Whether there are no attributes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All attributes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut attributes = Self::default();
        for (name, value) in BTreeMap::<String, AttributeValue>::deserialize(deserializer)? {
            attributes.insert(&name, value).map_err(D::Error::custom)?;
        }
        Ok(attributes)
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> AttributeValue {
        AttributeValue::Text(value.to_owned())
    }

    #[test]
    fn an_invalid_attribute_is_refused_with_its_name() {
        let mut attributes = Attributes::default();
        for name in [
            "",
            "Subject",
            "trace-parent",
            "größe",
            "aaaaaaaaaaaaaaaaaaaaa",
            "topic",
            "data",
        ] {
            assert_eq!(
                attributes.insert(name, text("x")),
                Err(InvalidAttribute::Name(name.to_owned()))
            );
        }
        assert_eq!(
            attributes.insert("subject", text("a\nb")),
            Err(InvalidAttribute::Value("subject".to_owned()))
        );
        assert_eq!(
            attributes.insert("subject", text(&"x".repeat(1025))),
            Err(InvalidAttribute::Value("subject".to_owned()))
        );
        for n in 0..32 {
            attributes.insert(&format!("a{n}"), text("x")).unwrap();
        }
        assert_eq!(
            attributes.insert("a32", text("x")),
            Err(InvalidAttribute::TooMany)
        );
        assert_eq!(
            attributes.insert("a31", text("y")),
            Ok(()),
            "a known attribute may change"
        );
    }

    #[test]
    fn json_keeps_the_kinds_apart() {
        let json = r#"{"a":true,"b":7,"c":"7"}"#;
        let attributes: Attributes = serde_json::from_str(json).unwrap();
        assert_eq!(attributes.get("b"), Some(&AttributeValue::Integer(7)));
        assert_eq!(attributes.get("c"), Some(&text("7")));
        assert_eq!(serde_json::to_string(&attributes).unwrap(), json);
        assert!(serde_json::from_str::<Attributes>(r#"{"a":3000000000}"#).is_err());
    }
}
