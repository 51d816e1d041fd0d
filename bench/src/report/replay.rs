//! The report of a replay run.

use serde_json::{Value, json};

use super::{
    Render, Verdict, grouped, milliseconds, per_second, quantiles, usage_json, usage_rows,
};
use crate::{peer::ReadMode, replay::Report};

impl Render for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let expected = self.stored * options.clients as u64;
        let mode = match options.mode {
            ReadMode::Stream => "as a stream",
            ReadMode::Body => "in one body",
        };
        let mut rows = vec![
            (
                "clients",
                format!("{}, all at once, {mode}", grouped(options.clients as u64)),
            ),
            (
                "events stored",
                format!("{} of {} bytes", grouped(self.stored), options.load.bytes),
            ),
            (
                "deliveries",
                format!(
                    "{} of {} in {:.2} s",
                    grouped(self.deliveries),
                    grouped(expected),
                    self.elapsed.as_secs_f64()
                ),
            ),
            (
                "deliveries/s",
                format!("{:.0}", per_second(self.deliveries, self.elapsed)),
            ),
            (
                "time per client p50 / p99 / max",
                milliseconds(&self.finished),
            ),
        ];
        if let Some(server) = self.server {
            rows.extend(usage_rows(
                &server,
                self.deliveries,
                "deliveries per server CPU second",
                "server CPU per delivery",
            ));
        }
        rows.push((
            "generator CPU",
            format!("{:.2} s", self.own_cpu.as_secs_f64()),
        ));
        rows
    }

    fn json(&self) -> Value {
        let options = &self.options;
        json!({
            "run": "replay",
            "peer": options.target.peer.protocol().name(),
            "clients": options.clients,
            "events": options.load.planned,
            "bytes": options.load.bytes,
            "via": match options.mode {
                ReadMode::Stream => "stream",
                ReadMode::Body => "body",
            },
            "stored": self.stored,
            "deliveries": self.deliveries,
            "expected_deliveries": self.stored * options.clients as u64,
            "seconds": self.elapsed.as_secs_f64(),
            "deliveries_per_second": per_second(self.deliveries, self.elapsed),
            "finished_ms": quantiles(&self.finished),
            "server": self.server.map(|server| usage_json(&server, self.deliveries, "deliveries")),
            "generator_cpu_seconds": self.own_cpu.as_secs_f64(),
        })
    }

    fn verdict(&self) -> Verdict<'_> {
        Verdict {
            violations: self.violations,
            failure: self.failure.as_ref(),
        }
    }
}
