//! Numbers, units and durations for people.

use crate::platform::locale::with_number_style;
pub use pulseboard_feed::number::Precision;

/// The unit of a number, from the name of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// No known unit.
    Plain,
    /// A unit that follows the number.
    Named(&'static str),
    /// Memory or storage, in binary steps.
    Bytes,
    /// A data rate, in decimal steps.
    BytesPerSecond,
}

/// The endings of field names that give a unit, longest first.
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

/// A value and its unit, scaled so that it has three or four digits.
pub fn quantity(value: f64, unit: Unit, precision: Precision) -> (String, &'static str) {
    match unit {
        Unit::Plain => (decimal(value, precision), ""),
        Unit::Named(name) => (decimal(value, precision), name),
        Unit::Bytes => scaled(
            value,
            1024.0,
            &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"],
        ),
        Unit::BytesPerSecond => scaled(value, 1000.0, &["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]),
    }
}

/// The value and unit as one text.
pub fn with_unit(value: f64, unit: Unit, precision: Precision) -> String {
    let (number, unit) = quantity(value, unit, precision);
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
            Precision {
                is_whole,
                ..Precision::MEASURED
            },
        ),
        unit,
    )
}

fn decimal(value: f64, precision: Precision) -> String {
    with_number_style(|style| style.decimal(value, precision))
}

/// A round value of a scale, with the decimals that distinguish it from the next one, `step` away.
pub fn round(value: f64, step: f64) -> String {
    with_number_style(|style| style.round(value, step))
}

/// A number with this many decimals, in the reader's language.
pub fn fixed(value: f64, decimals: usize) -> String {
    with_number_style(|style| style.write(value, decimals))
}

/// An age as a short text: `now`, `12 s`, `4 min`, `3 h`, `5 d`.
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

/// The same as a phrase: `now`, `12 s ago`.
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

/// A count with separators between thousands.
#[allow(clippy::cast_precision_loss)] // Counts on a page are far below 2^53.
pub fn whole(n: u64) -> String {
    fixed(n as f64, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Precision = Precision {
        is_whole: true,
        size: 1.0,
    };

    #[test]
    fn a_count_keeps_all_its_digits() {
        assert_eq!(whole(12_345_678_901_234), "12,345,678,901,234");
    }

    #[test]
    fn a_tiny_number_among_larger_ones_is_zero() {
        let written = |value, size| {
            quantity(
                value,
                Unit::Plain,
                Precision {
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
    fn the_field_name_gives_the_unit() {
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
            with_unit(1_840_233.0, Unit::BytesPerSecond, Precision::MEASURED),
            "1.84 MB/s"
        );
        assert_eq!(with_unit(12.0, Unit::Bytes, WHOLE), "12 B");
        assert_eq!(
            with_unit(454.4, Unit::BytesPerSecond, Precision::MEASURED),
            "454 B/s"
        );
    }

    #[test]
    fn a_number_keeps_its_shape_while_it_changes() {
        assert_eq!(with_unit(7.0, Unit::Plain, WHOLE), "7");
        assert_eq!(with_unit(9.0, Unit::Plain, Precision::MEASURED), "9.00");
        assert_eq!(
            with_unit(98.0, Unit::Named("%"), Precision::MEASURED),
            "98.0 %"
        );
    }

    #[test]
    fn ages_are_short_texts() {
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
