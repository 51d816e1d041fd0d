//! Series as the paths of lines and areas.

use std::fmt::Write;

use super::{HEIGHT, Scale, TimeRange, WIDTH};
use pulseboard_feed::{Bucket, Series};

/// The SVG paths of a series, in the box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paths {
    /// The line, broken where there is no data.
    pub line: String,
    /// The area under it.
    pub area: String,
}

/// The width of a column, in the box. A chart cannot show more detail, and fewer columns are fewer
/// points to draw.
const COLUMN: f64 = WIDTH / 400.0;

/// Draws a series over a time range. Where several buckets share a column, the line goes through their
/// first, smallest, largest and last value.
pub fn trace(series: &Series, range: TimeRange, scale: &Scale, with_area: bool) -> Paths {
    let buckets: Vec<_> = series.since(range.start).collect();
    let breaks = breaks(&buckets, range);
    let mut pen = Pen {
        scale,
        with_area,
        paths: Paths::default(),
        run: None,
    };
    let mut column: Option<Column> = None;
    // Buckets before the left edge lead the line to it.
    for (bucket, is_broken) in buckets.into_iter().zip(breaks) {
        let x = range.fraction(bucket.middle()) * WIDTH;
        match &mut column {
            Some(column) if !is_broken && (x / COLUMN).floor() <= (column.x / COLUMN).floor() => {
                column.add(&bucket);
            }
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

/// For each bucket, whether the line breaks before it: the time since the last bucket is several times
/// longer than the usual time around there. The usual time differs along the line, because older
/// buckets are coarser than live ones.
fn breaks(buckets: &[Bucket], range: TimeRange) -> Vec<bool> {
    const TIMES: i64 = 6;
    /// A shorter pause is never a break: a publisher may be late for a moment, and a break shorter
    /// than this fraction of the chart is hardly visible.
    const LEAST_MILLIS: i64 = 3_000;
    const LEAST_FRACTION: i64 = 200;
    let least = LEAST_MILLIS.max(range.millis() / LEAST_FRACTION);
    let pairs = buckets.iter().zip(buckets.iter().skip(1));
    let silences: Vec<i64> = pairs
        .clone()
        .map(|(a, b)| b.first.millis() - a.last.millis())
        .collect();
    let paces: Vec<i64> = pairs
        .map(|(a, b)| (b.first.millis() - a.first.millis()) / i64::from(a.count.max(1)))
        .collect();
    let is_break = |(index, silence): (usize, &i64)| {
        if *silence <= least {
            return false;
        }
        let around = [
            index.checked_sub(2),
            index.checked_sub(1),
            Some(index + 1),
            Some(index + 2),
        ];
        let mut around: Vec<_> = around
            .into_iter()
            .flatten()
            .filter_map(|index| paces.get(index).copied())
            .collect();
        around.sort_unstable();
        around
            .get(around.len() / 2)
            .is_some_and(|usual| *silence > usual.saturating_mul(TIMES))
    };
    std::iter::once(false)
        .chain(silences.iter().enumerate().map(is_break))
        .collect()
}

/// The values of one column.
struct Column {
    x: f64,
    first: f64,
    min: f64,
    max: f64,
    last: f64,
}

impl Column {
    fn of(x: f64, bucket: &Bucket) -> Self {
        Self {
            x,
            first: bucket.mean,
            min: bucket.min,
            max: bucket.max,
            last: bucket.mean,
        }
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
    /// The line since its last break: the x of its first and of its last point, the number of its
    /// points, and where it begins in the path.
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
        let _ = write!(
            self.paths.line,
            "{}{x:.1} {y:.1}",
            if run.2 == 1 { "M" } else { "L" }
        );
    }

    fn lift(&mut self) {
        let Some((from, to, count, begin)) = self.run.take() else {
            return;
        };
        if count == 1 {
            // A single point is a line of no length, which its round ends turn into a dot.
            self.paths.line += "h0";
        } else if self.with_area
            && let Some(run) = self.paths.line.get(begin..)
        {
            let _ = write!(
                self.paths.area,
                "{run}L{to:.1} {HEIGHT}L{from:.1} {HEIGHT}Z"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::Timestamp;

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
        trace(
            &series,
            TimeRange::until(at(end), millis),
            &Scale::tight(low, high),
            false,
        )
        .line
    }

    #[test]
    fn the_line_spans_the_time_range_and_the_values() {
        assert_eq!(
            line(&[(0, 0.0), (1_000, 5.0), (2_000, 10.0)], 2_000, 2_000),
            "M0.0 98.0L500.0 50.0L1000.0 2.0"
        );
        assert_eq!(
            line(&[(0, 7.0), (1_000, 7.0)], 1_000, 1_000),
            "M0.0 50.0L1000.0 50.0"
        );
        assert_eq!(line(&[], 1_000, 1_000), "");
        assert_eq!(line(&[(1_000, 7.0)], 1_000, 2_000), "M1000.0 50.0h0");
    }

    #[test]
    fn values_that_share_a_column_keep_their_extremes() {
        let mut points: Vec<_> = (0..100_000)
            .step_by(10)
            .map(|millis| (millis, 1.0))
            .collect();
        points[5_004].1 = 100.0;
        points[5_006].1 = 0.0;
        let path = line(&points, 100_000, 100_000);
        assert!(path.matches(['M', 'L']).count() < 410);
        assert!(
            path.contains(" 2.0L") && path.contains(" 98.0L"),
            "the path has the highest and the lowest value"
        );
    }

    #[test]
    fn a_pause_breaks_the_line_and_the_area() {
        let points: Vec<_> = (0..10)
            .chain(50..60)
            .map(|second| (second * 1_000, 1.0))
            .collect();
        let paths = trace(
            &series(&points),
            TimeRange::until(at(60_000), 60_000),
            &Scale::tight(0.0, 2.0),
            true,
        );
        assert_eq!(
            (
                paths.line.matches('M').count(),
                paths.area.matches('Z').count()
            ),
            (2, 2)
        );
        assert!(paths.line.ends_with("L983.3 50.0"), "{}", paths.line);
    }

    #[test]
    fn a_change_of_pace_does_not_break_the_line_and_a_pause_at_either_pace_does() {
        let slow = (0..20).filter(|n| !(8..16).contains(n)).map(|n| n * 20_000);
        let fast = (400..460)
            .filter(|n| !(420..440).contains(n))
            .map(|n| n * 1_000);
        let points: Vec<_> = slow.chain(fast).map(|millis| (millis, 1.0)).collect();
        assert_eq!(line(&points, 460_000, 460_000).matches('M').count(), 3);
        assert_eq!(
            line(&[(0, 1.0), (100_000, 1.0)], 100_000, 100_000)
                .matches('M')
                .count(),
            1,
            "two points have no usual pace"
        );
    }
}
