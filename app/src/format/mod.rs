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
const ENDINGS: [(&str, Unit); 13] = [
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
    ("_pct", Unit::Named("%")),
    ("_ppm", Unit::Named("ppm")),
    ("_ms", Unit::Named("ms")),
];

/// A field's name without its unit, and the unit.
pub fn field(name: &str) -> (String, Unit) {
    for (ending, unit) in ENDINGS {
        if let Some(stem) = name.strip_suffix(ending) {
            let stem = if stem.is_empty() { name } else { stem };
            return (stem.replace('_', " "), unit);
        }
    }
    let unit = if name == "temperature" { Unit::Named("°C") } else { Unit::Plain };
    (name.replace('_', " "), unit)
}

/// A value and its unit, scaled so that it has three or four digits. A value that happens to be whole has decimals all
/// the same unless its whole series is (`is_whole`), so that a number on the page does not change its shape every second.
pub fn quantity(value: f64, unit: Unit, is_whole: bool) -> (String, &'static str) {
    match unit {
        Unit::Plain => (decimal(value, is_whole), ""),
        Unit::Named(name) => (decimal(value, is_whole), name),
        Unit::Bytes => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"]),
        Unit::BytesPerSecond => scaled(value, 1000.0, &["B/s", "kB/s", "MB/s", "GB/s"]),
    }
}

/// The value and unit as one text.
pub fn with_unit(value: f64, unit: Unit, is_whole: bool) -> String {
    let (number, unit) = quantity(value, unit, is_whole);
    if unit.is_empty() { number } else { format!("{number} {unit}") }
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
    (decimal(if is_whole { value.round() } else { value }, is_whole), unit)
}

/// A number with as many decimals as its size deserves, none where it is whole, and thousands apart.
pub fn number(value: f64) -> String {
    decimal(value, value.fract() == 0.0)
}

fn decimal(value: f64, is_whole: bool) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if is_whole || size >= 1_000.0 => 0,
        _ if size >= 10.0 => 1,
        _ => 2,
    };
    fixed(value, decimals)
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
    number(n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_decimals_it_deserves() {
        let texts: Vec<_> = [0.0, 0.714, 3.0, 23.44, 612.0, 1_840.2, 182_407.0, -4.5, 1e12].map(number).into();
        assert_eq!(texts, ["0", "0.71", "3", "23.4", "612", "1,840", "182,407", "\u{2212}4.50", "1,000,000,000,000"]);
    }

    #[test]
    fn the_name_tells_the_unit() {
        assert_eq!(field("cpu_percent"), ("cpu".into(), Unit::Named("%")));
        assert_eq!(field("network_in_bytes_per_second"), ("network in".into(), Unit::BytesPerSecond));
        assert_eq!(field("latency_ms"), ("latency".into(), Unit::Named("ms")));
        assert_eq!(field("seconds"), ("seconds".into(), Unit::Named("s")));
        assert_eq!(field("temperature"), ("temperature".into(), Unit::Named("°C")));
        assert_eq!(field("queue_depth"), ("queue depth".into(), Unit::Plain));
    }

    #[test]
    fn memory_counts_in_binary_and_rates_in_decimal() {
        assert_eq!(with_unit(6_549_825_536.0, Unit::Bytes, true), "6.10 GiB");
        assert_eq!(with_unit(1_840_233.0, Unit::BytesPerSecond, false), "1.84 MB/s");
        assert_eq!(with_unit(12.0, Unit::Bytes, true), "12 B");
        assert_eq!(with_unit(454.4, Unit::BytesPerSecond, false), "454 B/s");
    }

    #[test]
    fn a_number_keeps_its_shape_while_it_changes() {
        assert_eq!(with_unit(7.0, Unit::Plain, true), "7");
        assert_eq!(with_unit(9.0, Unit::Plain, false), "9.00");
        assert_eq!(with_unit(98.0, Unit::Named("%"), false), "98.0 %");
    }

    #[test]
    fn ages_are_one_word() {
        let texts = [0, 1_999, 2_000, 59_999, 60_000, 7_200_000, 172_800_000, -5_000].map(age);
        assert_eq!(texts, ["now", "now", "2 s", "59 s", "1 min", "2 h", "2 d", "now"]);
    }
}
