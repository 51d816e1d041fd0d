//! What the table says of each kind of run: which figure, in which unit, and whether more of it is
//! better.

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
    /// What Pulseboard sets itself.
    goal: Option<Goal>,
}

/// A bound that a figure of Pulseboard should keep.
#[derive(Clone, Copy, Debug)]
struct Goal {
    most: f64,
    /// The bound itself still keeps it.
    inclusive: bool,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Count,
    Milliseconds,
    Microseconds,
    Seconds,
    Mebibytes,
    Bytes,
    Times,
}

#[derive(Clone, Copy, Debug)]
enum Better {
    More,
    Less,
    /// The figure tells what happened; there is no better or worse.
    Neither,
}

const PUBLISH: &[Measure] = &[
    more("events/s", "/events_per_second", Unit::Count),
    less("answer p50", "/answer_ms/p50", Unit::Milliseconds),
    less("answer p99", "/answer_ms/p99", Unit::Milliseconds),
    less(
        "server CPU per event",
        "/server/cpu_us_each",
        Unit::Microseconds,
    ),
    less(
        "server memory, peak",
        "/server/rss_bytes_peak",
        Unit::Mebibytes,
    ),
];
const REPLAY: &[Measure] = &[
    more(
        "deliveries per server CPU second",
        "/server/deliveries_per_cpu_second",
        Unit::Count,
    ),
    less("until the last client had all", "/seconds", Unit::Seconds),
    less(
        "server memory, peak",
        "/server/rss_bytes_peak",
        Unit::Mebibytes,
    ),
];
const SATURATED: &[Measure] = &[
    more(
        "deliveries per server CPU second",
        "/server/deliveries_per_cpu_second",
        Unit::Count,
    ),
    more("deliveries/s", "/deliveries_per_second", Unit::Count),
    less(
        "server memory, peak",
        "/server/rss_bytes_peak",
        Unit::Mebibytes,
    ),
];
const PACED: &[Measure] = &[
    more(
        "deliveries per server CPU second",
        "/server/deliveries_per_cpu_second",
        Unit::Count,
    ),
    less("latency p50", "/latency_ms/p50", Unit::Milliseconds),
    less("latency p99", "/latency_ms/p99", Unit::Milliseconds),
    less("answer p99", "/answer_ms/p99", Unit::Milliseconds),
    less(
        "server memory, peak",
        "/server/rss_bytes_peak",
        Unit::Mebibytes,
    ),
];
const HELD: &[Measure] = &[
    less("answer p99", "/answer_ms/p99", Unit::Milliseconds).below(50.0),
    less("latency p50", "/latency_ms/p50", Unit::Milliseconds),
    less("latency p99", "/latency_ms/p99", Unit::Milliseconds),
    more(
        "deliveries per server CPU second",
        "/server/deliveries_per_cpu_second",
        Unit::Count,
    ),
    less(
        "server memory, peak",
        "/server/rss_bytes_peak",
        Unit::Mebibytes,
    ),
];
const IDLE: &[Measure] = &[
    less(
        "server memory per subscriber",
        "/server/rss_bytes_per_subscriber",
        Unit::Bytes,
    ),
    less(
        "server CPU while idle",
        "/server/idle_cpu_seconds",
        Unit::Seconds,
    ),
];
const SLOW: &[Measure] = &[
    less(
        "server memory, peak",
        "/beside/server/rss_bytes_peak",
        Unit::Mebibytes,
    )
    .below(128.0 * MEBIBYTE),
    less(
        "readers' latency p50, alone",
        "/alone/latency_ms/p50",
        Unit::Milliseconds,
    ),
    less(
        "readers' latency p50, beside",
        "/beside/latency_ms/p50",
        Unit::Milliseconds,
    ),
    less(
        "readers' latency p99, alone",
        "/alone/latency_ms/p99",
        Unit::Milliseconds,
    ),
    less(
        "readers' latency p99, beside",
        "/beside/latency_ms/p99",
        Unit::Milliseconds,
    ),
    tells(
        "p99 beside, as a multiple of alone",
        "/slowdown/p99",
        Unit::Times,
    )
    .at_most(1.5),
    tells(
        "those not reading, ended by the server",
        "/beside/stalled/ended_by_server",
        Unit::Count,
    ),
];
const HERD: &[Measure] = &[
    less(
        "until the server listens again",
        "/listens_seconds",
        Unit::Seconds,
    ),
    less(
        "until the last stream is back",
        "/back_seconds/last",
        Unit::Seconds,
    ),
    less(
        "until the last subscriber has everything",
        "/whole_seconds/last",
        Unit::Seconds,
    )
    .below(20.0),
    less(
        "server CPU until then",
        "/server/cpu_seconds",
        Unit::Seconds,
    ),
    less(
        "server memory, peak",
        "/server/rss_bytes_peak",
        Unit::Mebibytes,
    ),
];
const MEBIBYTE: f64 = 1_048_576.0;
/// A fan-out to so many is about holding them.
const MANY: u64 = 10_000;

const fn more(label: &'static str, pointer: &'static str, unit: Unit) -> Measure {
    Measure {
        label,
        pointer,
        unit,
        better: Better::More,
        goal: None,
    }
}

const fn less(label: &'static str, pointer: &'static str, unit: Unit) -> Measure {
    Measure {
        label,
        pointer,
        unit,
        better: Better::Less,
        goal: None,
    }
}

const fn tells(label: &'static str, pointer: &'static str, unit: Unit) -> Measure {
    Measure {
        label,
        pointer,
        unit,
        better: Better::Neither,
        goal: None,
    }
}

impl Measure {
    const fn below(self, most: f64) -> Self {
        Self {
            goal: Some(Goal {
                most,
                inclusive: false,
            }),
            ..self
        }
    }

    const fn at_most(self, most: f64) -> Self {
        Self {
            goal: Some(Goal {
                most,
                inclusive: true,
            }),
            ..self
        }
    }

    /// The rows for reports like this one.
    pub(super) fn of(report: &Value) -> &'static [Self] {
        match report["run"].as_str() {
            Some("publish") => PUBLISH,
            Some("replay") => REPLAY,
            Some("fan-out") if report["rate"] == 0 => SATURATED,
            Some("fan-out")
                if report["subscribers"]
                    .as_u64()
                    .is_some_and(|count| count >= MANY) =>
            {
                HELD
            }
            Some("fan-out") => PACED,
            Some("idle") => IDLE,
            Some("slow") => SLOW,
            Some("herd") => HERD,
            _ => &[],
        }
    }

    /// The goal, and whether this figure of Pulseboard's keeps it.
    pub(super) fn goal(&self, ours: Option<f64>) -> Option<String> {
        let Goal { most, inclusive } = self.goal?;
        let sign = if inclusive { "≤" } else { "<" };
        let word = match ours {
            None => "",
            Some(value) if value < most || (inclusive && value <= most) => ": met",
            Some(_) => ": MISSED",
        };
        Some(format!("{sign} {}{word}", self.unit.bound(most)))
    }

    /// The middle one of the reports' figures, of two the smaller one; `None` where no report has
    /// it.
    pub(super) fn median(&self, reports: &[&Value]) -> Option<f64> {
        let mut values: Vec<f64> = reports
            .iter()
            .filter_map(|report| report.pointer(self.pointer)?.as_f64())
            .collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len().checked_sub(1)? / 2).copied()
    }

    /// The figure and, compared with `base`, how many times better that one is.
    pub(super) fn show(&self, value: f64, base: Option<f64>) -> String {
        let shown = self.unit.show(value);
        let ratio = base.and_then(|base| match self.better {
            Better::More => Some(base / value),
            Better::Less => Some(value / base),
            Better::Neither => None,
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
            Self::Mebibytes => format!("{:.1} MiB", value / MEBIBYTE),
            Self::Times => format!("{value:.2} ×"),
            Self::Bytes => format!("{} bytes", whole(value)),
        }
    }

    /// A round figure.
    fn bound(self, value: f64) -> String {
        match self {
            Self::Count => whole(value),
            Self::Milliseconds => format!("{value} ms"),
            Self::Microseconds => format!("{value} µs"),
            Self::Seconds => format!("{value} s"),
            Self::Mebibytes => format!("{} MiB", value / MEBIBYTE),
            Self::Bytes => format!("{} bytes", whole(value)),
            Self::Times => format!("{value} ×"),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are positive and far below 2^64"
)]
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
    fn a_figure_without_better_or_worse_has_no_ratio() {
        assert_eq!(tells("", "", Unit::Times).show(2.0, Some(1.0)), "2.00 ×");
    }

    #[test]
    fn a_goal_says_whether_it_is_met() {
        let (below, at_most) = (
            less("", "", Unit::Milliseconds).below(50.0),
            tells("", "", Unit::Times).at_most(1.5),
        );
        assert_eq!(below.goal(Some(49.9)).as_deref(), Some("< 50 ms: met"));
        assert_eq!(below.goal(Some(50.0)).as_deref(), Some("< 50 ms: MISSED"));
        assert_eq!(at_most.goal(Some(1.5)).as_deref(), Some("≤ 1.5 ×: met"));
        assert_eq!(at_most.goal(Some(1.51)).as_deref(), Some("≤ 1.5 ×: MISSED"));
        assert_eq!(at_most.goal(None).as_deref(), Some("≤ 1.5 ×"));
        assert_eq!(
            less("", "", Unit::Mebibytes)
                .below(128.0 * MEBIBYTE)
                .goal(None)
                .as_deref(),
            Some("< 128 MiB")
        );
        assert_eq!(less("", "", Unit::Seconds).goal(Some(1.0)), None);
    }

    #[test]
    fn a_fan_out_is_told_by_what_it_is_for() {
        let first = |rate: u32, subscribers: u32| {
            let report =
                serde_json::json!({"run": "fan-out", "rate": rate, "subscribers": subscribers});
            Measure::of(&report)
                .iter()
                .map(|measure| measure.label)
                .take(2)
                .collect::<Vec<_>>()
        };
        assert_eq!(first(0, 19_000)[1], "deliveries/s");
        assert_eq!(first(1, 19_000)[0], "answer p99");
        assert_eq!(first(50, 1_000)[0], "deliveries per server CPU second");
    }

    #[test]
    fn the_median_leaves_out_reports_without_the_figure() {
        let reports = [
            serde_json::json!({"x": 3}),
            serde_json::json!({}),
            serde_json::json!({"x": 1}),
            serde_json::json!({"x": 2}),
        ];
        let measure = more("", "/x", Unit::Count);
        assert_eq!(
            measure.median(&reports.iter().collect::<Vec<_>>()),
            Some(2.0)
        );
        assert_eq!(measure.median(&[]), None);
    }
}
