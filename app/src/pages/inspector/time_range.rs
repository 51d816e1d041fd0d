//! The time range of a search: all of the log, the last minutes or days, or from one time to another.
//! Pure.

use pulseboard_contract::Timestamp;

/// The ranges with a button of their own: minutes, name in the address, label.
pub(super) const PRESETS: [(i64, &str, &str); 4] = [
    (5, "5m", "5 min"),
    (60, "1h", "1 h"),
    (24 * 60, "24h", "24 h"),
    (7 * 24 * 60, "7d", "7 days"),
];

/// A time range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TimeRange {
    /// The whole log.
    #[default]
    All,
    /// This many minutes up to now.
    Last(i64),
    /// From a time, inclusive, to another, exclusive. `None` leaves that side open.
    Between {
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    },
}

/// The event times that a search looks for, in milliseconds.
pub(super) type Bounds = std::ops::Range<i64>;

impl TimeRange {
    /// Reads the range from query parameters.
    pub(super) fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let last = get("time").and_then(|name| {
            PRESETS
                .iter()
                .find(|(_, known, _)| *known == name)
                .map(|(minutes, ..)| *minutes)
        });
        let moment = |name| get(name).and_then(|text| text.parse().ok());
        match (last, moment("from"), moment("to")) {
            (Some(minutes), ..) => Self::Last(minutes),
            (None, None, None) => Self::All,
            (None, from, to) => Self::Between { from, to },
        }
    }

    /// The query parameters that carry the range.
    pub(super) fn query_params(self) -> Vec<(&'static str, String)> {
        match self {
            Self::All => Vec::new(),
            Self::Last(minutes) => {
                let known = PRESETS.iter().find(|(known, ..)| *known == minutes);
                known
                    .map(|(_, name, _)| ("time", (*name).to_owned()))
                    .into_iter()
                    .collect()
            }
            Self::Between { from, to } => {
                let moments = [("from", from), ("to", to)].into_iter();
                moments
                    .filter_map(|(name, moment)| Some((name, moment?.to_string())))
                    .collect()
            }
        }
    }

    /// A custom range without both ends is the whole log.
    pub(super) fn normalized(self) -> Self {
        if self
            == (Self::Between {
                from: None,
                to: None,
            })
        {
            Self::All
        } else {
            self
        }
    }

    /// From a minute before a time to a minute after it.
    pub(super) fn around(moment: Timestamp) -> Self {
        let at = |millis: i64| Timestamp::from_millis(moment.millis() + millis).ok();
        Self::Between {
            from: at(-60_000),
            to: at(60_000),
        }
    }

    /// The event times in the range, `now` being the current time.
    pub(super) fn bounds(self, now: i64) -> Bounds {
        match self {
            Self::All => i64::MIN..i64::MAX,
            Self::Last(minutes) => now - minutes * 60_000..i64::MAX,
            Self::Between { from, to } => {
                from.map_or(i64::MIN, Timestamp::millis)..to.map_or(i64::MAX, Timestamp::millis)
            }
        }
    }

    /// Whether the end is before the start.
    pub(super) fn is_backward(self) -> bool {
        self.bounds(0).is_empty()
    }
}

/// Parses the value of a date and time field, `2024-01-01T12:00` in the reader's time zone. `offset`
/// is the zone's offset from UTC at a time, in minutes.
pub(super) fn parse_local(field: &str, offset: impl Fn(Timestamp) -> i64) -> Option<Timestamp> {
    let seconds = if field.len() == "2024-01-01T12:00".len() {
        ":00"
    } else {
        ""
    };
    let written: Timestamp = format!("{field}{seconds}Z").parse().ok()?;
    let shifted = |by: i64| Timestamp::from_millis(written.millis() - by * 60_000).ok();
    // The offset at the resulting time applies, so it is looked up again after the first shift.
    shifted(offset(shifted(offset(written))?))
}

/// The value of a date and time field that shows `moment` in the reader's time zone.
pub(super) fn format_local(moment: Timestamp, offset: impl Fn(Timestamp) -> i64) -> String {
    let local = Timestamp::from_millis(moment.millis() + offset(moment) * 60_000)
        .unwrap_or(moment)
        .to_string();
    local
        .get(.."2024-01-01T12:00:00".len())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_survives_the_address() {
        let between = |from: &str, to: &str| TimeRange::Between {
            from: from.parse().ok(),
            to: to.parse().ok(),
        };
        let ranges = [
            TimeRange::All,
            TimeRange::Last(60),
            between("2024-01-01T12:00:00Z", ""),
            between("2024-01-01T12:00:00Z", "2024-01-01T13:00:00Z"),
        ];
        for range in ranges {
            let params = range.query_params();
            let read = TimeRange::from_query(|name| {
                params
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| value.clone())
            });
            assert_eq!(read, range);
        }
        assert_eq!(
            TimeRange::from_query(|name| (name == "time").then(|| "3y".to_owned())),
            TimeRange::All
        );
        assert_eq!(
            TimeRange::Between {
                from: None,
                to: None
            }
            .normalized(),
            TimeRange::All
        );
    }

    #[test]
    fn a_range_includes_its_start_and_excludes_its_end() {
        assert_eq!(TimeRange::Last(5).bounds(1_000_000), 700_000..i64::MAX);
        let (from, to) = (at("2024-01-01T12:00:00Z"), at("2024-01-01T13:00:00Z"));
        assert_eq!(
            TimeRange::Between {
                from: Some(from),
                to: Some(to)
            }
            .bounds(0),
            from.millis()..to.millis()
        );
        assert!(
            TimeRange::Between {
                from: Some(to),
                to: Some(from)
            }
            .is_backward()
        );
        assert!(!TimeRange::All.is_backward() && !TimeRange::Last(5).is_backward());
    }

    #[test]
    fn a_field_is_in_the_readers_time_zone_in_summer_and_winter() {
        // Two hours ahead from the last of March on.
        let offset = |at: Timestamp| {
            if at.millis() >= 1_711_846_800_000 {
                120
            } else {
                60
            }
        };
        for (field, moment) in [
            ("2024-01-01T12:00", "2024-01-01T11:00:00Z"),
            ("2024-07-01T12:00:30", "2024-07-01T10:00:30Z"),
            ("2024-03-31T01:30", "2024-03-31T00:30:00Z"),
            ("2024-03-31T03:30", "2024-03-31T01:30:00Z"),
        ] {
            assert_eq!(parse_local(field, offset), Some(at(moment)), "{field}");
            assert!(format_local(at(moment), offset).starts_with(field));
        }
        assert_eq!(parse_local("", offset), None);
    }
}
