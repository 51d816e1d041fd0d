//! What a run says at its end: a table for people, or one line of JSON for programs.

mod fan_out;
mod herd;
mod idle;
mod publish;
mod replay;
mod slow;

use std::time::Duration;

use serde_json::{Value, json};

use crate::{check::Tally, failure::Failure, histogram::Histogram, process::Usage};

/// Something that can be told both ways.
pub trait Tell {
    /// Rows of name and value.
    fn rows(&self) -> Vec<(&'static str, String)>;
    /// The same, with units in the names.
    fn json(&self) -> Value;
    /// What is to be said of the content.
    fn verdict(&self) -> Verdict<'_>;
}

/// What was wrong, and what broke.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    tally: Tally,
    failure: Option<&'a Failure>,
}

impl Verdict<'_> {
    /// Everything arrived as it should, and nothing broke on the way.
    pub fn is_correct(self) -> bool {
        self.tally.is_clean() && self.failure.is_none()
    }
}

/// Prints a report to standard output.
pub fn print(report: &impl Tell, json: bool) {
    if json {
        print_text(&format!("{}\n", whole(report)));
    } else {
        let rows = report
            .rows()
            .into_iter()
            .chain(verdict_rows(report.verdict()));
        rows.for_each(|(name, value)| print_text(&format!("{name:<34} {value}\n")));
    }
}

/// The report with its verdict.
fn whole(report: &impl Tell) -> Value {
    let (mut value, verdict) = (report.json(), report.verdict());
    value["ok"] = json!(verdict.is_correct());
    value["content"] = content(&verdict.tally);
    value["failure"] = json!(verdict.failure.map(ToString::to_string));
    value
}

/// Prints text as it is.
#[expect(
    clippy::print_stdout,
    reason = "a report on standard output is what this program is for"
)]
pub fn print_text(text: &str) {
    print!("{text}");
}

/// What the server used for so many of `unit`.
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

/// The same as JSON; `unit` is a plural.
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
    let Verdict { tally, failure } = verdict;
    let mut rows = vec![(
        "lost / duplicated / reordered",
        format!(
            "{} / {} / {}",
            grouped(tally.lost),
            grouped(tally.duplicated),
            grouped(tally.reordered)
        ),
    )];
    let others = [
        ("malformed events", tally.malformed),
        ("wrong event ids", tally.wrong_ids),
        ("streams with ids not answered", tally.mismatched),
        ("gap events", tally.gaps),
        ("streams that ended early", tally.ended),
    ];
    rows.extend(
        others
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name, grouped(count))),
    );
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
    let Tally {
        lost,
        duplicated,
        reordered,
        malformed,
        wrong_ids,
        mismatched,
        gaps,
        ended,
    } = tally;
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

/// 0 when no time has passed that can be told.
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

/// A count as a figure to calculate with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts below 2^53 are exact, and a report shows few digits of them"
)]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// `1234567` as `1,234,567`.
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
