//! What the table says of each kind of run: which figure, in which unit, and whether more of it is better.

use serde_json::Value;

use crate::report::grouped;

/// One row.
#[derive(Debug)]
pub(super) struct Measure {
    /// What the row is called.
    pub(super) label: &'static str,
    /// Where in a report the figure stands (RFC 6901).
    pointer: &'static str,
    unit: Unit,
    better: Better,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Count,
    Milliseconds,
    Microseconds,
    Seconds,
    Mebibytes,
    Bytes,
}

#[derive(Clone, Copy, Debug)]
enum Better {
    More,
    Less,
}

const PUBLISH: &[Measure] = &[
    more("events/s", "/events_per_second", Unit::Count),
    less("answer p50", "/answer_ms/p50", Unit::Milliseconds),
    less("answer p99", "/answer_ms/p99", Unit::Milliseconds),
    less("server CPU per event", "/server/cpu_us_each", Unit::Microseconds),
    less("server memory, peak", "/server/rss_bytes_peak", Unit::Mebibytes),
];
const REPLAY: &[Measure] = &[
    more("deliveries per server CPU second", "/server/deliveries_per_cpu_second", Unit::Count),
    less("until the last client had all", "/seconds", Unit::Seconds),
    less("server memory, peak", "/server/rss_bytes_peak", Unit::Mebibytes),
];
const FAN_OUT: &[Measure] = &[
    more("deliveries per server CPU second", "/server/deliveries_per_cpu_second", Unit::Count),
    less("latency p50", "/latency_ms/p50", Unit::Milliseconds),
    less("latency p99", "/latency_ms/p99", Unit::Milliseconds),
    less("server memory, peak", "/server/rss_bytes_peak", Unit::Mebibytes),
];
const IDLE: &[Measure] = &[less("server memory per subscriber", "/server/rss_bytes_per_subscriber", Unit::Bytes)];

const fn more(label: &'static str, pointer: &'static str, unit: Unit) -> Measure {
    Measure { label, pointer, unit, better: Better::More }
}

const fn less(label: &'static str, pointer: &'static str, unit: Unit) -> Measure {
    Measure { label, pointer, unit, better: Better::Less }
}

impl Measure {
    /// The rows of a kind of run.
    pub(super) fn of(run: &str) -> &'static [Self] {
        match run {
            "publish" => PUBLISH,
            "replay" => REPLAY,
            "fan-out" => FAN_OUT,
            "idle" => IDLE,
            _ => &[],
        }
    }

    /// The middle one of the reports' figures, of two the smaller one; `None` where no report has it.
    pub(super) fn median(&self, reports: &[&Value]) -> Option<f64> {
        let mut values: Vec<f64> = reports.iter().filter_map(|report| report.pointer(self.pointer)?.as_f64()).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len().checked_sub(1)? / 2).copied()
    }

    /// The figure and, compared with `base`, how many times better that one is.
    pub(super) fn show(&self, value: f64, base: Option<f64>) -> String {
        let shown = self.unit.show(value);
        let ratio = base.map(|base| match self.better {
            Better::More => base / value,
            Better::Less => value / base,
        });
        match ratio.filter(|ratio| ratio.is_finite()) {
            Some(ratio) => format!("{shown} ({ratio:.2} ×)"),
            None => shown,
        }
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Count => whole(value),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Microseconds => format!("{value:.2} µs"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Mebibytes => format!("{:.1} MiB", value / f64::from(1 << 20)),
            Self::Bytes => format!("{} bytes", whole(value)),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are positive and far below 2^64")]
fn whole(value: f64) -> String {
    grouped(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_above_one_always_says_that_the_base_is_better() {
        let (rate, time) = (more("", "", Unit::Count), less("", "", Unit::Milliseconds));
        assert_eq!(rate.show(100.0, Some(150.0)), "100 (1.50 ×)");
        assert_eq!(time.show(3.0, Some(2.0)), "3.00 ms (1.50 ×)");
        assert_eq!(rate.show(1_234_567.0, None), "1,234,567");
        assert_eq!(rate.show(0.0, Some(1.0)), "0");
    }

    #[test]
    fn the_median_leaves_out_reports_without_the_figure() {
        let reports =
            [serde_json::json!({"x": 3}), serde_json::json!({}), serde_json::json!({"x": 1}), serde_json::json!({"x": 2})];
        let measure = more("", "/x", Unit::Count);
        assert_eq!(measure.median(&reports.iter().collect::<Vec<_>>()), Some(2.0));
        assert_eq!(measure.median(&[]), None);
    }
}
