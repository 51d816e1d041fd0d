//! Numbers and durations the way people read them.

mod number_style;

use crate::environment::locale::with_number_style;
pub use number_style::NumberStyle;

/// What a number measures, read off its field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing is known.
    Plain,
    /// Written after the number as it is.
    Named(&'static str),
    /// Memory or storage: binary steps.
    Bytes,
    /// A data rate: decimal steps.
    BytesPerSecond,
}

/// The endings that name a unit, the longest first.
const ENDINGS: [(&str, Unit); 21] = [
    ("_bytes_per_second", Unit::BytesPerSecond),
    ("_milliseconds", Unit::Named("ms")),
    ("_percent", Unit::Named("%")),
    ("_celsius", Unit::Named("°C")),
    ("_seconds", Unit::Named("s")),
    ("_millis", Unit::Named("ms")),
    ("_bytes", Unit::Bytes),
    ("percent", Unit::Named("%")),
    ("seconds", Unit::Named("s")),
    ("bytes", Unit::Bytes),
    ("_watts", Unit::Named("W")),
    ("_volts", Unit::Named("V")),
    ("_hpa", Unit::Named("hPa")),
    ("_rpm", Unit::Named("rpm")),
    ("_dbm", Unit::Named("dBm")),
    ("_pct", Unit::Named("%")),
    ("_ppm", Unit::Named("ppm")),
    ("_ms", Unit::Named("ms")),
    ("_us", Unit::Named("µs")),
    ("_ns", Unit::Named("ns")),
    ("_c", Unit::Named("°C")),
];

/// A field's name without its unit, and the unit.
pub fn field(name: &str) -> (String, Unit) {
    for (ending, unit) in ENDINGS {
        if let Some(stem) = name.strip_suffix(ending) {
            let stem = if stem.is_empty() { name } else { stem };
            return (stem.replace('_', " "), unit);
        }
    }
    let unit = if name == "temperature" {
        Unit::Named("°C")
    } else {
        Unit::Plain
    };
    (name.replace('_', " "), unit)
}

/// What the numbers of a series have in common. They are written alike, so that one on the page
/// does not change its shape every second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Whether all are whole. One that happens to be has decimals all the same where others are
    /// not.
    pub is_whole: bool,
    /// The largest distance from zero: next to nothing is nothing among large numbers, and
    /// something among small ones.
    pub size: f64,
}

impl Shape {
    /// What a measurement has of which nothing else is known.
    pub const MEASURED: Self = Self {
        is_whole: false,
        size: 1.0,
    };
}

/// A value and its unit, scaled so that it has three or four digits.
pub fn quantity(value: f64, unit: Unit, shape: Shape) -> (String, &'static str) {
    match unit {
        Unit::Plain => (decimal(value, shape), ""),
        Unit::Named(name) => (decimal(value, shape), name),
        Unit::Bytes => scaled(
            value,
            1024.0,
            &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"],
        ),
        Unit::BytesPerSecond => scaled(value, 1000.0, &["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]),
    }
}

/// The value and unit as one text.
pub fn with_unit(value: f64, unit: Unit, shape: Shape) -> String {
    let (number, unit) = quantity(value, unit, shape);
    if unit.is_empty() {
        number
    } else {
        format!("{number} {unit}")
    }
}

fn scaled(value: f64, step: f64, units: &[&'static str]) -> (String, &'static str) {
    let mut value = value;
    let mut units = units.iter().copied();
    let mut unit = units.next().unwrap_or_default();
    let mut is_whole = true;
    for larger in units {
        if value.abs() < step {
            break;
        }
        value /= step;
        unit = larger;
        is_whole = false;
    }
    (
        decimal(
            if is_whole { value.round() } else { value },
            Shape {
                is_whole,
                ..Shape::MEASURED
            },
        ),
        unit,
    )
}

/// A number with as many decimals as its size deserves, none where it is whole, and thousands
/// apart.
pub fn number(value: f64) -> String {
    decimal(
        value,
        Shape {
            is_whole: value.fract() == 0.0,
            size: value.abs(),
        },
    )
}

/// From here on nobody counts the digits.
const HUGE: f64 = 1e10;
/// Below this nobody counts the zeros.
const TINY: f64 = 1e-6;

fn decimal(value: f64, shape: Shape) -> String {
    let size = value.abs();
    let largest = shape.size.max(size);
    let decimals = match size {
        _ if size >= HUGE || (largest < TINY && size > 0.0) => return scientific(value, 2),
        _ if shape.is_whole || size >= 10_000.0 => 0,
        _ if size >= 10.0 => 1,
        _ if largest >= 1.0 || largest == 0.0 => 2,
        // Two digits of the largest.
        _ => usize::try_from(1 - exponent(largest)).unwrap_or(0),
    };
    fixed(value, decimals)
}

/// A round value of a scale whose round values are `step` apart, with the decimals that tell it
/// from the next.
pub fn round(value: f64, step: f64) -> String {
    const MOST: i32 = 8;
    // What the step needs: 25 has two digits, 20 has one.
    let place = (0..=MOST)
        .map(|digit| exponent(step) - digit)
        .find(|place| {
            let digits = step / 10f64.powi(*place);
            (digits - digits.round()).abs() < 1e-6
        });
    let place = place.unwrap_or(exponent(step) - MOST);
    if value.abs() < step * 0.5 {
        return fixed(
            0.0,
            usize::try_from(-place)
                .ok()
                .filter(|_| step >= TINY)
                .unwrap_or(0),
        );
    }
    // A million and its half differ in seven digits, which is more than there is room for beside a
    // chart.
    let is_far = value.abs() >= HUGE || !(TINY..1e6).contains(&step);
    let decimals = if is_far {
        exponent(value) - place
    } else {
        -place
    };
    let decimals = usize::try_from(decimals).unwrap_or(0);
    if is_far {
        scientific(value, decimals)
    } else {
        fixed(value, decimals)
    }
}

/// The power of ten below it.
#[allow(clippy::cast_possible_truncation)] // The logarithm of a finite number is between -324 and 308.
fn exponent(value: f64) -> i32 {
    let size = value.abs();
    if size < 1e-300 || !size.is_finite() {
        return 0;
    }
    let power = size.log10().floor() as i32;
    // The logarithm is rounded.
    if 10f64.powi(power) > size {
        power - 1
    } else if 10f64.powi(power + 1) <= size {
        power + 1
    } else {
        power
    }
}

/// Such as `8.00e15`: shorter than words, and it needs no letters but those every font has.
fn scientific(value: f64, decimals: usize) -> String {
    let power = exponent(value);
    // The language's own way to write an exponent would cost a browser 14 kB.
    let digits = value / 10f64.powi(power);
    let unit = i32::try_from(decimals).map_or(1.0, |decimals| 10f64.powi(decimals));
    let (digits, power) = if (digits.abs() * unit).round() < 10.0 * unit {
        (digits, power)
    } else {
        (digits / 10.0, power + 1)
    };
    format!("{}e{}", fixed(digits, decimals), fixed(f64::from(power), 0))
}

/// A number with so many decimals, as the reader's language writes it.
pub fn fixed(value: f64, decimals: usize) -> String {
    with_number_style(|style| style.write(value, decimals))
}

/// How long ago, in one word: `now`, `12 s`, `4 min`, `3 h`, `5 d`.
pub fn age(millis: i64) -> String {
    let seconds = millis / 1_000;
    match seconds {
        ..2 => "now".to_owned(),
        2..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The same as a phrase: `just now`, `12 s ago`.
pub fn ago(millis: i64) -> String {
    match age(millis).as_str() {
        "now" => "now".to_owned(),
        age => format!("{age} ago"),
    }
}

/// `1 event`, `2 events`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", whole(n), if n == 1 { one } else { many })
}

/// A count with its thousands apart.
#[allow(clippy::cast_precision_loss)] // Counts on a page are far below 2^53.
pub fn whole(n: u64) -> String {
    fixed(n as f64, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Shape = Shape {
        is_whole: true,
        size: 1.0,
    };

    #[test]
    fn a_number_has_the_decimals_it_deserves() {
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
    fn what_is_huge_or_tiny_is_short_all_the_same() {
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
        assert_eq!(
            whole(12_345_678_901_234),
            "12,345,678,901,234",
            "a count is a count"
        );
    }

    #[test]
    fn next_to_nothing_is_nothing_among_larger_numbers() {
        let written = |value, size| {
            quantity(
                value,
                Unit::Plain,
                Shape {
                    is_whole: false,
                    size,
                },
            )
            .0
        };
        assert_eq!(written(5.5e-17, 21.0), "0.00");
        assert_eq!(written(0.000_01, 0.000_8), "0.00001");
        assert_eq!(written(0.0, 0.0), "0.00");
    }

    #[test]
    fn the_round_values_of_a_scale_can_be_told_apart() {
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

    #[test]
    fn the_name_tells_the_unit() {
        assert_eq!(field("cpu_percent"), ("cpu".into(), Unit::Named("%")));
        assert_eq!(
            field("network_in_bytes_per_second"),
            ("network in".into(), Unit::BytesPerSecond)
        );
        assert_eq!(field("latency_ms"), ("latency".into(), Unit::Named("ms")));
        assert_eq!(field("seconds"), ("seconds".into(), Unit::Named("s")));
        assert_eq!(
            field("temperature"),
            ("temperature".into(), Unit::Named("°C"))
        );
        assert_eq!(field("queue_depth"), ("queue depth".into(), Unit::Plain));
    }

    #[test]
    fn memory_counts_in_binary_and_rates_in_decimal() {
        assert_eq!(with_unit(6_549_825_536.0, Unit::Bytes, WHOLE), "6.10 GiB");
        assert_eq!(
            with_unit(1_840_233.0, Unit::BytesPerSecond, Shape::MEASURED),
            "1.84 MB/s"
        );
        assert_eq!(with_unit(12.0, Unit::Bytes, WHOLE), "12 B");
        assert_eq!(
            with_unit(454.4, Unit::BytesPerSecond, Shape::MEASURED),
            "454 B/s"
        );
    }

    #[test]
    fn a_number_keeps_its_shape_while_it_changes() {
        assert_eq!(with_unit(7.0, Unit::Plain, WHOLE), "7");
        assert_eq!(with_unit(9.0, Unit::Plain, Shape::MEASURED), "9.00");
        assert_eq!(with_unit(98.0, Unit::Named("%"), Shape::MEASURED), "98.0 %");
    }

    #[test]
    fn ages_are_one_word() {
        let texts = [
            0,
            1_999,
            2_000,
            59_999,
            60_000,
            7_200_000,
            172_800_000,
            -5_000,
        ]
        .map(age);
        assert_eq!(
            texts,
            ["now", "now", "2 s", "59 s", "1 min", "2 h", "2 d", "now"]
        );
    }
}
