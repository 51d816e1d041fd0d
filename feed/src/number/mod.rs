//! Numbers as people read them, in the style of a language. The style is passed in.

mod style;

pub use style::NumberStyle;

/// What the numbers of a series have in common. All are written alike, so that a number on the page
/// does not change its width every second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Whether all are whole. If some are not, a whole one has decimals too.
    pub is_whole: bool,
    /// The largest distance from zero: a tiny number is zero among large numbers, and has digits
    /// among small ones.
    pub size: f64,
}

impl Precision {
    /// For a measurement without a series.
    pub const MEASURED: Self = Self {
        is_whole: false,
        size: 1.0,
    };
}

/// From here on numbers are written with an exponent.
const HUGE: f64 = 1e10;
/// Below this numbers are written with an exponent.
const TINY: f64 = 1e-6;

impl NumberStyle {
    /// A number with decimals that fit its size; none if it is whole.
    pub fn number(&self, value: f64) -> String {
        self.decimal(
            value,
            Precision {
                is_whole: value.fract() == 0.0,
                size: value.abs(),
            },
        )
    }

    /// A number written like the others of its series.
    pub fn decimal(&self, value: f64, precision: Precision) -> String {
        let size = value.abs();
        let largest = precision.size.max(size);
        let decimals = match size {
            _ if size >= HUGE || (largest < TINY && size > 0.0) => {
                return self.scientific(value, 2);
            }
            _ if precision.is_whole || size >= 10_000.0 => 0,
            _ if size >= 10.0 => 1,
            _ if largest >= 1.0 || largest == 0.0 => 2,
            // Two digits of the largest number.
            _ => usize::try_from(1 - exponent(largest)).unwrap_or(0),
        };
        self.write(value, decimals)
    }

    /// A value of a scale whose values are `step` apart, with the decimals that distinguish it from
    /// the next.
    pub fn round(&self, value: f64, step: f64) -> String {
        const MOST: i32 = 8;
        // The digits of the step: 25 has two, 20 has one.
        let place = (0..=MOST)
            .map(|digit| exponent(step) - digit)
            .find(|place| {
                let digits = step / 10f64.powi(*place);
                (digits - digits.round()).abs() < 1e-6
            });
        let place = place.unwrap_or(exponent(step) - MOST);
        if value.abs() < step * 0.5 {
            return self.write(
                0.0,
                usize::try_from(-place)
                    .ok()
                    .filter(|_| step >= TINY)
                    .unwrap_or(0),
            );
        }
        // A million and its half differ in seven digits, and there is no room for so many beside a
        // chart.
        let is_far = value.abs() >= HUGE || !(TINY..1e6).contains(&step);
        let decimals = if is_far {
            exponent(value) - place
        } else {
            -place
        };
        let decimals = usize::try_from(decimals).unwrap_or(0);
        if is_far {
            self.scientific(value, decimals)
        } else {
            self.write(value, decimals)
        }
    }

    /// With an exponent, like `8.00e15`.
    fn scientific(&self, value: f64, decimals: usize) -> String {
        let power = exponent(value);
        // The notation of the reader's language would cost the browser 14 kB.
        let digits = value / 10f64.powi(power);
        let unit = i32::try_from(decimals).map_or(1.0, |decimals| 10f64.powi(decimals));
        let (digits, power) = if (digits.abs() * unit).round() < 10.0 * unit {
            (digits, power)
        } else {
            (digits / 10.0, power + 1)
        };
        format!(
            "{}e{}",
            self.write(digits, decimals),
            self.write(f64::from(power), 0)
        )
    }
}

/// The exponent of the largest power of ten that is not above the value.
#[allow(clippy::cast_possible_truncation)] // The logarithm of a finite number is between -324 and 308.
fn exponent(value: f64) -> i32 {
    let size = value.abs();
    if size < 1e-300 || !size.is_finite() {
        return 0;
    }
    let power = size.log10().floor() as i32;
    // Correct the rounding of the logarithm.
    if 10f64.powi(power) > size {
        power - 1
    } else if 10f64.powi(power + 1) <= size {
        power + 1
    } else {
        power
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> String {
        NumberStyle::NEUTRAL.number(value)
    }

    fn round(value: f64, step: f64) -> String {
        NumberStyle::NEUTRAL.round(value, step)
    }

    #[test]
    fn the_decimals_fit_the_size() {
        let texts: Vec<_> = [0.0, 0.714, 3.0, 23.44, 612.0, 1_840.2, 182_407.0, -4.5]
            .map(number)
            .into();
        assert_eq!(
            texts,
            [
                "0",
                "0.71",
                "3",
                "23.4",
                "612",
                "1,840.2",
                "182,407",
                "\u{2212}4.50"
            ]
        );
    }

    #[test]
    fn huge_and_tiny_numbers_are_short() {
        let texts = [
            9_999_999_999.0,
            1e10,
            -8.126e15,
            9.999e20,
            0.05,
            0.000_08,
            1.5e-9,
            f64::MAX,
        ]
        .map(number);
        assert_eq!(
            texts,
            [
                "9,999,999,999",
                "1.00e10",
                "\u{2212}8.13e15",
                "1.00e21",
                "0.050",
                "0.000080",
                "1.50e\u{2212}9",
                "1.80e308"
            ]
        );
    }

    #[test]
    fn the_values_of_a_scale_differ_in_their_text() {
        let texts = |values: [f64; 3], step| values.map(|value| round(value, step));
        assert_eq!(texts([0.0, 0.25, 0.5], 0.25), ["0.00", "0.25", "0.50"]);
        assert_eq!(texts([-0.5, 0.0, 0.5], 0.5), ["\u{2212}0.5", "0.0", "0.5"]);
        assert_eq!(
            texts([0.0, 2_000.0, 4_000.0], 2_000.0),
            ["0", "2,000", "4,000"]
        );
        assert_eq!(texts([0.0, 5e15, 1e16], 5e15), ["0", "5e15", "1.0e16"]);
        assert_eq!(texts([-4e7, 0.0, 4e7], 4e7), ["\u{2212}4e7", "0", "4e7"]);
        assert_eq!(
            texts([0.0, 2.5e10, 5e10], 2.5e10),
            ["0", "2.5e10", "5.0e10"]
        );
        assert_eq!(
            texts([1e12, 1.000_1e12, 1.000_2e12], 1e8),
            ["1.0000e12", "1.0001e12", "1.0002e12"]
        );
        assert_eq!(
            texts([0.0, 2e-9, 4e-9], 2e-9),
            ["0", "2e\u{2212}9", "4e\u{2212}9"]
        );
        assert_eq!(
            texts([0.0, 0.000_05, 0.000_1], 0.000_05),
            ["0.00000", "0.00005", "0.00010"]
        );
    }
}
