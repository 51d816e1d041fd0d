//! Timestamps: moments in UTC, to the millisecond. On the wire they are RFC 3339.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, years 0000 to 9999.
///
/// This crate has no clock: code that needs the current time receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The years that RFC 3339 can write.
const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// The text or the number is not a moment that RFC 3339 can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is RFC 3339 with a year from 0000 to 9999, like 2024-01-01T12:00:00Z")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The moment this many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// Fails if the year is not from 0000 to 9999.
    pub fn from_millis(millis: i64) -> Result<Self, InvalidTimestamp> {
        if RANGE.contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(InvalidTimestamp)
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    /// `2024-01-01T12:00:00Z`, with three decimals of a second if they are not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1000)).map_err(|_| fmt::Error)?;
        let (date, clock) = (moment.date(), moment.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            date.year(),
            u8::from(date.month()),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second()
        )?;
        match self.0.rem_euclid(1000) {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Parses any RFC 3339 text. Another offset is converted to UTC, and digits after the
    /// millisecond are cut.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidTimestamp)?;
        let millis = moment.unix_timestamp_nanos().div_euclid(1_000_000);
        Self::from_millis(i64::try_from(millis).map_err(|_| InvalidTimestamp)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
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

    #[test]
    fn the_seeds_time_is_written_as_the_seed_writes_it() {
        let noon: Timestamp = "2024-01-01T12:00:00Z".parse().unwrap();
        assert_eq!(noon.to_string(), "2024-01-01T12:00:00Z");
        assert_eq!(noon.millis(), 1_704_110_400_000);
    }

    #[test]
    fn offsets_become_utc_and_precision_stops_at_the_millisecond() {
        let time: Timestamp = "2024-01-01T14:00:00.123987+02:00".parse().unwrap();
        assert_eq!(time.to_string(), "2024-01-01T12:00:00.123Z");
    }

    #[test]
    fn a_time_whose_utc_form_has_no_four_digit_year_is_refused() {
        assert_eq!(
            "9999-12-31T23:59:59-01:00".parse::<Timestamp>(),
            Err(InvalidTimestamp)
        );
        assert_eq!(
            "0000-01-01T00:00:00+01:00".parse::<Timestamp>(),
            Err(InvalidTimestamp)
        );
    }

    proptest! {
        #[test]
        fn a_time_survives_its_text(millis in RANGE) {
            let time = Timestamp::from_millis(millis).unwrap();
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn parsing_never_panics(text in ".{0,40}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
