//! A small chart of one field: a line over the time shown, with its own scale. Text beside it, never inside, so that no
//! stretching touches letters.

use std::fmt::Write;

use leptos::prelude::*;
use pulseboard::{Timestamp, Topic};

use crate::{clock::use_clock, feed::Series, live::use_live};

/// The box the line is drawn in; the browser stretches it to the tile.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 60.0;
/// Room above and below, so that the stroke is not cut.
const MARGIN: f64 = 2.0;

/// The chart.
#[component]
pub fn Spark(
    /// The topic.
    topic: Topic,
    /// Its field.
    #[prop(into)]
    field: String,
    /// How much time is shown.
    #[prop(into)]
    window_millis: Signal<i64>,
) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let revision = live.revision(topic.clone());
    let paths = Memo::new(move |_| {
        revision.get();
        let (now, window) = (clock.now(), window_millis.get());
        live.feed.with_untracked(|feed| {
            feed.topic(&topic)
                .and_then(|topic| topic.field(&field))
                .map_or_else(Paths::default, |series| draw(series, now, window))
        })
    });
    view! { <Line paths=paths/> }
}

/// The line of a chart and the area under it.
#[component]
pub(super) fn Line(
    /// What to draw.
    #[prop(into)]
    paths: Signal<Paths>,
) -> impl IntoView {
    view! {
        <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <path class="area" d=move || paths.with(|paths| paths.area.clone())/>
            <path class="line" d=move || paths.with(|paths| paths.line.clone())/>
        </svg>
    }
}

/// The outlines of a chart, in its box.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Paths {
    line: String,
    area: String,
}

/// The line over `window` milliseconds up to `now`, and the area under it.
pub(super) fn draw(series: &Series, now: Timestamp, window: i64) -> Paths {
    let Ok(start) = Timestamp::from_millis(now.millis() - window) else { return Paths::default() };
    let Some((low, high)) = series.range(start) else { return Paths::default() };
    // Numbers that reach near zero are shown from zero, so that small changes of large numbers are not lost in white.
    let low = if low >= 0.0 && low < high * 0.5 { 0.0 } else { low };
    let span = if high > low { high - low } else { high.abs().max(1.0) };
    #[allow(clippy::cast_precision_loss)] // A window of hours in milliseconds.
    let x = |time: Timestamp| (time.millis() - start.millis()) as f64 / window as f64 * WIDTH;
    let y = |value: f64| {
        let part = if high > low { (value - low) / span } else { 0.5 };
        HEIGHT - MARGIN - part * (HEIGHT - 2.0 * MARGIN)
    };
    let mut line = String::new();
    let (mut first_x, mut last_x) = (None, 0.0);
    for point in series.since(start) {
        let x = x(point.time);
        // Writing to a string cannot fail.
        let _ = write!(line, "{}{x:.1} {:.1}", if first_x.is_none() { "M" } else { "L" }, y(point.value));
        first_x.get_or_insert(x);
        last_x = x;
    }
    // A lone point is drawn as a dot: a line of no length with round ends.
    if first_x == Some(last_x) {
        let _ = write!(line, "L{last_x:.1} {:.1}", series.last().map_or(HEIGHT, |point| y(point.value)));
    }
    let area = match first_x {
        Some(first_x) => format!("{line}L{last_x:.1} {HEIGHT}L{first_x:.1} {HEIGHT}Z"),
        None => String::new(),
    };
    Paths { line, area }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Point;

    fn series(values: &[f64]) -> Series {
        let mut series = Series::default();
        for (second, &value) in (0i64..).zip(values) {
            series.push(Point { time: Timestamp::from_millis(second * 1_000).unwrap(), value });
        }
        series
    }

    #[test]
    fn the_line_spans_its_window_and_its_values() {
        let paths = draw(&series(&[0.0, 5.0, 10.0]), Timestamp::from_millis(2_000).unwrap(), 2_000);
        assert_eq!(paths.line, "M0.0 58.0L150.0 30.0L300.0 2.0");
        assert_eq!(paths.area, "M0.0 58.0L150.0 30.0L300.0 2.0L300.0 60L0.0 60Z");
    }

    #[test]
    fn a_constant_lies_in_the_middle_and_nothing_draws_nothing() {
        let now = Timestamp::from_millis(1_000).unwrap();
        assert_eq!(draw(&series(&[7.0, 7.0]), now, 1_000).line, "M0.0 30.0L300.0 30.0");
        assert_eq!(draw(&Series::default(), now, 1_000), Paths::default());
    }

    #[test]
    fn one_point_is_a_dot() {
        let now = Timestamp::from_millis(1_000).unwrap();
        assert_eq!(draw(&series(&[7.0]), now, 2_000).line, "M150.0 30.0L150.0 30.0");
    }

    #[test]
    fn a_line_whose_data_stopped_ends_where_it_stopped() {
        let paths = draw(&series(&[1.0, 2.0]), Timestamp::from_millis(10_000).unwrap(), 10_000);
        assert!(paths.line.ends_with("L30.0 2.0"), "{}", paths.line);
    }
}
