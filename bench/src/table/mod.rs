//! The table of several reports in Markdown: one section per run, one column per server.
//!
//! It reads the lines that runs print with `--json`. Runs of the same kind and size are repetitions,
//! and the table shows their median. The first column is Pulseboard. A peer's figure is followed by
//! the factor by which Pulseboard is better.

mod layout;
mod metric;
mod metrics;

use std::io::BufRead;

use serde_json::Value;

use crate::{failure::Failure, report::grouped};

/// The server that the others are compared with.
const BASE: &str = "pulseboard";

/// All reports, in the order of their lines.
#[derive(Debug, Default)]
pub struct Table {
    reports: Vec<Value>,
}

impl Table {
    /// Reads reports, one per line.
    ///
    /// # Errors
    /// If a line cannot be read or is not a report.
    pub fn read(lines: impl BufRead) -> Result<Self, Failure> {
        let mut table = Self::default();
        for (number, line) in (1..).zip(lines.lines()) {
            let line =
                line.map_err(|error| Failure::run(format!("cannot read line {number}: {error}")))?;
            if line.trim().is_empty() {
                continue;
            }
            let report: Value = serde_json::from_str(&line).map_err(|error| {
                Failure::usage(format!("line {number} is not a report: {error}"))
            })?;
            if title(&report).is_none() || server(&report).is_none() {
                return Err(Failure::usage(format!(
                    "line {number} is not a report: it has no \"run\", no \"peer\" or no sizes"
                )));
            }
            table.reports.push(report);
        }
        Ok(table)
    }

    /// Returns whether every run of Pulseboard was correct. Mistakes of peers are shown, but do not
    /// count.
    pub fn is_correct(&self) -> bool {
        let ours = |report: &&Value| server(report).is_some_and(|server| server == BASE);
        self.reports
            .iter()
            .filter(ours)
            .all(|report| report["ok"] == true)
    }

    /// Returns the table as Markdown with aligned columns.
    pub fn markdown(&self) -> String {
        let servers = self.servers();
        let goals = self.has_goals();
        let goal = |text: &str| goals.then(|| text.to_owned());
        let mut rows = vec![
            std::iter::once(String::new())
                .chain(servers.iter().cloned())
                .chain(goal("goal"))
                .collect::<Vec<_>>(),
        ];
        for title in distinct(self.reports.iter().filter_map(title)) {
            let empty = servers.iter().map(|_| String::new());
            rows.push(
                std::iter::once(format!("**{title}**"))
                    .chain(empty)
                    .chain(goal(""))
                    .collect(),
            );
            let columns: Vec<Vec<&Value>> = servers
                .iter()
                .map(|server| self.of(&title, server))
                .collect();
            for metric in columns
                .iter()
                .flatten()
                .next()
                .map(|report| metrics::of(report))
                .unwrap_or_default()
            {
                let values: Vec<_> = columns
                    .iter()
                    .map(|reports| metric.median(reports))
                    .collect();
                let base = servers
                    .iter()
                    .position(|server| server == BASE)
                    .and_then(|at| values[at]);
                let cells = servers.iter().zip(&values).map(|(server, value)| {
                    let compared = base.filter(|_| server != BASE);
                    value.map_or_else(String::new, |value| metric.show(value, compared))
                });
                let aim = goal(&metric.goal(base).unwrap_or_default());
                rows.push(
                    std::iter::once(metric.label.to_owned())
                        .chain(cells)
                        .chain(aim)
                        .collect(),
                );
            }
            let content = columns.iter().map(|reports| content(reports));
            rows.push(
                std::iter::once("content".to_owned())
                    .chain(content)
                    .chain(goal(""))
                    .collect(),
            );
        }
        layout::markdown(&rows)
    }

    /// Returns whether any row has a goal. Then the table has a column for goals.
    fn has_goals(&self) -> bool {
        self.reports
            .iter()
            .flat_map(metrics::of)
            .any(|metric| metric.goal(None).is_some())
    }

    fn servers(&self) -> Vec<String> {
        let mut servers = distinct(self.reports.iter().filter_map(server));
        servers.sort_by_key(|server| server != BASE);
        servers
    }

    fn of(&self, title: &str, server: &str) -> Vec<&Value> {
        let wanted = |report: &&Value| {
            self::title(report).is_some_and(|found| found == title)
                && self::server(report).is_some_and(|found| found == server)
        };
        self.reports.iter().filter(wanted).collect()
    }
}

/// Returns the kind of run with its sizes. It is the same for all servers.
fn title(report: &Value) -> Option<String> {
    let count = |name: &str| report[name].as_u64().map(grouped);
    Some(match report["run"].as_str()? {
        "publish" => {
            let (publishers, events, bytes) =
                (count("publishers")?, count("planned")?, count("bytes")?);
            format!("publish: {publishers} publishers, {events} events of {bytes} bytes")
        }
        "replay" => {
            let (clients, events, bytes) = (count("clients")?, count("events")?, count("bytes")?);
            format!("replay: {clients} clients × {events} events of {bytes} bytes")
        }
        "fan-out" => {
            let (subscribers, events, bytes) =
                (count("subscribers")?, count("planned")?, count("bytes")?);
            let pace = match report["rate"].as_u64()? {
                0 => "as fast as answered".to_owned(),
                rate => format!("{rate} a second"),
            };
            format!("fan-out: {subscribers} subscribers × {events} events of {bytes} bytes, {pace}")
        }
        "idle" => format!("idle: {} subscribers", count("subscribers")?),
        "slow" => {
            let (readers, others, events) = (
                count("subscribers")?,
                count("not_reading")?,
                count("planned")?,
            );
            let (bytes, seconds) = (count("bytes")?, count("seconds")?);
            format!(
                "slow: {readers} readers beside {others} that do not read, {events} events of {bytes} bytes in {seconds} s"
            )
        }
        "herd" => {
            let (subscribers, rate) = (count("subscribers")?, count("rate")?);
            format!(
                "herd: the server is killed under {subscribers} subscribers, {rate} events a second"
            )
        }
        _ => return None,
    })
}

fn server(report: &Value) -> Option<String> {
    let peer = report["peer"].as_str()?;
    Some(if report["via"] == "body" {
        format!("{peer}, one body")
    } else {
        peer.to_owned()
    })
}

/// Returns whether the runs were correct, had wrong content, or failed.
fn content(reports: &[&Value]) -> String {
    let wrong = |report: &&&Value| {
        report["content"]
            .as_object()
            .is_some_and(|counts| counts.values().any(|count| *count != 0))
    };
    let (all, wrong) = (reports.len(), reports.iter().filter(wrong).count());
    let failed = reports.iter().filter(|report| report["ok"] != true).count();
    match (all, failed) {
        (0, _) => String::new(),
        (_, 0) => "correct".to_owned(),
        _ if wrong > 0 => format!("WRONG in {wrong} of {all}"),
        (_, failed) => format!("failed in {failed} of {all}"),
    }
}

/// Removes repetitions and keeps the order.
fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(peer: &str, via: &str, rate: f64, ok: bool) -> String {
        let server =
            serde_json::json!({"deliveries_per_cpu_second": rate, "rss_bytes_peak": 1 << 20});
        serde_json::json!({
            "run": "replay", "peer": peer, "via": via, "ok": ok, "clients": 500, "events": 2000, "bytes": 1024, "server": server,
            "content": {"lost": u8::from(!ok)},
        })
        .to_string()
    }

    fn table(lines: &[String]) -> Result<Table, Failure> {
        Table::read(lines.join("\n").as_bytes())
    }

    /// The cells of the row with this label.
    fn row(table: &Table, label: &str) -> Vec<String> {
        let markdown = table.markdown();
        let line = markdown
            .lines()
            .find(|line| line.starts_with(&format!("| {label} ")));
        line.unwrap_or_default()
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .filter(|cell| !cell.is_empty())
            .collect()
    }

    #[test]
    fn repetitions_become_their_median_and_peers_are_compared() -> Result<(), Failure> {
        let table = table(&[
            replay("nchan", "stream", 250_000.0, true),
            replay("pulseboard", "stream", 900_000.0, true),
            replay("pulseboard", "stream", 1_000_000.0, true),
            replay("pulseboard", "stream", 5_000_000.0, true),
            replay("durable-streams", "body", 2_000_000.0, true),
        ])?;
        let expected = [
            "deliveries per server CPU second",
            "1,000,000",
            "250,000 (4.00 ×)",
            "2,000,000 (0.50 ×)",
        ];
        assert_eq!(row(&table, expected[0]), expected);
        assert!(table.markdown().contains("durable-streams, one body"));
        assert!(
            table
                .markdown()
                .contains("**replay: 500 clients × 2,000 events of 1,024 bytes**")
        );
        assert!(table.is_correct());
        Ok(())
    }

    #[test]
    fn wrong_content_is_shown_and_only_that_of_pulseboard_counts() -> Result<(), Failure> {
        let right = replay("pulseboard", "stream", 1.0, true);
        let theirs = table(&[right.clone(), replay("nchan", "stream", 1.0, false)])?;
        assert_eq!(
            row(&theirs, "content"),
            ["content", "correct", "WRONG in 1 of 1"]
        );
        assert!(theirs.is_correct());
        assert!(!table(&[right, replay("pulseboard", "stream", 1.0, false)])?.is_correct());
        Ok(())
    }

    #[test]
    fn a_failed_run_does_not_count_as_wrong_content() -> Result<(), Failure> {
        let broken = replay("nchan", "stream", 1.0, false).replace("\"lost\":1", "\"lost\":0");
        let table = table(&[replay("pulseboard", "stream", 1.0, true), broken])?;
        assert_eq!(
            row(&table, "content"),
            ["content", "correct", "failed in 1 of 1"]
        );
        Ok(())
    }

    #[test]
    fn goals_have_a_column_if_there_are_any() -> Result<(), Failure> {
        let herd = |peer: &str, whole: f64| {
            let report = serde_json::json!({
                "run": "herd", "peer": peer, "ok": true, "subscribers": 5000, "rate": 100, "whole_seconds": {"last": whole},
            });
            report.to_string()
        };
        let both = table(&[herd("pulseboard", 6.5), herd("durable-streams", 13.0)])?;
        let label = "until the last subscriber has everything";
        assert_eq!(
            row(&both, label),
            [label, "6.50 s", "13.00 s (2.00 ×)", "< 20 s: met"]
        );
        assert!(
            both.markdown()
                .lines()
                .next()
                .is_some_and(|heading| heading.ends_with(" goal |")),
            "{}",
            both.markdown()
        );
        assert!(
            table(&[herd("pulseboard", 20.5)])?
                .markdown()
                .contains("< 20 s: MISSED")
        );
        assert!(
            !table(&[replay("pulseboard", "stream", 1.0, true)])?
                .markdown()
                .contains("goal")
        );
        Ok(())
    }

    #[test]
    fn a_line_that_is_not_a_report_is_refused() {
        for line in [
            "nonsense",
            "{}",
            r#"{"run": "replay", "peer": "x"}"#,
            r#"{"run": "sing", "peer": "x"}"#,
        ] {
            assert_eq!(
                table(&[line.to_owned()])
                    .err()
                    .map(|failure| failure.exit_code()),
                Some(2),
                "{line}"
            );
        }
    }
}
