//! The time one looks at in the log: all of it, the last while, or from one moment to another.
//! Pure.

use pulseboard_contract::Timestamp;

use pulseboard_contract::push_percent_encoded;

/// The whiles that are a press away: their minutes, as the address has them, and in words.
pub(super) const WHILES: [(i64, &str, &str); 4] = [
    (5, "5m", "5 min"),
    (60, "1h", "1 h"),
    (24 * 60, "24h", "24 h"),
    (7 * 24 * 60, "7d", "7 days"),
];

/// A time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Range {
    /// All there is.
    #[default]
    All,
    /// So many minutes before now.
    Last(i64),
    /// From a moment on and before another, as far as they are given.
    Between {
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    },
}

/// The milliseconds of an event that is looked for.
pub(super) type Bounds = std::ops::Range<i64>;

impl Range {
    /// Reads the address.
    pub(super) fn of_address(get: impl Fn(&str) -> Option<String>) -> Self {
        let last = get("time").and_then(|name| {
            WHILES
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

    /// The parameters that say it in the address.
    pub(super) fn params(self) -> Vec<(&'static str, String)> {
        match self {
            Self::All => Vec::new(),
            Self::Last(minutes) => {
                let known = WHILES.iter().find(|(known, ..)| *known == minutes);
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

    /// As the address has it: one that is not given yet is none.
    pub(super) fn given(self) -> Self {
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

    /// A minute before and after a moment.
    pub(super) fn around(moment: Timestamp) -> Self {
        let at = |millis: i64| Timestamp::from_millis(moment.millis() + millis).ok();
        Self::Between {
            from: at(-60_000),
            to: at(60_000),
        }
    }

    /// What is looked for now.
    pub(super) fn bounds(self, now: i64) -> Bounds {
        match self {
            Self::All => i64::MIN..i64::MAX,
            Self::Last(minutes) => now - minutes * 60_000..i64::MAX,
            Self::Between { from, to } => {
                from.map_or(i64::MIN, Timestamp::millis)..to.map_or(i64::MAX, Timestamp::millis)
            }
        }
    }

    /// Whether it ends before it begins.
    pub(super) fn is_backward(self) -> bool {
        self.bounds(0).is_empty()
    }
}

/// The address of the page with these parameters, those that are empty left out.
pub(super) fn address(params: &[(&'static str, String)]) -> String {
    let mut url = "/inspector".to_owned();
    let mut mark = '?';
    for (name, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
        url.push(mark);
        url.push_str(name);
        url.push('=');
        push_percent_encoded(&mut url, value);
        mark = '&';
    }
    url
}

/// What a field for a date and a time says, `2024-01-01T12:00` of the reader's zone, as a moment.
/// `offset` is that of the zone from UTC at a time, in minutes.
pub(super) fn moment_of(field: &str, offset: impl Fn(Timestamp) -> i64) -> Option<Timestamp> {
    let seconds = if field.len() == "2024-01-01T12:00".len() {
        ":00"
    } else {
        ""
    };
    let written: Timestamp = format!("{field}{seconds}Z").parse().ok()?;
    let shifted = |by: i64| Timestamp::from_millis(written.millis() - by * 60_000).ok();
    // The offset is that of the moment itself, which is known only once it is shifted.
    shifted(offset(shifted(offset(written))?))
}

/// The field of a moment.
pub(super) fn field_of(moment: Timestamp, offset: impl Fn(Timestamp) -> i64) -> String {
    let local = Timestamp::from_millis(moment.millis() + offset(moment) * 60_000)
        .unwrap_or(moment)
        .to_string();
    local
        .get(.."2024-01-01T12:00:00".len())
        .unwrap_or_default()
        .to_owned()
}

/// Finds the place of a moment in a log, by asking for the newest event before a sequence, with
/// ever smaller steps. Times grow with sequences, more or less.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Halving {
    /// Before this everything is earlier.
    low: u64,
    /// From here on everything is later.
    high: u64,
    step: u64,
}

impl Halving {
    /// So near to the place it is read on rather than halved; also what is read beyond it, for
    /// events that were told late.
    pub(super) const NEAR: u64 = 400;

    /// In a log whose newest event is this.
    pub(super) fn new(last: u64) -> Self {
        Self {
            low: 0,
            high: last.saturating_add(1),
            step: Self::NEAR,
        }
    }

    /// The sequence before which the newest event is asked for; none where the place is found.
    pub(super) fn probe(&self) -> Option<u64> {
        if self.high - self.low <= Self::NEAR {
            return None;
        }
        // Near the end first, with steps that grow: mostly one looks for what was lately.
        Some(if self.low == 0 && self.step < self.high {
            self.high - self.step
        } else {
            u64::midpoint(self.low, self.high)
        })
    }

    /// What was found before a probe: a sequence, and whether it is later than the moment.
    pub(super) fn answer(&mut self, probe: u64, found: Option<(u64, bool)>) {
        self.step = self.step.saturating_mul(2);
        match found {
            Some((seq, true)) => self.high = seq.clamp(self.low, probe),
            Some((_, false)) | None => self.low = probe,
        }
    }

    /// The sequence to read back from.
    pub(super) fn place(&self) -> u64 {
        self.high.saturating_add(Self::NEAR)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_the_address_says_is_what_it_was_written_from() {
        let between = |from: &str, to: &str| Range::Between {
            from: from.parse().ok(),
            to: to.parse().ok(),
        };
        let ranges = [
            Range::All,
            Range::Last(60),
            between("2024-01-01T12:00:00Z", ""),
            between("2024-01-01T12:00:00Z", "2024-01-01T13:00:00Z"),
        ];
        for range in ranges {
            let params = range.params();
            let read = Range::of_address(|name| {
                params
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| value.clone())
            });
            assert_eq!(read, range);
        }
        assert_eq!(
            Range::of_address(|name| (name == "time").then(|| "3y".to_owned())),
            Range::All
        );
        assert_eq!(
            Range::Between {
                from: None,
                to: None
            }
            .given(),
            Range::All
        );
        let params = [
            ("q", "a b".to_owned()),
            ("view", String::new()),
            ("time", "1h".to_owned()),
        ];
        assert_eq!(address(&params), "/inspector?q=a%20b&time=1h");
    }

    #[test]
    fn a_range_has_the_milliseconds_from_its_beginning_to_before_its_end() {
        assert_eq!(Range::Last(5).bounds(1_000_000), 700_000..i64::MAX);
        let (from, to) = (at("2024-01-01T12:00:00Z"), at("2024-01-01T13:00:00Z"));
        assert_eq!(
            Range::Between {
                from: Some(from),
                to: Some(to)
            }
            .bounds(0),
            from.millis()..to.millis()
        );
        assert!(
            Range::Between {
                from: Some(to),
                to: Some(from)
            }
            .is_backward()
        );
        assert!(!Range::All.is_backward() && !Range::Last(5).is_backward());
    }

    #[test]
    fn a_field_is_in_the_readers_zone_summer_and_winter() {
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
            assert_eq!(moment_of(field, offset), Some(at(moment)), "{field}");
            assert!(field_of(at(moment), offset).starts_with(field));
        }
        assert_eq!(moment_of("", offset), None);
    }

    proptest! {
        #[test]
        fn a_moment_is_found_in_few_steps_and_nothing_before_it_is_passed_over(
            last in 0u64..2_000_000, moment in 0u64..2_100_000, every in 1u64..5_000
        ) {
            // An event at every so many sequences, at its own sequence.
            let mut halving = Halving::new(last);
            let mut steps = 0;
            while let Some(probe) = halving.probe() {
                let newest = probe.min(last + 1).checked_sub(1).map(|before| before / every * every).filter(|seq| *seq > 0);
                halving.answer(probe, newest.map(|seq| (seq, seq >= moment)));
                steps += 1;
                prop_assert!(steps < 60);
            }
            let newest_earlier = moment.saturating_sub(1).min(last) / every * every;
            prop_assert!(halving.place() > newest_earlier, "{halving:?}");
            prop_assert!(halving.place() <= newest_earlier + every + 2 * Halving::NEAR + 1, "{halving:?}");
        }
    }
}
