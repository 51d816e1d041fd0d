//! The vertical scale of a chart, with round values.

use super::HEIGHT;

/// Space above and below, so that the stroke of a line is not cut.
const MARGIN: f64 = 2.0;

/// The values from the bottom to the top of a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    /// The value at the bottom.
    pub low: f64,
    /// The value at the top.
    pub high: f64,
    /// Round values, lowest first.
    pub ticks: Vec<f64>,
    /// The distance between them.
    pub step: f64,
}

impl Scale {
    /// A scale exactly from the smallest to the largest value.
    pub fn tight(low: f64, high: f64) -> Self {
        Self {
            low: from_zero(low, high),
            high,
            ticks: Vec::new(),
            step: 0.0,
        }
    }

    /// A scale between round numbers around the smallest and the largest value, with at most `steps`
    /// steps. Bytes are round in powers of two.
    pub fn round(low: f64, high: f64, is_whole: bool, is_binary: bool, steps: u8) -> Self {
        let steps = f64::from(steps);
        let low = from_zero(low, high);
        let (low, high) = if high > low {
            (low, high)
        } else {
            // A constant is in the middle.
            let around = (low.abs() * 0.05).max(if is_whole { 1.0 } else { 0.5 });
            (
                if low >= 0.0 {
                    (low - around).max(0.0)
                } else {
                    low - around
                },
                low + around,
            )
        };
        let least = (high - low) / steps;
        let magnitude = if is_binary {
            1024f64.powf(least.max(1.0).log(1024.0).floor())
        } else {
            10f64.powf(least.log10().floor())
        };
        let factors: &[f64] = if is_binary {
            &[
                1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0,
            ]
        } else {
            &[1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0]
        };
        // The first step whose round bounds hold the values in the allowed number of steps.
        let fits = |step: &f64| {
            let is_fine = !is_whole || (*step >= 1.0 && step.fract() == 0.0);
            is_fine && ((high / step).ceil() - (low / step).floor()) <= steps + 0.5
        };
        let step = factors
            .iter()
            .map(|factor| factor * magnitude)
            .find(fits)
            .unwrap_or(high - low);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let mut ticks = Vec::new();
        let mut tick = first;
        while tick <= last + 0.5 && ticks.len() < 8 {
            ticks.push(tick * step);
            tick += 1.0;
        }
        Self {
            low: first * step,
            high: last * step,
            ticks,
            step,
        }
    }

    /// The ticks with labels, where there is room for `most`: all of them, or every second, or the
    /// first and the last.
    pub fn labelled(&self, most: usize) -> impl Iterator<Item = f64> + '_ {
        let steps = self.ticks.len().saturating_sub(1);
        let each = [1, 2]
            .into_iter()
            .find(|each| steps.is_multiple_of(*each) && steps / each < most)
            .unwrap_or(steps.max(1));
        self.ticks.iter().copied().step_by(each)
    }

    /// The distance of a value from the top, as a fraction of the height.
    pub fn below_top(&self, value: f64) -> f64 {
        let fraction = if self.high > self.low {
            (value - self.low) / (self.high - self.low)
        } else {
            0.5
        };
        (HEIGHT - MARGIN - fraction * (HEIGHT - 2.0 * MARGIN)) / HEIGHT
    }

    /// The text of a tick, with the decimals that its step needs.
    pub fn label(&self, tick: f64) -> String {
        crate::format::round(tick, self.step)
    }
}

/// Starts the scale at zero where the smallest value is less than half of the largest. Other scales
/// start near the smallest value, so that small changes of large numbers stay visible.
fn from_zero(low: f64, high: f64) -> f64 {
    if low >= 0.0 && low < high * 0.5 {
        0.0
    } else {
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_round_bounds_around_its_values() {
        let ticks = |low, high, is_whole| Scale::round(low, high, is_whole, false, 3).ticks;
        assert_eq!(ticks(19.3, 23.8, false), [18.0, 20.0, 22.0, 24.0]);
        assert_eq!(ticks(0.0, 0.7, false), [0.0, 0.25, 0.5, 0.75]);
        assert_eq!(ticks(0.0, 2.0, true), [0.0, 1.0, 2.0]);
        assert_eq!(ticks(42.0, 42.0, true), [35.0, 40.0, 45.0]);
        assert_eq!(ticks(-3.0, 9.0, true), [-5.0, 0.0, 5.0, 10.0]);
        for (low, high) in [
            (1e-9, 3e-9),
            (5.0, 5.0),
            (0.0, 0.0),
            (-7.0, -7.0),
            (1e12, 1.000_1e12),
            (99.9, 100.1),
        ] {
            for is_whole in [true, false] {
                let scale = Scale::round(low, high, is_whole, false, 3);
                assert!(
                    scale.low <= low && scale.high >= high && scale.high > scale.low,
                    "{low} {high} {scale:?}"
                );
                assert!(
                    (2..=5).contains(&scale.ticks.len()),
                    "{low} {high} {scale:?}"
                );
            }
        }
    }

    #[test]
    fn a_low_chart_has_fewer_labels() {
        let labels = |low, high, steps, most| {
            Scale::round(low, high, true, false, steps)
                .labelled(most)
                .collect::<Vec<_>>()
        };
        assert_eq!(labels(620.0, 900.0, 3, 3), [600.0, 900.0]);
        assert_eq!(labels(0.0, 2.0, 3, 3), [0.0, 1.0, 2.0]);
        assert_eq!(labels(620.0, 900.0, 3, 5), [600.0, 700.0, 800.0, 900.0]);
        assert_eq!(labels(0.0, 38.0, 4, 3), [0.0, 20.0, 40.0]);
    }

    #[test]
    fn bytes_are_round_in_powers_of_two() {
        let gib = 1_073_741_824.0;
        let scale = Scale::round(0.0, 6.1 * gib, true, true, 3);
        assert_eq!(scale.ticks, [0.0, 4.0 * gib, 8.0 * gib]);
    }

    #[test]
    fn labels_have_the_decimals_that_their_step_needs() {
        let label = |low, high, tick| Scale::round(low, high, false, false, 3).label(tick);
        assert_eq!(label(0.0, 0.7, 0.25), "0.25");
        assert_eq!(label(0.0, 0.7, 0.5), "0.50");
        assert_eq!(label(19.0, 24.0, 20.0), "20");
        assert_eq!(label(-0.4, 0.4, -0.5), "\u{2212}0.5");
        assert_eq!(label(0.0, 4_000.0, 2_000.0), "2,000");
    }
}
