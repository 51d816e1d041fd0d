//! What a run says at its end: a table for people, or one line of JSON for programs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{check::Tally, failure::Failure, fan_out, histogram::Histogram, idle, publisher::Pace};

/// Something that can be told both ways.
pub trait Tell {
    /// Rows of name and value.
    fn rows(&self) -> Vec<(&'static str, String)>;
    /// The same, with units in the names.
    fn json(&self) -> Value;
}

/// Prints a report to standard output.
#[expect(clippy::print_stdout, reason = "a report on standard output is what this program is for")]
pub fn print(report: &impl Tell, json: bool) {
    if json {
        println!("{}", report.json());
    } else {
        for (name, value) in report.rows() {
            println!("{name:<34} {value}");
        }
    }
}

impl Tell for fan_out::Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let pace = match options.pace {
            Pace::Steady(rate) => format!("{rate} events/s"),
            Pace::Saturated => "as fast as answered".to_owned(),
        };
        let mut rows = vec![
            ("subscribers", grouped(options.subscribers as u64)),
            ("publishers", format!("{}, {pace}, {} bytes", options.publishers, options.bytes)),
            ("events published", format!("{} of {} planned", grouped(self.published), grouped(options.planned))),
            ("events/s", format!("{:.1}", per_second(self.published, self.publishing))),
            ("answer p50 / p99 / max", milliseconds(&self.answers)),
        ];
        if options.pace != Pace::Saturated {
            rows.push(("furthest behind schedule", format!("{:.2} ms", self.behind.as_secs_f64() * 1e3)));
        }
        let expected = self.published * options.subscribers as u64;
        rows.extend([
            (
                "deliveries",
                format!("{} of {} in {:.2} s", grouped(self.deliveries), grouped(expected), self.elapsed.as_secs_f64()),
            ),
            ("deliveries/s", format!("{:.0}", per_second(self.deliveries, self.elapsed))),
            ("latency p50 / p99 / max", milliseconds(&self.latency)),
        ]);
        if let Some(server) = self.server {
            rows.extend([
                ("server CPU", format!("{:.2} s", server.cpu.as_secs_f64())),
                ("deliveries per server CPU second", format!("{:.0}", per_second(self.deliveries, server.cpu))),
                ("server memory before / peak", format!("{} / {}", mebibytes(server.resident), mebibytes(server.peak))),
                ("server memory, highest ever", mebibytes(server.highest)),
            ]);
        }
        rows.push(("generator CPU", format!("{:.2} s", self.own_cpu.as_secs_f64())));
        rows.extend(verdict(&self.tally, self.failure.as_ref()));
        rows
    }

    fn json(&self) -> Value {
        let options = &self.options;
        let rate = match options.pace {
            Pace::Steady(rate) => rate,
            Pace::Saturated => 0,
        };
        json!({
            "run": "fan-out",
            "ok": self.is_correct(),
            "subscribers": options.subscribers,
            "publishers": options.publishers,
            "rate": rate,
            "bytes": options.bytes,
            "planned": options.planned,
            "published": self.published,
            "events_per_second": per_second(self.published, self.publishing),
            "answer_ms": quantiles(&self.answers),
            "behind_schedule_ms": self.behind.as_secs_f64() * 1e3,
            "seconds": self.elapsed.as_secs_f64(),
            "deliveries": self.deliveries,
            "expected_deliveries": self.published * options.subscribers as u64,
            "deliveries_per_second": per_second(self.deliveries, self.elapsed),
            "latency_ms": quantiles(&self.latency),
            "server": self.server.map(|server| json!({
                "cpu_seconds": server.cpu.as_secs_f64(),
                "deliveries_per_cpu_second": (!server.cpu.is_zero()).then(|| per_second(self.deliveries, server.cpu)),
                "rss_bytes_before": server.resident,
                "rss_bytes_peak": server.peak,
                "rss_bytes_highest_ever": server.highest,
            })),
            "generator_cpu_seconds": self.own_cpu.as_secs_f64(),
            "content": content(&self.tally),
            "failure": self.failure.as_ref().map(ToString::to_string),
        })
    }
}

impl Tell for idle::Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let count = self.options.subscribers as u64;
        let mut rows = vec![
            ("subscribers", grouped(count)),
            ("server memory before / after", format!("{} / {}", mebibytes(self.before), mebibytes(self.after))),
            ("server memory per subscriber", format!("{} bytes", grouped(self.after.saturating_sub(self.before) / count.max(1)))),
            ("server memory, highest ever", mebibytes(self.highest)),
            ("server CPU, accepting", format!("{:.2} s", self.opening_cpu.as_secs_f64())),
            ("server CPU, idle", format!("{:.2} s in {:.0} s", self.idle_cpu.as_secs_f64(), self.options.duration.as_secs_f64())),
        ];
        rows.extend(verdict(&self.tally, self.failure.as_ref()));
        rows
    }

    fn json(&self) -> Value {
        let count = self.options.subscribers as u64;
        json!({
            "run": "idle",
            "ok": self.is_correct(),
            "subscribers": count,
            "seconds": self.options.duration.as_secs_f64(),
            "server": {
                "rss_bytes_before": self.before,
                "rss_bytes_after": self.after,
                "rss_bytes_per_subscriber": self.after.saturating_sub(self.before) / count.max(1),
                "rss_bytes_highest_ever": self.highest,
                "accepting_cpu_seconds": self.opening_cpu.as_secs_f64(),
                "idle_cpu_seconds": self.idle_cpu.as_secs_f64(),
            },
            "content": content(&self.tally),
            "failure": self.failure.as_ref().map(ToString::to_string),
        })
    }
}

fn verdict(tally: &Tally, failure: Option<&Failure>) -> Vec<(&'static str, String)> {
    let mut rows = vec![(
        "lost / duplicated / reordered",
        format!("{} / {} / {}", grouped(tally.lost), grouped(tally.duplicated), grouped(tally.reordered)),
    )];
    let others = [
        ("malformed events", tally.malformed),
        ("wrong event ids", tally.wrong_ids),
        ("streams with ids not answered", tally.mismatched),
        ("gap events", tally.gaps),
        ("streams that ended early", tally.ended),
    ];
    rows.extend(others.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name, grouped(count))));
    rows.extend(failure.map(|failure| ("first failure", failure.to_string())));
    let verdict = match (tally.is_clean(), failure) {
        (true, None) => "correct",
        (true, Some(_)) => "BROKEN OFF",
        (false, _) => "WRONG CONTENT",
    };
    rows.push(("verdict", verdict.to_owned()));
    rows
}

fn content(tally: &Tally) -> Value {
    let Tally { lost, duplicated, reordered, malformed, wrong_ids, mismatched, gaps, ended } = tally;
    json!({
        "lost": lost,
        "duplicated": duplicated,
        "reordered": reordered,
        "malformed": malformed,
        "wrong_ids": wrong_ids,
        "streams_with_other_ids": mismatched,
        "gaps": gaps,
        "streams_ended": ended,
    })
}

fn quantiles(histogram: &Histogram) -> Value {
    let milliseconds = |nanos: Option<u64>| nanos.map(|nanos| float(nanos) / 1e6);
    json!({
        "p50": milliseconds(histogram.quantile(500)),
        "p99": milliseconds(histogram.quantile(990)),
        "max": milliseconds(histogram.max()),
    })
}

fn milliseconds(histogram: &Histogram) -> String {
    match (histogram.quantile(500), histogram.quantile(990), histogram.max()) {
        (Some(p50), Some(p99), Some(max)) => {
            format!("{:.2} / {:.2} / {:.2} ms", float(p50) / 1e6, float(p99) / 1e6, float(max) / 1e6)
        }
        _ => "none".to_owned(),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", float(bytes) / f64::from(1 << 20))
}

/// 0 when no time has passed that can be told.
fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { float(count) / time.as_secs_f64() }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^53 are exact, and a report shows few digits of them")]
fn float(count: u64) -> f64 {
    count as f64
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let found = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(found, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }
}
