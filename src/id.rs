//! Event ids: a position in one log, written `<epoch>-<sequence>`.
//!
//! The SSE field `id:` and the header `Last-Event-ID` carry an event id. An id contains no clock
//! time, so setting a clock back cannot reorder events. A log that was deleted or restored from a
//! backup gets a new epoch, so its ids differ from all ids of the old log.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The log an id belongs to: eight hexadecimal digits, drawn at random once per log.
///
/// ```
/// use pulseboard_contract::Epoch;
///
/// let epoch: Epoch = "9f2c41d7".parse()?;
/// assert_eq!(epoch, Epoch::new(0x9f2c_41d7));
/// assert_eq!(epoch.to_string(), "9f2c41d7");
/// # Ok::<(), pulseboard_contract::InvalidEpoch>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch with these bits. The program that creates a log draws them at random.
    pub fn new(bits: u32) -> Self {
        Self(bits)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The text is not an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an epoch is eight lower-case hexadecimal digits, like 9f2c41d7")]
pub struct InvalidEpoch;

impl FromStr for Epoch {
    type Err = InvalidEpoch;

    /// Accepts exactly what `Display` writes, so that one epoch has one text.
    fn from_str(text: &str) -> Result<Self, InvalidEpoch> {
        let is_canonical = text.len() == 8
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !is_canonical {
            return Err(InvalidEpoch);
        }
        u32::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| InvalidEpoch)
    }
}

/// An event's position in the log. Sequence 0 stands before the first event.
///
/// Ids compare only within an epoch: there is no order between two logs, hence no `Ord`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    /// The log.
    pub epoch: Epoch,
    /// The position in it; grows by one an event.
    pub seq: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

/// The text is not an event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event id is eight hexadecimal digits, a hyphen and a number, like 9f2c41d7-48211")]
pub struct InvalidEventId;

impl FromStr for EventId {
    type Err = InvalidEventId;

    /// Accepts exactly what `Display` writes, so that one id has one text.
    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let (epoch, seq) = text.split_once('-').ok_or(InvalidEventId)?;
        let is_canonical_seq =
            seq.bytes().all(|b| b.is_ascii_digit()) && (seq == "0" || !seq.starts_with('0'));
        if !is_canonical_seq {
            return Err(InvalidEventId);
        }
        Ok(Self {
            epoch: epoch.parse().map_err(|_| InvalidEventId)?,
            seq: seq.parse().map_err(|_| InvalidEventId)?,
        })
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_survives_its_text(bits: u32, seq: u64) {
            let id = EventId { epoch: Epoch::new(bits), seq };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn parsing_never_panics_and_accepts_only_what_it_writes(text in ".{0,24}") {
            if let Ok(id) = text.parse::<EventId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn an_epoch_is_eight_lower_case_hexadecimal_digits_and_nothing_else() {
        assert_eq!("0000000a".parse(), Ok(Epoch::new(10)));
        for text in [
            "",
            "a",
            "0000000A",
            "0000000g",
            "+000000a",
            "00000000a",
            "9f2c41d7-0",
        ] {
            assert_eq!(text.parse::<Epoch>(), Err(InvalidEpoch), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "-",
            "9f2c41d7",
            "9f2c41d7-",
            "9f2c41d7-007",
            "9F2C41D7-1",
            "9f2c-1",
            "9f2c41d7--1",
            "9f2c41d7-+1",
            "9f2c41d7-18446744073709551616",
        ] {
            assert_eq!(text.parse::<EventId>(), Err(InvalidEventId), "{text:?}");
        }
    }
}
