//! The rows that the table shows for each kind of run.

use serde_json::Value;

use super::metric::{MEBIBYTE, Metric, Unit, less, more, neutral};

/// Returns the rows for reports like this one.
pub(super) fn of(report: &Value) -> &'static [Metric] {
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

/// A fan-out to at least this many subscribers measures how the server holds them.
const MANY: u64 = 10_000;

const PUBLISH: &[Metric] = &[
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
const REPLAY: &[Metric] = &[
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
const SATURATED: &[Metric] = &[
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
const PACED: &[Metric] = &[
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
const HELD: &[Metric] = &[
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
const IDLE: &[Metric] = &[
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
const SLOW: &[Metric] = &[
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
    neutral(
        "p99 beside, as a multiple of alone",
        "/slowdown/p99",
        Unit::Times,
    )
    .at_most(1.5),
    neutral(
        "those not reading, ended by the server",
        "/beside/stalled/ended_by_server",
        Unit::Count,
    ),
];
const HERD: &[Metric] = &[
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fan_out_shows_the_figures_that_suit_its_load() {
        let first = |rate: u32, subscribers: u32| {
            let report =
                serde_json::json!({"run": "fan-out", "rate": rate, "subscribers": subscribers});
            of(&report)
                .iter()
                .map(|metric| metric.label)
                .take(2)
                .collect::<Vec<_>>()
        };
        assert_eq!(first(0, 19_000)[1], "deliveries/s");
        assert_eq!(first(1, 19_000)[0], "answer p99");
        assert_eq!(first(50, 1_000)[0], "deliveries per server CPU second");
    }
}
