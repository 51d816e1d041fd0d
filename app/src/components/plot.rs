//! The geometry of charts: scales with round numbers, ticks of time, and series as paths. Pure.

use std::fmt::Write;

use pulseboard::Timestamp;

use crate::feed::{Bucket, Series};

/// The box lines are drawn in; the browser stretches it to its place. A column is what one chart can tell apart.
pub const WIDTH: f64 = 1_000.0;
/// The height of the box.
pub const HEIGHT: f64 = 100.0;
/// Room above and below, so that the stroke is not cut.
const MARGIN: f64 = 2.0;

/// The time a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its left edge.
    pub start: Timestamp,
    /// Its right edge.
    pub end: Timestamp,
}

impl Window {
    /// So many milliseconds up to `end`.
    pub fn until(end: Timestamp, millis: i64) -> Self {
        Self { start: Timestamp::from_millis(end.millis() - millis.max(1)).unwrap_or(end), end }
    }

    /// How long it is.
    pub fn millis(self) -> i64 {
        (self.end.millis() - self.start.millis()).max(1)
    }

    /// Where a time lies: 0 at the left edge, 1 at the right.
    #[allow(clippy::cast_precision_loss)] // A window of hours in milliseconds.
    pub fn part(self, millis: i64) -> f64 {
        (millis - self.start.millis()) as f64 / self.millis() as f64
    }

    /// The time at a part of the width.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    pub fn at(self, part: f64) -> Timestamp {
        let millis = self.start.millis() + (part.clamp(0.0, 1.0) * self.millis() as f64) as i64;
        Timestamp::from_millis(millis).unwrap_or(self.end)
    }

    /// Round times in it, at most `most`, and how far apart they are. `offset_millis` is the reader's from UTC: a tick of
    /// three hours stands at three o'clock there.
    pub fn ticks(self, most: i64, offset_millis: i64) -> (Vec<Timestamp>, i64) {
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
        let days = self.millis() / most.max(1) / day + 1;
        let step = STEPS.into_iter().find(|step| self.millis() / step < most).unwrap_or(days * day);
        let local = self.start.millis() + offset_millis;
        let first = local.div_euclid(step) * step + if local.rem_euclid(step) == 0 { 0 } else { step } - offset_millis;
        let ticks = (0..=most).map(|n| first + n * step).take_while(|millis| *millis <= self.end.millis());
        (ticks.filter_map(|millis| Timestamp::from_millis(millis).ok()).collect(), step)
    }
}

/// What a chart's height stands for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    /// At the bottom.
    pub low: f64,
    /// At the top.
    pub high: f64,
    /// Round values, lowest first.
    pub ticks: Vec<f64>,
    /// How far they are apart.
    pub step: f64,
}

impl Scale {
    /// Exactly from the smallest to the largest.
    pub fn tight(low: f64, high: f64) -> Self {
        Self { low: from_zero(low, high), high, ticks: Vec::new(), step: 0.0 }
    }

    /// Round numbers around the smallest and the largest, at most three steps. Bytes are round in powers of two.
    pub fn round(low: f64, high: f64, is_whole: bool, is_binary: bool) -> Self {
        const STEPS: f64 = 3.0;
        let low = from_zero(low, high);
        let (low, high) = if high > low {
            (low, high)
        } else {
            // A constant lies in the middle.
            let around = (low.abs() * 0.05).max(if is_whole { 1.0 } else { 0.5 });
            (if low >= 0.0 { (low - around).max(0.0) } else { low - around }, low + around)
        };
        let least = (high - low) / STEPS;
        let magnitude =
            if is_binary { 1024f64.powf(least.max(1.0).log(1024.0).floor()) } else { 10f64.powf(least.log10().floor()) };
        let factors: &[f64] = if is_binary {
            &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0]
        } else {
            &[1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0]
        };
        // A step is taken once its round bounds hold the values in as many steps as there may be.
        let fits = |step: &f64| {
            let is_fine = !is_whole || *step >= 1.0;
            is_fine && ((high / step).ceil() - (low / step).floor()) <= STEPS + 0.5
        };
        let step = factors.iter().map(|factor| factor * magnitude).find(fits).unwrap_or(high - low);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let mut ticks = Vec::new();
        let mut tick = first;
        while tick <= last + 0.5 && ticks.len() < 8 {
            ticks.push(tick * step);
            tick += 1.0;
        }
        Self { low: first * step, high: last * step, ticks, step }
    }

    /// How far from the top a value lies, as a part of the height.
    pub fn below_top(&self, value: f64) -> f64 {
        let part = if self.high > self.low { (value - self.low) / (self.high - self.low) } else { 0.5 };
        (HEIGHT - MARGIN - part * (HEIGHT - 2.0 * MARGIN)) / HEIGHT
    }

    /// A tick in writing, with the decimals its step needs.
    pub fn label(&self, tick: f64) -> String {
        if self.step >= 1.0 && self.step.fract() == 0.0 {
            return crate::format::number(tick.round());
        }
        let decimals = (0..6usize).find(|decimals| {
            let shifted = self.step * 10f64.powi(i32::try_from(*decimals).unwrap_or(0));
            (shifted - shifted.round()).abs() < 1e-6
        });
        let decimals = decimals.unwrap_or(6);
        format!("{tick:.decimals$}").replace('-', "\u{2212}")
    }
}

/// Numbers that reach near zero are shown from zero, so that small changes of large numbers are not lost in white.
fn from_zero(low: f64, high: f64) -> f64 {
    if low >= 0.0 && low < high * 0.5 { 0.0 } else { low }
}

/// The outlines of a series, in the box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paths {
    /// The line, broken where there was no data.
    pub line: String,
    /// The area under it.
    pub area: String,
}

/// Draws a series. Where several buckets share a column, the line keeps their first, smallest, largest and last value.
pub fn trace(series: &Series, window: Window, scale: &Scale, with_area: bool) -> Paths {
    let buckets: Vec<_> = series.since(window.start).collect();
    let breaks = breaks(&buckets, window);
    let mut pen = Pen { scale, with_area, paths: Paths::default(), run: None };
    let mut column: Option<Column> = None;
    // What lies before the left edge only leads the line there.
    for (bucket, is_broken) in buckets.into_iter().zip(breaks) {
        let x = window.part(bucket.middle()) * WIDTH;
        match &mut column {
            Some(column) if !is_broken && x.floor() <= column.x.floor() => column.add(&bucket),
            _ => {
                if let Some(column) = column.take() {
                    pen.draw(&column);
                }
                if is_broken {
                    pen.lift();
                }
                column = Some(Column::of(x, &bucket));
            }
        }
    }
    if let Some(column) = column {
        pen.draw(&column);
    }
    pen.lift();
    pen.paths
}

/// Before which buckets the line is broken, because nothing was told for several times as long as is usual around there.
/// The pace may change on the way: what was read from far back is told less often than what is live.
fn breaks(buckets: &[Bucket], window: Window) -> Vec<bool> {
    const TIMES: i64 = 6;
    /// A publisher may stumble for so long; and what is shorter than this part of the chart is hardly seen.
    const LEAST_MILLIS: i64 = 3_000;
    const LEAST_PART: i64 = 200;
    let least = LEAST_MILLIS.max(window.millis() / LEAST_PART);
    let pairs = buckets.iter().zip(buckets.iter().skip(1));
    let silences: Vec<i64> = pairs.clone().map(|(a, b)| b.first.millis() - a.last.millis()).collect();
    let paces: Vec<i64> = pairs.map(|(a, b)| (b.first.millis() - a.first.millis()) / i64::from(a.count.max(1))).collect();
    let is_break = |(index, silence): (usize, &i64)| {
        if *silence <= least {
            return false;
        }
        let around = [index.checked_sub(2), index.checked_sub(1), Some(index + 1), Some(index + 2)];
        let mut around: Vec<_> = around.into_iter().flatten().filter_map(|index| paces.get(index).copied()).collect();
        around.sort_unstable();
        around.get(around.len() / 2).is_some_and(|usual| *silence > usual.saturating_mul(TIMES))
    };
    std::iter::once(false).chain(silences.iter().enumerate().map(is_break)).collect()
}

/// What one column of a chart shows.
struct Column {
    x: f64,
    first: f64,
    min: f64,
    max: f64,
    last: f64,
}

impl Column {
    fn of(x: f64, bucket: &Bucket) -> Self {
        Self { x, first: bucket.mean, min: bucket.min, max: bucket.max, last: bucket.mean }
    }

    fn add(&mut self, bucket: &Bucket) {
        self.min = self.min.min(bucket.min);
        self.max = self.max.max(bucket.max);
        self.last = bucket.mean;
    }
}

struct Pen<'a> {
    scale: &'a Scale,
    with_area: bool,
    paths: Paths,
    /// The line since the pen was set down: where it began, where it is, and how many points it has.
    run: Option<(f64, f64, u32, usize)>,
}

impl Pen<'_> {
    fn draw(&mut self, column: &Column) {
        let between = if column.first - column.min < column.max - column.first {
            [column.min, column.max]
        } else {
            [column.max, column.min]
        };
        let mut before = f64::NAN;
        for value in [column.first, between[0], between[1], column.last] {
            if value.to_bits() != before.to_bits() {
                self.point(column.x, self.scale.below_top(value) * HEIGHT);
            }
            before = value;
        }
    }

    fn point(&mut self, x: f64, y: f64) {
        let length = self.paths.line.len();
        let run = self.run.get_or_insert((x, x, 0, length));
        run.1 = x;
        run.2 += 1;
        // Writing to a string cannot fail.
        let _ = write!(self.paths.line, "{}{x:.1} {y:.1}", if run.2 == 1 { "M" } else { "L" });
    }

    fn lift(&mut self) {
        let Some((from, to, count, begin)) = self.run.take() else { return };
        if count == 1 {
            // A lone point is drawn as a dot: a line of no length with round ends.
            self.paths.line += "h0";
        } else if self.with_area
            && let Some(run) = self.paths.line.get(begin..)
        {
            let _ = write!(self.paths.area, "{run}L{to:.1} {HEIGHT}L{from:.1} {HEIGHT}Z");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn series(points: &[(i64, f64)]) -> Series {
        let mut series = Series::default();
        for &(millis, value) in points {
            series.push(at(millis), value);
        }
        series
    }

    fn line(points: &[(i64, f64)], end: i64, millis: i64) -> String {
        let series = series(points);
        let (low, high) = series.range(at(0)).unwrap_or_default();
        trace(&series, Window::until(at(end), millis), &Scale::tight(low, high), false).line
    }

    #[test]
    fn the_line_spans_its_window_and_its_values() {
        assert_eq!(line(&[(0, 0.0), (1_000, 5.0), (2_000, 10.0)], 2_000, 2_000), "M0.0 98.0L500.0 50.0L1000.0 2.0");
        assert_eq!(line(&[(0, 7.0), (1_000, 7.0)], 1_000, 1_000), "M0.0 50.0L1000.0 50.0");
        assert_eq!(line(&[], 1_000, 1_000), "");
        assert_eq!(line(&[(1_000, 7.0)], 1_000, 2_000), "M1000.0 50.0h0");
    }

    #[test]
    fn what_shares_a_column_keeps_its_extremes() {
        let mut points: Vec<_> = (0..100_000).step_by(10).map(|millis| (millis, 1.0)).collect();
        points[5_004].1 = 100.0;
        points[5_006].1 = 0.0;
        let path = line(&points, 100_000, 100_000);
        assert!(path.matches(['M', 'L']).count() < 1_010);
        assert!(path.contains(" 2.0L") && path.contains(" 98.0L"), "the highest and the lowest are there");
    }

    #[test]
    fn a_silence_breaks_the_line_and_the_area() {
        let points: Vec<_> = (0..10).chain(50..60).map(|second| (second * 1_000, 1.0)).collect();
        let paths = trace(&series(&points), Window::until(at(60_000), 60_000), &Scale::tight(0.0, 2.0), true);
        assert_eq!((paths.line.matches('M').count(), paths.area.matches('Z').count()), (2, 2));
        assert!(paths.line.ends_with("L983.3 50.0"), "{}", paths.line);
    }

    #[test]
    fn a_pace_that_changes_is_no_gap_and_a_hole_in_either_is() {
        let slow = (0..20).filter(|n| !(8..16).contains(n)).map(|n| n * 20_000);
        let fast = (400..460).filter(|n| !(420..440).contains(n)).map(|n| n * 1_000);
        let points: Vec<_> = slow.chain(fast).map(|millis| (millis, 1.0)).collect();
        assert_eq!(line(&points, 460_000, 460_000).matches('M').count(), 3);
        assert_eq!(line(&[(0, 1.0), (100_000, 1.0)], 100_000, 100_000).matches('M').count(), 1, "two points are no pace");
    }

    #[test]
    fn scales_are_round_and_hold_the_values() {
        let ticks = |low, high, is_whole| Scale::round(low, high, is_whole, false).ticks;
        assert_eq!(ticks(19.3, 23.8, false), [18.0, 20.0, 22.0, 24.0]);
        assert_eq!(ticks(0.0, 0.7, false), [0.0, 0.25, 0.5, 0.75]);
        assert_eq!(ticks(0.0, 2.0, true), [0.0, 1.0, 2.0]);
        assert_eq!(ticks(-3.0, 9.0, true), [-5.0, 0.0, 5.0, 10.0]);
        for (low, high) in [(1e-9, 3e-9), (5.0, 5.0), (0.0, 0.0), (-7.0, -7.0), (1e12, 1.000_1e12), (99.9, 100.1)] {
            for is_whole in [true, false] {
                let scale = Scale::round(low, high, is_whole, false);
                assert!(scale.low <= low && scale.high >= high && scale.high > scale.low, "{low} {high} {scale:?}");
                assert!((2..=5).contains(&scale.ticks.len()), "{low} {high} {scale:?}");
            }
        }
    }

    #[test]
    fn bytes_are_round_in_powers_of_two() {
        let gib = 1_073_741_824.0;
        let scale = Scale::round(0.0, 6.1 * gib, true, true);
        assert_eq!(scale.ticks, [0.0, 4.0 * gib, 8.0 * gib]);
    }

    #[test]
    fn labels_have_the_decimals_their_step_needs() {
        let label = |low, high, tick| Scale::round(low, high, false, false).label(tick);
        assert_eq!(label(0.0, 0.7, 0.25), "0.25");
        assert_eq!(label(0.0, 0.7, 0.5), "0.50");
        assert_eq!(label(19.0, 24.0, 20.0), "20");
        assert_eq!(label(-0.4, 0.4, -0.5), "\u{2212}0.5");
        assert_eq!(label(0.0, 4_000.0, 2_000.0), "2,000");
    }

    #[test]
    fn ticks_of_time_are_round_in_the_readers_zone() {
        let ticks = |end: i64, millis, offset| {
            let (ticks, step) = Window::until(at(end), millis).ticks(6, offset);
            (ticks.iter().map(|tick| tick.millis() / 60_000).collect::<Vec<_>>(), step / 1_000)
        };
        assert_eq!(ticks(900_000, 900_000, 0), (vec![0, 5, 10, 15], 300));
        assert_eq!(ticks(86_400_000, 86_400_000, 0), (vec![0, 360, 720, 1_080, 1_440], 21_600));
        // At UTC+5:30 six o'clock is half past midnight in UTC.
        assert_eq!(ticks(86_400_000, 86_400_000, 19_800_000).0, [30, 390, 750, 1_110]);
        assert_eq!(ticks(60_000, 60_000, 0).1, 15);
    }

    #[test]
    fn a_place_is_a_time_and_back() {
        let window = Window::until(at(10_000), 10_000);
        assert_eq!((window.at(0.25), window.part(2_500)), (at(2_500), 0.25));
        assert_eq!(window.at(7.0), at(10_000));
    }
}
