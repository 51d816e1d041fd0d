//! The time range of a chart, and its round times.

use pulseboard_contract::Timestamp;

/// The time range that a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The time at the left edge.
    pub start: Timestamp,
    /// The time at the right edge.
    pub end: Timestamp,
}

impl TimeRange {
    /// The range of this many milliseconds before `end`.
    pub fn until(end: Timestamp, millis: i64) -> Self {
        Self {
            start: Timestamp::from_millis(end.millis() - millis.max(1)).unwrap_or(end),
            end,
        }
    }

    /// Its length in milliseconds.
    pub fn millis(self) -> i64 {
        (self.end.millis() - self.start.millis()).max(1)
    }

    /// The position of a time: 0 at the left edge, 1 at the right edge.
    #[allow(clippy::cast_precision_loss)] // Some hours in milliseconds.
    pub fn fraction(self, millis: i64) -> f64 {
        (millis - self.start.millis()) as f64 / self.millis() as f64
    }

    /// The time at a position, given as a fraction of the width.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    pub fn at(self, fraction: f64) -> Timestamp {
        let millis = self.start.millis() + (fraction.clamp(0.0, 1.0) * self.millis() as f64) as i64;
        Timestamp::from_millis(millis).unwrap_or(self.end)
    }

    /// At most `most` round times in the range, and their distance in milliseconds. They are round in
    /// the reader's zone, which is `offset_millis` from UTC.
    pub fn ticks(self, most: usize, offset_millis: i64) -> (Vec<Timestamp>, i64) {
        const SECOND: i64 = 1_000;
        const MINUTE: i64 = 60 * SECOND;
        const HOUR: i64 = 60 * MINUTE;
        const STEPS: [i64; 17] = [
            SECOND,
            2 * SECOND,
            5 * SECOND,
            10 * SECOND,
            15 * SECOND,
            30 * SECOND,
            MINUTE,
            2 * MINUTE,
            5 * MINUTE,
            10 * MINUTE,
            15 * MINUTE,
            30 * MINUTE,
            HOUR,
            2 * HOUR,
            3 * HOUR,
            6 * HOUR,
            12 * HOUR,
        ];
        let day = 24 * HOUR;
        let count = i64::try_from(most).unwrap_or(i64::MAX);
        let days = self.millis() / count.max(1) / day + 1;
        let step = STEPS
            .into_iter()
            .find(|step| self.millis() / step < count)
            .unwrap_or(days * day);
        let local = self.start.millis() + offset_millis;
        let first = local.div_euclid(step) * step
            + if local.rem_euclid(step) == 0 { 0 } else { step }
            - offset_millis;
        let ticks = (0..=count)
            .map(|n| first + n * step)
            .take_while(|millis| *millis <= self.end.millis());
        (
            ticks
                .filter_map(|millis| Timestamp::from_millis(millis).ok())
                .collect(),
            step,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[test]
    fn ticks_of_time_are_round_in_the_readers_zone() {
        let ticks = |end: i64, millis, offset| {
            let (ticks, step) = TimeRange::until(at(end), millis).ticks(6, offset);
            (
                ticks
                    .iter()
                    .map(|tick| tick.millis() / 60_000)
                    .collect::<Vec<_>>(),
                step / 1_000,
            )
        };
        assert_eq!(ticks(900_000, 900_000, 0), (vec![0, 5, 10, 15], 300));
        assert_eq!(
            ticks(86_400_000, 86_400_000, 0),
            (vec![0, 360, 720, 1_080, 1_440], 21_600)
        );
        // At UTC+5:30, six o'clock is 00:30 in UTC.
        assert_eq!(
            ticks(86_400_000, 86_400_000, 19_800_000).0,
            [30, 390, 750, 1_110]
        );
        assert_eq!(ticks(60_000, 60_000, 0).1, 15);
    }

    #[test]
    fn a_position_becomes_a_time_and_a_time_its_position() {
        let range = TimeRange::until(at(10_000), 10_000);
        assert_eq!((range.at(0.25), range.fraction(2_500)), (at(2_500), 0.25));
        assert_eq!(range.at(7.0), at(10_000));
    }
}
