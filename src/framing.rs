//! Framings: the ways to write events on a stream.

use std::str::FromStr;

/// How events are written on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// `event:` carries the type, `data:` the payload: for `addEventListener`.
    Named,
    /// No `event:`; `data:` is the payload: for `onmessage`.
    Unnamed,
    /// No `event:`; `data:` is the whole event as `CloudEvents` JSON: one listener receives every
    /// type.
    Envelope,
}

/// The text names no framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a framing is one of named, unnamed, envelope")]
pub struct InvalidFraming;

impl Framing {
    /// Every framing.
    pub const ALL: [Self; 3] = [Self::Named, Self::Unnamed, Self::Envelope];

    /// The name in a query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Unnamed => "unnamed",
            Self::Envelope => "envelope",
        }
    }
}

impl FromStr for Framing {
    type Err = InvalidFraming;

    fn from_str(text: &str) -> Result<Self, InvalidFraming> {
        Self::ALL
            .into_iter()
            .find(|framing| framing.name() == text)
            .ok_or(InvalidFraming)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_framing_is_parsed_from_its_name() {
        for framing in Framing::ALL {
            assert_eq!(framing.name().parse(), Ok(framing));
        }
        assert_eq!("Named".parse::<Framing>(), Err(InvalidFraming));
    }
}
