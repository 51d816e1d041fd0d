//! The report at the end of a run: a table for people, or one line of JSON for programs.

mod fan_out;
mod herd;
mod idle;
mod publish;
mod replay;
mod slow;

use std::time::Duration;

use serde_json::{Value, json};

use crate::{check::Violations, failure::Failure, histogram::Histogram, process::Usage};

/// A report that can be shown as a table and as JSON.
pub trait Render {
    /// Returns rows of label and value.
    fn rows(&self) -> Vec<(&'static str, String)>;
    /// Returns the same figures as JSON, with units in the keys.
    fn json(&self) -> Value;
    /// Returns whether the run was correct.
    fn verdict(&self) -> Verdict<'_>;
}

/// The wrong content and the first failure of a run.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    violations: Violations,
    failure: Option<&'a Failure>,
}

impl Verdict<'_> {
    /// Returns whether all content was correct and nothing failed.
    pub fn is_correct(self) -> bool {
        self.violations.is_empty() && self.failure.is_none()
    }
}

/// Prints a report to standard output.
pub fn print(report: &impl Render, json: bool) {
    if json {
        print_text(&format!("{}\n", json_with_verdict(report)));
    } else {
        let rows = report
            .rows()
            .into_iter()
            .chain(verdict_rows(report.verdict()));
        rows.for_each(|(name, value)| print_text(&format!("{name:<34} {value}\n")));
    }
}

/// Returns the report with its verdict as JSON.
fn json_with_verdict(report: &impl Render) -> Value {
    let (mut value, verdict) = (report.json(), report.verdict());
    value["ok"] = json!(verdict.is_correct());
    value["content"] = content(&verdict.violations);
    value["failure"] = json!(verdict.failure.map(ToString::to_string));
    value
}

/// Prints text to standard output.
#[expect(
    clippy::print_stdout,
    reason = "this program prints its report to standard output"
)]
pub fn print_text(text: &str) {
    print!("{text}");
}

/// Returns rows of the server's resources. `count` is the number of events or deliveries, `per_second`
/// and `each` are the labels of the figures computed from it.
fn usage_rows(
    usage: &Usage,
    count: u64,
    per_second: &'static str,
    each: &'static str,
) -> Vec<(&'static str, String)> {
    vec![
        ("server CPU", format!("{:.2} s", usage.cpu.as_secs_f64())),
        (
            per_second,
            format!("{:.0}", self::per_second(count, usage.cpu)),
        ),
        (
            each,
            format!("{:.2} µs", microseconds_each(usage.cpu, count)),
        ),
        (
            "server memory before / peak",
            format!("{} / {}", mebibytes(usage.resident), mebibytes(usage.peak)),
        ),
        ("server memory, highest ever", mebibytes(usage.highest)),
    ]
}

/// Returns the same as JSON. `unit` is the counted thing, in the plural.
fn usage_json(usage: &Usage, count: u64, unit: &str) -> Value {
    let mut value = json!({
        "cpu_seconds": usage.cpu.as_secs_f64(),
        "cpu_us_each": (count > 0).then(|| microseconds_each(usage.cpu, count)),
        "rss_bytes_before": usage.resident,
        "rss_bytes_peak": usage.peak,
        "rss_bytes_highest_ever": usage.highest,
    });
    value[format!("{unit}_per_cpu_second")] =
        json!((!usage.cpu.is_zero()).then(|| per_second(count, usage.cpu)));
    value
}

fn verdict_rows(verdict: Verdict<'_>) -> Vec<(&'static str, String)> {
    let Verdict {
        violations,
        failure,
    } = verdict;
    let mut rows = vec![(
        "lost / duplicated / reordered",
        format!(
            "{} / {} / {}",
            grouped(violations.lost),
            grouped(violations.duplicated),
            grouped(violations.reordered)
        ),
    )];
    let others = [
        ("malformed events", violations.malformed),
        ("wrong event ids", violations.wrong_ids),
        ("streams with other ids", violations.mismatched),
        ("gap events", violations.gaps),
        ("streams that ended early", violations.ended),
    ];
    rows.extend(
        others
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name, grouped(count))),
    );
    rows.extend(failure.map(|failure| ("first failure", failure.to_string())));
    let verdict = match (violations.is_empty(), failure) {
        (true, None) => "correct",
        (true, Some(_)) => "RUN FAILED",
        (false, _) => "WRONG CONTENT",
    };
    rows.push(("verdict", verdict.to_owned()));
    rows
}

fn content(violations: &Violations) -> Value {
    let Violations {
        lost,
        duplicated,
        reordered,
        malformed,
        wrong_ids,
        mismatched,
        gaps,
        ended,
    } = violations;
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
    match (
        histogram.quantile(500),
        histogram.quantile(990),
        histogram.max(),
    ) {
        (Some(p50), Some(p99), Some(max)) => {
            format!(
                "{:.2} / {:.2} / {:.2} ms",
                float(p50) / 1e6,
                float(p99) / 1e6,
                float(max) / 1e6
            )
        }
        _ => "none".to_owned(),
    }
}

fn seconds(nanos: Option<u64>) -> String {
    nanos.map_or_else(
        || "none".to_owned(),
        |nanos| format!("{:.2} s", float(nanos) / 1e9),
    )
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", float(bytes) / f64::from(1 << 20))
}

/// Returns `count` per second, or 0 if the time is too short to measure.
fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() {
        0.0
    } else {
        float(count) / time.as_secs_f64()
    }
}

fn microseconds_each(time: Duration, count: u64) -> f64 {
    if count == 0 {
        0.0
    } else {
        time.as_secs_f64() * 1e6 / float(count)
    }
}

/// Converts a count for a calculation.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts below 2^53 are exact, and a report shows few digits"
)]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// Formats `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
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
