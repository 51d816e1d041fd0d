//! The report of a publish run.

use serde_json::{Value, json};

use super::{
    Render, Verdict, grouped, milliseconds, per_second, quantiles, usage_json, usage_rows,
};
use crate::publish::Report;

impl Render for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let mut rows = vec![
            (
                "publishers",
                format!(
                    "{}, as fast as answered, {} bytes",
                    options.load.publishers, options.load.bytes
                ),
            ),
            (
                "events published",
                format!(
                    "{} of {} planned",
                    grouped(self.published),
                    grouped(options.load.planned)
                ),
            ),
            (
                "events/s",
                format!("{:.0}", per_second(self.published, self.elapsed)),
            ),
            ("answer p50 / p99 / max", milliseconds(&self.response_times)),
        ];
        if let Some(server) = self.server {
            rows.extend(usage_rows(
                &server,
                self.published,
                "events per server CPU second",
                "server CPU per event",
            ));
        }
        rows.push((
            "generator CPU",
            format!(
                "{:.2} s in {:.2} s",
                self.own_cpu.as_secs_f64(),
                self.elapsed.as_secs_f64()
            ),
        ));
        rows.push(("events read back", grouped(self.read_back)));
        rows
    }

    fn json(&self) -> Value {
        let options = &self.options;
        json!({
            "run": "publish",
            "peer": options.target.peer.protocol().name(),
            "publishers": options.load.publishers,
            "bytes": options.load.bytes,
            "planned": options.load.planned,
            "published": self.published,
            "seconds": self.elapsed.as_secs_f64(),
            "events_per_second": per_second(self.published, self.elapsed),
            "answer_ms": quantiles(&self.response_times),
            "server": self.server.map(|server| usage_json(&server, self.published, "events")),
            "generator_cpu_seconds": self.own_cpu.as_secs_f64(),
            "read_back": self.read_back,
        })
    }

    fn verdict(&self) -> Verdict<'_> {
        Verdict {
            violations: self.violations,
            failure: self.failure.as_ref(),
        }
    }
}
